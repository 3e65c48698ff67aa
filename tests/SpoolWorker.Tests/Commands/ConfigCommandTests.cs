// What `config` tells of a configuration: the schema is asked of another program, Debian's python3-jsonschema.
using System.Text.Json;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration.Keys;
using SpoolWorker.Tests.Documentation;

namespace SpoolWorker.Tests.Commands;

/// <summary>A test that needs python3-jsonschema.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SchemaFactAttribute : FactAttribute
{
    public SchemaFactAttribute() => Skip = File.Exists("/usr/lib/python3/dist-packages/jsonschema/__init__.py") ? null : "python3-jsonschema is not installed";
}

public sealed class ConfigCommandTests : IDisposable
{
    private const string Judge = """
        import json, sys
        from jsonschema import Draft202012Validator
        schema = json.load(open(sys.argv[1]))
        Draft202012Validator.check_schema(schema)
        print(json.dumps([[e.json_path for e in Draft202012Validator(schema).iter_errors(file)] for file in json.load(sys.stdin)]))
        """;

    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void Every_key_is_shown_with_its_value_and_where_it_comes_from()
    {
        var shown = Show("--Engine:Workers=3", "--Passes=rules", "--Rules:List:0:When=sender = *@spam.example");
        Key(shown, "Engine:Workers").Should().Be(("3", "command line", "restart"));
        Key(shown, "Engine:GroupSize").Should().Be(("64", null, "restart"));
        Key(shown, "Passes:0:Name").Should().Be(("rules", "command line", "reload"), "the short form is its name's");
        Key(shown, "Passes:0:Window").Should().Be(("", null, "reload"));
        Key(shown, "Rules:List:0:When").Should().Be(("sender = *@spam.example", "command line", "reload"));
        Key(shown, "Rules:List:0:Then").Should().Be(("accept", null, "reload"));
        Key(shown, "Intakes:0:Path").From.Should().NotBeNull();
        shown.GetProperty("keys").GetArrayLength().Should().BeGreaterThan(100);
    }

    [Fact]
    public void What_was_changed_is_shown_alone_and_what_holds_without_it()
    {
        var changed = Show("--changed", "--Engine:Workers=3", "--Engine:GroupSize=64");
        changed.GetProperty("keys").EnumerateArray().Select(k => k.GetProperty("key").GetString()).Should().Contain("Engine:Workers").And.NotContain("Engine:GroupSize", "it is as it would be without");
        var defaults = _play.Run("config", "show", "--defaults");
        defaults.ExitCode.Should().Be(0, defaults.Error);
        defaults.Output.Should().Contain("Engine:GroupSize = 64\n").And.Contain("Srs:Secrets = none\n");
        _play.Run("config", "show", "--defaults", "--changed").ExitCode.Should().Be(ExitCode.Usage);
    }

    [Fact]
    public void A_secret_is_shown_nowhere()
    {
        string[] secret = ["--Srs:Config=topsecret:31", "--Passes=srs"];
        foreach (var command in new[] { "config show", "config show --changed", "config show --json", "config explain Srs:Config", "config explain Srs --json", "config explain Srs:Config=topsecret --json", "config explain Srs:Confg=topsecret" })
        {
            var told = _play.RunConfigured([.. command.Split(' '), .. secret]);
            (told.Output + told.Error).Should().NotContain("topsecret", command);
        }
        // A secret with a separator in it goes on where numbers are wanted.
        var faulty = _play.RunConfigured("config", "show", "--Passes=srs", "--Srs:Config=half:topsecret");
        (faulty.Output + faulty.Error).Should().Contain("Srs:Config: field 2").And.NotContain("topsecret");
        _play.RunConfigured(["config", "show", .. secret]).Output.Should().Contain("Srs:Config = (a secret, not shown)");
    }

    [Fact]
    public void Faults_are_told_beside_what_is_read()
    {
        var shown = _play.RunConfigured("config", "show", "--Engine:Workers=many", "--Engine:GroupSize=32");
        shown.ExitCode.Should().Be(ExitCode.Config);
        shown.Error.Should().Contain("Engine:Workers = 'many'");
        shown.Output.Should().Contain("Engine:GroupSize = 32");
    }

