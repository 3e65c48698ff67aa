using System.Text;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Configuration;

public sealed class ConfigurationFileTests : IDisposable
{
    private const UnixFileMode Open = (UnixFileMode)0b111_111_111, OwnersOnly = (UnixFileMode)0b111_101_101;

    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_option_goes_before_the_variable_and_that_before_the_system_file()
    {
        var (option, variable, system) = (Written("option.json", "{}"), Written("variable.json", "{}"), Written("system.json", "{}"));
        ConfigurationFile.Find(option, variable, system).Source.Should().Be(option);
        ConfigurationFile.Find(null, variable, system).Source.Should().Be(variable);
        ConfigurationFile.Find(null, "", system).Source.Should().Be(system);
        ConfigurationFile.Find(null, null, system).Source.Should().Be(system);
        ConfigurationFile.Find(null, null, $"{_folder}/none.json").Should().BeSameAs(ConfigurationFile.None);
        ConfigurationFile.Find($"{_folder}/none.json", variable, system).Fault.Should().Be($"--config {_folder}/none.json: no such file", "what was named is not replaced by something else");
        ConfigurationFile.Find(null, $"{_folder}/none.json", system).Fault.Should().Be($"SPOOLWORKER_CONFIG {_folder}/none.json: no such file");
        ConfigurationFile.Find("", null, system).Fault.Should().Be("--config '': must be a file");
        ConfigurationFile.Find(_folder, null, system).Fault.Should().Contain("is a directory; name the file in it");
    }

    [Theory]
    [InlineData("{ \"Engine\": { \"Workers\": 4 ", "line 1, column ")]
    [InlineData("{\n  \"Engine\": {\n    \"Workers\" 4\n  }\n}\n", "line 3, column 15: not JSON: '4' is invalid after a property name")]
    [InlineData("", "line 1, column 1: not JSON")]
    [InlineData("[]", "line 1: must be one object")]
    public void Broken_json_is_told_with_line_and_column_and_nothing_of_it_is_used(string text, string expected)
    {
        var loaded = ConfigurationLoader.Load(Written("broken.json", text), [], CommonOptions.Known());
        loaded.IsRead.Should().BeFalse();
        loaded.Faults.Should().ContainSingle().Which.Should().StartWith($"--config {_folder}/broken.json: line 1".Replace("line 1", expected[..6], StringComparison.Ordinal)).And.Contain(expected);
    }

    [Fact]
    public void Comments_a_byte_order_mark_and_trailing_commas_are_no_faults() =>
        ConfigurationLoader.Load(Written("comments.json", "\uFEFF{ // one\n \"Engine\": { \"Workers\": 4, }, /* two */ }"), [], CommonOptions.Known()).Settings.Engine.Workers.Should().Be(4);

    [Fact]
    public void A_relative_path_of_the_file_is_taken_from_its_directory_and_an_operators_from_where_he_is()
    {
        const string Json = """
            { "Intakes": [{ "Path": "var/*/intake", "Kind": "queuefile" }], "Target": { "Path": "spool", "Exim": "", "EximConfig": "../exim.conf" }, "Held": { "Path": "/held" }, "Corrupt": { "Path": "bad" },
              "Srs": { "Secrets": ["one", "/two"] }, "Arc": { "Seal": { "PrivateKeyFile": "key.pem" } } }
            """;
        var loaded = ConfigurationLoader.Load(Written("conf/relative.json", Json), ["--Corrupt:Path=here", "--Srs:Secrets:1=three"], CommonOptions.Known());
        var settings = loaded.Settings;
        var folder = $"{_folder}/conf";
        (settings.Intakes[0].Path, settings.Target.Path, settings.Target.Exim, settings.Target.EximConfig).Should().Be(($"{folder}/var/*/intake", $"{folder}/spool", "", $"{folder}/../exim.conf"));
        (settings.Held.Path, settings.Corrupt.Path, settings.Ledger.Path).Should().Be(("/held", "here", "/var/lib/spoolworker/ledger"));
        ((SpoolWorker.Passes.Srs.SrsOptions)loaded.PassOptions["srs"]).Secrets.Should().Equal($"{folder}/one", "three");
        ((SpoolWorker.Passes.Arc.ArcSealOptions)loaded.PassOptions["arc-seal"]).PrivateKeyFile.Should().Be($"{folder}/key.pem");
    }

