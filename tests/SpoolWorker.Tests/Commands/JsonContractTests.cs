using System.Globalization;
using System.Text.Json;

namespace SpoolWorker.Tests.Commands;

/// <summary>What docs/json.md promises of all that is printed for programs.</summary>
public sealed partial class JsonContractTests : IDisposable
{
    // Their keys are data: names of results, words of outcomes.
    private static readonly string[] Data = ["results", "counts"];

    private static readonly string[] Times = ["time", "received", "nextTry", "moved", "firstSeen", "decided", "since", "next", "forgottenAfter", "expires", "arrived", "lastAttempt", "retryUntil"];

    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void Check_config_prints_one_object_and_its_findings_by_line()
    {
        _ = (_play.Intake, _play.Target);
        var whole = Whole(_play.RunConfigured("check-config", "--json"));
        var lines = Lines(_play.RunConfigured("check-config", "--jsonl"));
        lines.Select(l => l.GetProperty("subject").GetString()).Should().Equal(whole.GetProperty("findings").EnumerateArray().Select(f => f.GetProperty("subject").GetString()));
    }

    [Fact]
    public void List_prints_rows_with_each_recipient_in_both_forms()
    {
        var plain = Playground.Put(Playground.Valid("4.96-multi-rcpt"), _play.Held);
        var partly = Playground.Put(Playground.Valid("4.96-nonrecipients-tree-after-delivery"), _play.Intake);
        File.WriteAllText($"{_play.Corrupt}/{plain}.1.reason", $"message: {plain}\nfrom: /in\nkind: truncated\noffset: 12\nreason: it ends\n");
        var ran = _play.RunConfigured("list", "--intake", "--held", "--corrupt", "--json");
        var rows = Whole(ran).EnumerateArray().ToList();
        Lines(_play.RunConfigured("list", "--intake", "--held", "--corrupt", "--jsonl")).Select(r => r.GetProperty("id").GetString()).Should().Equal(rows.Select(r => r.GetProperty("id").GetString()));
        rows.Select(r => r.GetProperty("place").GetString()).Should().Equal("intake", "held", "corrupt");

        // The ledger is asked for intakes: another way of reading than that of a spool directory.
        foreach (var row in new[] { rows[0], Whole(_play.Run("list", "--spool", _play.Intake, "--json"))[0] })
        {
            row.GetProperty("id").GetString().Should().Be(partly.ToString());
            row.GetProperty("recipients").EnumerateArray().Where(r => r.GetProperty("state").GetString() == "pending").Select(r => r.GetProperty("address").GetString()).Should().Equal("bob@r.example");
            row.GetProperty("recipients").EnumerateArray().Count(r => r.GetProperty("state").GetString() == "done").Should().Be(6);
            row.GetProperty("pending").GetInt32().Should().Be(1);
        }
        rows[1].GetProperty("recipients").GetArrayLength().Should().Be(4);
        rows[2].GetProperty("recipients").GetArrayLength().Should().Be(0);
        _play.RunConfigured("list", "--target", "--jsonl").Output.Should().BeEmpty();
    }