    // Where the worker listens stands in the file: that nobody listens at the usual place would be another's trouble.
    [Fact]
    public void A_file_that_cannot_be_read_is_the_trouble_of_its_reload()
    {
        var file = Path.Combine(_play.Path, "broken.json");
        File.WriteAllText(file, """{ "Control": { "Socket": "x" """);
        var told = _play.Run("reload", "--config", file, $"--Control:Socket={_play.Path}/nobody.sock");
        told.ExitCode.Should().Be(78);
        told.Error.Should().StartWith("spoolworker: not reloaded, and nothing changed:").And.Contain("broken.json").And.Contain("not JSON").And.NotContain("nobody listens");
    }

    [Fact]
    public void A_key_is_explained_however_it_is_typed()
    {
        foreach (var typed in new[] { "Engine:GroupSize", "engine:groupsize", "Engine:GroupSize=4", "Engine__GroupSize", "SPOOLWORKER_Engine__GroupSize" })
        {
            var told = _play.RunConfigured("config", "explain", typed, "--Engine:GroupSize=16");
            told.ExitCode.Should().Be(0, typed + told.Error);
            told.Output.Should().StartWith("Engine:GroupSize\n").And.Contain("Messages committed with one set of syncs").And.Contain("1 to 1024").And.Contain("messages").And.Contain("needs a restart")
                .And.Contain("16 (from command line)");
        }
        _play.RunConfigured("config", "explain", "passes:7:window").Output.Should().StartWith("Passes:N:Window\n");
        var word = _play.RunConfigured("config", "explain", "Srs:Direction").Output;
        word.Should().Contain("reverse").And.Contain("is taken by a reload").And.Contain("both (by default)");
        word.Split('\n').Should().OnlyContain(line => line.Length <= 132, "as wide as everything where there is no terminal");
        _play.RunConfigured("config", "explain", "Rules:Timeout").Output.Should().Contain("How long one run of the pass may take", "what every pass has is explained for each");
    }

    [Theory]
    [InlineData("Engine:Wrokers", "Engine:Workers")]
    [InlineData("GroupSize", "Engine:GroupSize")]
    [InlineData("Schedule:Scans", "Schedule:Scan")]
    public void A_key_that_is_not_there_is_told_with_the_nearest(string typed, string meant)
    {
        var told = _play.RunConfigured("config", "explain", typed);
        (told.ExitCode, told.Output).Should().Be((ExitCode.Usage, ""));
        told.Error.Should().Contain($"'{typed}': no such key; did you mean {meant}");
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("xyzzyplugh")]
    public void What_is_like_no_key_is_told_in_a_sentence(string typed)
    {
        var told = _play.RunConfigured("config", "explain", typed);
        told.ExitCode.Should().Be(ExitCode.Usage);
        told.Error.Trim().Split('\n').Should().ContainSingle().Which.Should().Contain("no such key");
        _play.RunConfigured("config", "explain", new string('a', 100_000)).ExitCode.Should().Be(ExitCode.Usage);
    }

    [Fact]
    public void A_key_is_explained_without_a_configuration_and_not_with_one_that_cannot_be_read()
    {
        _play.Run("config", "explain", "Engine:Workers").Output.Should().Contain("default");
        File.WriteAllText($"{_play.Path}/broken.json", "{");
        _play.Run("config", "explain", "Engine:Workers", "--config", $"{_play.Path}/broken.json").ExitCode.Should().Be(ExitCode.Config);
    }

    [Fact]
    public void The_program_knows_what_the_page_says()
    {
        foreach (var row in ConfigurationPage.All())
        {
            KeyMeanings.Of(row.Setting).Should().Be(row.Meaning.Replace("`", "", StringComparison.Ordinal), row.Key);
            KeyMeanings.WordsOf(row.Setting).Select(w => w.Word).Should().Equal(row.ItemType.IsEnum ? row.Words.Select(w => w.Word) : [], row.Key);
        }
    }