    [Theory]
    [InlineData("{ \"Engine\": { \"Workers\": 4, \"workers\": 5 } }", "line 1, column 29: Engine:workers is named twice; keep one of them")]
    [InlineData("{ // the first\n  \"Held\": { \"Path\": \"/a\" },\n  \"held\": { \"path\": \"/a\" } }", "line 3, column 13: held:path is named twice")]
    [InlineData("{\"Intakes\": [ {}, 1, { \"Path\": \"/a\", \"Path\": \"/a\" } ] }", "line 1, column 38: Intakes:2:Path is named twice")]
    [InlineData("{ \"Engine\": { \"Workers\": 4 }, \"Engine:Workers\": 5 }", "line 1, column 31: Engine:Workers is named twice")]
    public void A_key_named_twice_is_told_with_its_place(string text, string fault) =>
        ConfigurationLoader.Load(Written("twice.json", text), [], CommonOptions.Known()).Faults.Should().ContainSingle().Which.Should().StartWith("--config ").And.Contain(fault);

    [Fact]
    public void A_secret_in_a_file_that_everybody_can_read_is_a_fault_that_does_not_show_it()
    {
        const string Json = """{ "Srs": { "Config": "geheim:21" } }""";
        var file = Written("secret.json", Json);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var loaded = ConfigurationLoader.Load(file, [], CommonOptions.Known());
        loaded.Faults.Should().ContainSingle(f => f.StartsWith("Srs:Config: its first field is a secret, and everybody", StringComparison.Ordinal)).Which.Should().NotContain("geheim");
        ConfigurationLoader.Load(file, ["--Srs:Config=:21"], CommonOptions.Known()).Faults.Should().NotContain(f => f.StartsWith("Srs", StringComparison.Ordinal));
        File.SetUnixFileMode(file, UnixFileMode.UserRead);
        ConfigurationLoader.Load(file, [], CommonOptions.Known()).Faults.Should().NotContain(f => f.StartsWith("Srs", StringComparison.Ordinal));
    }

    [Fact]
    public void What_cannot_be_read_is_told_once_and_not_called_missing()
    {
        var loaded = ConfigurationLoader.Load(Written("nul.json", """{ "Ledger": { "Path": "a\u0000b" }, "Target": { "Path": "\u0000" }, "Intakes": [{ "Path": "\u0000", "Kind": "spool" }], "Passes": ["dsn"], "Dsn": { "Return": "x" } }"""), [], CommonOptions.Known());
        foreach (var key in new[] { "Ledger:Path", "Target:Path", "Intakes:0:Path", "Dsn:Return" }) loaded.Faults.Should().ContainSingle(f => f.StartsWith(key, StringComparison.Ordinal));
    }

    [Fact]
    public void Root_believes_only_what_root_alone_can_change()
    {
        if (Posix.EffectiveUser != 0) return;
        Trust.FaultOf(Written("a/b/file", "x")).Should().BeNull("a sticky directory such as /tmp is no objection where what lies in it is root's");
        Mode("a/b/file", Open);
        Trust.FaultOf($"{_folder}/a/b/file").Should().Contain($"others than root may write {_folder}/a/b/file (mode 777");
        Mode("a/b/file", OwnersOnly);
        Mode("a", Open);
        Trust.FaultOf($"{_folder}/a/b/file").Should().Contain($"others than root may write {_folder}/a (mode 777");
        Mode("a", Open | UnixFileMode.StickyBit);
        Trust.FaultOf($"{_folder}/a/b/file").Should().BeNull();
        Owner("a/b", 12345);
        Trust.FaultOf($"{_folder}/a/b/file").Should().Contain("others than root may write", "in a sticky directory whoever owns what lies there can exchange it");
        Mode("a", OwnersOnly);
        Trust.FaultOf($"{_folder}/a/b/file").Should().Contain($"{_folder}/a/b belongs to uid 12345");
        Owner("a/b", 0);
        Owner("a/b/file", 12345);
        Trust.FaultOf($"{_folder}/a/b/file").Should().Contain($"{_folder}/a/b/file belongs to uid 12345");
        Trust.FaultOf($"{_folder}/a/none").Should().BeNull("only root can put it there");
        Mode("a", Open | UnixFileMode.StickyBit);
        Trust.FaultOf($"{_folder}/a/none").Should().Contain($"others than root may write {_folder}/a", "a stranger may put it there before it is used");
    }