    [Fact]
    public void Show_trace_and_forget_print_the_same_message()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake).ToString();
        _ = (_play.Target, _play.Held, _play.Corrupt);
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        File.WriteAllText($"{_play.Path}/mainlog", "");

        var shown = Whole(_play.RunConfigured("show", id, "--json"))[0];
        shown.GetProperty("body").GetProperty("locked").GetBoolean().Should().BeFalse();
        Lines(_play.RunConfigured("show", id, "--jsonl")).Should().ContainSingle();
        var record = shown.GetProperty("ledger")[0];
        record.GetProperty("recipients")[0].GetProperty("outcome").GetString().Should().Be($"requeued {id}");

        string[] trace = ["trace", id, "--log", $"{_play.Path}/mainlog"];
        var events = Whole(_play.RunConfigured([.. trace, "--json"])).GetProperty("events");
        Lines(_play.RunConfigured([.. trace, "--jsonl"])).Select(e => e.GetProperty("kind").GetString()).Should().Equal(events.EnumerateArray().Select(e => e.GetProperty("kind").GetString())).And.Contain("requeued");

        JsonElement.DeepEquals(Whole(_play.RunConfigured("forget", id, "--json"))[0], record).Should().BeTrue();
        var unknown = _play.RunConfigured("forget", id, "--json");
        (unknown.ExitCode, unknown.Output).Should().Be((66, "[]\n"));
    }

    [Fact]
    public void Release_and_try_name_recipients_as_all_others_do()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Held).ToString();
        _ = (_play.Intake, _play.Target, _play.Corrupt);
        var released = Whole(_play.RunConfigured("release", id, "--json"))[0];
        (released.GetProperty("id").GetString(), released.GetProperty("newId").GetString(), released.GetProperty("directory").GetString()).Should().Be((id, id, _play.Held));
        released.GetProperty("recipients").GetArrayLength().Should().Be(1);

        Playground.Put(Playground.Valid("4.96-multi-rcpt"), _play.Made("pairs/one"));
        string[] tried = ["try", $"{_play.Path}/pairs", "--Passes=rules"];
        var whole = Whole(_play.Run([.. tried, "--json"]));
        whole.GetProperty("counts").GetProperty("requeued").GetInt32().Should().Be(1);
        var line = Lines(_play.Run([.. tried, "--jsonl"])).Should().ContainSingle().Subject;
        JsonElement.DeepEquals(line, whole.GetProperty("messages")[0]).Should().BeTrue();
        line.GetProperty("recipients").GetArrayLength().Should().Be(4);
    }

    [Fact]
    public void Version_prints_one_object()
    {
        Whole(_play.Run("version", "--json")).GetProperty("version").GetString().Should().Be(_play.Run("version").Output.Trim());
        _play.Run("version", "--jsonl").ExitCode.Should().Be(64, "it has no rows");
    }

    [Fact]
    public void One_form_is_asked_for()
    {
        var ran = _play.RunConfigured("check-config", "--json", "--jsonl");
        (ran.ExitCode, ran.Output).Should().Be((64, ""));
        ran.Error.Should().Contain("--json and --jsonl: say one of them");
    }

    private static JsonElement Whole(Ran ran)
    {
        foreach (var top in ran.Json.ValueKind == JsonValueKind.Array ? ran.Json.EnumerateArray().ToList() : [ran.Json]) CheckTop(top);
        return ran.Json;
    }

    private static List<JsonElement> Lines(Ran ran)
    {
        var lines = ran.Output.TrimEnd('\n').Split('\n').Select(l => JsonDocument.Parse(l).RootElement).ToList();
        lines.ForEach(CheckTop);
        return lines;
    }

    private static void CheckTop(JsonElement top)
    {
        top.EnumerateObject().First().Name.Should().Be("schema");
        top.GetProperty("schema").GetInt32().Should().BePositive();
        Check(top);
    }

    private static void Check(JsonElement element)
    {
        if (element.ValueKind == JsonValueKind.Array) foreach (var item in element.EnumerateArray()) Check(item);
        if (element.ValueKind != JsonValueKind.Object) return;
        foreach (var property in element.EnumerateObject())
        {
            property.Name.Should().MatchRegex("^[a-z][A-Za-z0-9]*$");
            property.Value.ValueKind.Should().NotBe(JsonValueKind.Null, property.Name);
            if (Times.Contains(property.Name))
            {
                property.Value.GetString().Should().MatchRegex(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", property.Name);
                DateTimeOffset.Parse(property.Value.GetString()!, CultureInfo.InvariantCulture).Offset.Should().Be(TimeSpan.Zero);
            }
            if (property.Name.EndsWith("Seconds", StringComparison.Ordinal)) property.Value.ValueKind.Should().Be(JsonValueKind.Number, property.Name);
            if (property.Name == "recipients") property.Value.EnumerateArray().Select(r => r.GetProperty("address").ValueKind).Should().AllBeEquivalentTo(JsonValueKind.String);
            if (!Data.Contains(property.Name)) Check(property.Value);
        }
    }
}