    [SchemaFact]
    public void The_schema_takes_right_files_and_finds_what_is_wrong()
    {
        var schema = _play.Run("config", "schema");
        schema.ExitCode.Should().Be(0, schema.Error);
        File.WriteAllText($"{_play.Path}/schema.json", schema.Output);
        (string File, string Fault)[] wrong =
        [
            ("""{ "Engin": {} }""", "$"), ("""{ "Engine": { "Wrokers": 4 } }""", "$.Engine"), ("""{ "Engine": { "Workers": 4000 } }""", "$.Engine.Workers"), ("""{ "Engine": { "Workers": "many" } }""", "$.Engine.Workers"),
            ("""{ "Engine": { "TakeFrozen": "perhaps" } }""", "$.Engine.TakeFrozen"), ("""{ "Schedule": { "Scan": "10" } }""", "$.Schedule.Scan"), ("""{ "Target": { "Wake": "shout" } }""", "$.Target.Wake"),
            ("""{ "Intakes": [ { "Path": "/a", "Kind": "queue" } ] }""", "$.Intakes[0].Kind"), ("""{ "Intakes": { "Path": "/a" } }""", "$.Intakes"), ("""{ "Passes": [ { "Nmae": "dcc" } ] }""", "$.Passes"),
            ("""{ "Dkim": { "Sign": { "Keys": [ { "Domian": "a" } ] } } }""", "$.Dkim.Sign.Keys[0]"), ("""{ "Dkim": { "Sing": {} } }""", "$.Dkim"), ("""{ "Ledger": [] }""", "$.Ledger"),
        ];
        string[] right =
        [
            Plain("appsettings.json"), Plain("packaging/spoolworker.json"), "{}", """{ "$schema": "/usr/share/spoolworker/schema.json", "Logging": { "LogLevel": { "Default": "Debug" } } }""",
            """{ "Passes": "srs", "Srs": { "Secrets": "/etc/a", "BreakAfter": 3, "Timeout": "1m" } }""", """{ "Passes": [ "dcc", { "Name": "rules", "Window": "22:00-06:00" } ], "Dsn": { "DelayWarning": [ "1h", "1d" ] } }""",
            """{ "Dkim": { "KeyCache": 10, "Sign": { "Keys": [ { "Domain": "a.example", "Expire": "0s" } ] } }, "Schedule": { "Passes": { "dcc": "0 0 * * * ?" }, "Scan": "00:00:10" } }""",
            // Every default is what it says it may be.
            .. SettingKeys.Defaults(CommonOptions.Known()).Where(k => k.Items.Count > 0 && !k.Key.Contains(":N", StringComparison.Ordinal)).Select(Alone),
        ];
        var judged = new ProgramCall("/usr/bin/python3", "-c", Judge, $"{_play.Path}/schema.json") { Input = $"[{string.Join(",", wrong.Select(w => w.File).Concat(right))}]" }.Run().Good;
        var faults = JsonSerializer.Deserialize<string[][]>(judged)!;
        for (var i = 0; i < wrong.Length; i++) faults[i].Should().Contain(path => path == wrong[i].Fault, wrong[i].File);
        for (var i = 0; i < right.Length; i++) faults[wrong.Length + i].Should().BeEmpty(right[i]);
    }

    private static string Plain(string file)
    {
        using var document = JsonDocument.Parse(DocumentationFiles.Read(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        return JsonSerializer.Serialize(document);
    }

    // Number, yes or no, or text, as it would be written.
    private static string Alone(SettingKey key)
    {
        var value = key.ItemType == typeof(bool) || (key.ItemType.IsPrimitive && !key.IsList) ? key.Items[0] : key.IsList ? JsonSerializer.Serialize(key.Items) : JsonSerializer.Serialize(key.Items[0]);
        return key.Key.Split(':').Reverse().Aggregate(value, (inner, part) => $"{{ \"{part}\": {inner} }}");
    }

    private JsonElement Show(params string[] arguments)
    {
        var shown = _play.RunConfigured(["config", "show", "--json", .. arguments]);
        shown.ExitCode.Should().Be(0, shown.Error);
        return shown.Json;
    }

    private static (string? Value, string? From, string? Change) Key(JsonElement shown, string name)
    {
        var key = shown.GetProperty("keys").EnumerateArray().Single(k => k.GetProperty("key").GetString() == name);
        return (string.Join(", ", key.GetProperty("value").EnumerateArray().Select(v => v.GetString())), key.TryGetProperty("from", out var from) ? from.GetString() : null, key.GetProperty("change").GetString());
    }
}