    [Fact]
    public void Root_follows_links_when_it_looks()
    {
        if (Posix.EffectiveUser != 0) return;
        Written("open/file", "x");
        Mode("open", Open);
        File.CreateSymbolicLink($"{_folder}/link", "open/../open/file");
        Trust.FaultOf($"{_folder}/link").Should().Contain($"others than root may write {_folder}/open");
        Mode("open", OwnersOnly);
        Trust.FaultOf($"{_folder}/link").Should().BeNull();
        File.CreateSymbolicLink($"{_folder}/loop", "loop");
        Trust.FaultOf($"{_folder}/loop").Should().BeNull();
    }

    [Fact]
    public void Root_uses_neither_a_file_nor_a_program_that_others_can_change()
    {
        if (Posix.EffectiveUser != 0) return;
        var exim = Written("open/exim", "#!/bin/sh\n");
        Mode("open", Open);
        var file = Written("worker.json", $$"""{ "Target": { "Exim": "{{exim}}", "EximConfig": "{{exim}}" } }""");
        var loaded = ConfigurationLoader.Load(file, [], CommonOptions.Known());
        loaded.Faults.Should().Contain(f => f.StartsWith($"Target:Exim = '{exim}': not used by root", StringComparison.Ordinal)).And.Contain(f => f.StartsWith($"Target:EximConfig = '{exim}': not used by root", StringComparison.Ordinal));
        loaded.Settings.Target.Exim.Should().BeEmpty("check-config goes on, without it");
        Mode("worker.json", Open);
        var refused = ConfigurationLoader.Load(file, [], CommonOptions.Known());
        refused.IsRead.Should().BeFalse();
        refused.Faults.Should().ContainSingle().Which.Should().StartWith($"--config {file}: not read by root: others than root may write {file}");
    }

    [Fact]
    public void What_a_command_does_not_need_cannot_stop_it()
    {
        var file = ConfigurationFile.Find(Written("worker.json", $$"""{ "Held": { "Path": "{{_folder}}/held" }, "Passes": [ "srs", "dkim-sign" ], "Engine": { "Workers": 0 }, "Target": { "Exim": "/nonexistent" } }"""));
        ConfigurationLoader.Load(file, [], CommonOptions.Known(), needs: Needs.Of("Held")).Faults.Should().BeEmpty("neither a missing secret nor a key blinds an operator");
        ConfigurationLoader.Load(file, ["--Held:Path="], CommonOptions.Known(), needs: Needs.Of("Held")).Faults.Should().Equal("Held:Path = '': must be a directory");
        ConfigurationLoader.Load(file, [], CommonOptions.Known()).Faults.Should().Contain(f => f.StartsWith("Srs:Secrets", StringComparison.Ordinal)).And.Contain(f => f.StartsWith("Dkim:Sign:Keys", StringComparison.Ordinal));
    }

    [Fact]
    public void Without_a_file_that_is_told_first_and_the_example_is_not_taken()
    {
        var loaded = ConfigurationLoader.Load(ConfigurationFile.None, [], CommonOptions.Known());
        loaded.Faults[0].Should().StartWith("no configuration file: name one with --config FILE or SPOOLWORKER_CONFIG, or make /etc/spoolworker/spoolworker.json");
        loaded.Settings.Intakes.Should().BeEmpty();
        ConfigurationLoader.Load(ConfigurationFile.Example(), [], CommonOptions.Known()).Faults.Should().OnlyContain(f => f.StartsWith("Target:Path", StringComparison.Ordinal), "the example is right but for the spool it names");
    }

    private string Written(string name, string text)
    {
        var path = $"{_folder}/{name}";
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, Encoding.UTF8.GetBytes(text));
        return path;
    }

    private void Mode(string name, UnixFileMode mode) => File.SetUnixFileMode($"{_folder}/{name}", mode);

    private void Owner(string name, uint uid)
    {
        Posix.TryOpen($"{_folder}/{name}", Posix.O_RDONLY, 0, out var handle).Should().Be(0);
        using (handle) Posix.SetOwner(handle!, uid, 0, name);
    }
}
