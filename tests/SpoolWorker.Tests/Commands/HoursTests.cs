using System.Globalization;

namespace SpoolWorker.Tests.Commands;

/// <summary>Hours of passes and schedules as an operator sees them.</summary>
public sealed class HoursTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void What_waits_for_a_pass_is_shown_with_its_hours_and_goes_on_when_told_to()
    {
        // An hour that is far from now, whenever the test runs.
        var opens = TimeProvider.System.GetUtcNow().AddHours(12).ToString("HH:00", CultureInfo.InvariantCulture);
        var window = $"{opens}-{opens[..2]}:30";
        string[] settings = ["--Passes:0:Name=rules", $"--Passes:0:Window={window}", "--Schedule:TimeZone=UTC"];
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        _play.RunConfigured(["run", "--once", .. settings]).ExitCode.Should().Be(0);

        var row = _play.RunConfigured(["list", "--json"]).Json[0];
        (row.GetProperty("state").GetString(), row.GetProperty("reason").GetString()).Should().Be(("waits", $"rules: waits for its hours ({window})"));
        row.GetProperty("nextTry").GetString().Should().Contain($"T{opens}:00.000Z");
        _play.RunConfigured("list").Output.Should().MatchRegex($@"{id} .* in 1[12]\S*h ").And.Contain($"waits for its hours ({window})");
        _play.RunConfigured("show", id.ToString()).Output.Should().MatchRegex($@"waits +in 1[12]\S*h, rules waits for its hours \({window}\)");
        _play.RunConfigured("trace", id.ToString()).Output.Should().Contain($"rules waits for its hours ({window})");

        _play.RunConfigured(["run", "--once", .. settings]).ExitCode.Should().Be(0);
        EngineNames(_play.Target).Should().BeEmpty();
        _play.RunConfigured(["run", "--once", "--now", .. settings]).ExitCode.Should().Be(0);
        EngineNames(_play.Target).Should().HaveCount(2);
        _play.RunConfigured(["run", "--now"]).ExitCode.Should().Be(64);
    }

    [Fact]
    public void Jobs_are_listed_with_next_and_last_run()
    {
        string[] settings = ["--Janitor:On=false", "--Passes:0:Name=rules", "--Passes:0:Window=00:00-24:00", "--Schedule:TimeZone=UTC", "--Schedule:Reprocess:0:Name=mornings", "--Schedule:Reprocess:0:Cron=0 0 6 * * ?", "--Schedule:Reprocess:0:Where=age > 4d"];
        var rows = _play.RunConfigured(["list", "--jobs", "--json", .. settings]).Json;
        rows.EnumerateArray().Select(r => r.GetProperty("name").GetString()).Should().Equal("mornings", "rules");
        rows[0].GetProperty("next").GetString().Should().EndWith("T06:00:00.000Z");
        rows[0].TryGetProperty("last", out _).Should().BeFalse("it never ran");
        rows[1].GetProperty("open").GetBoolean().Should().BeTrue();
        var text = _play.RunConfigured(["list", "--jobs", .. settings]).Output;
        text.Should().Contain("deferred again, '0 0 6 * * ?', where age").And.Contain("pass open 00:00-24:00, now").And.Contain("2 jobs");
        text.Split('\n').Should().OnlyContain(line => line.Length <= 80);
        _play.RunConfigured("list", "--jobs", "--Janitor:On=false").Output.Should().Contain("0 jobs");
        _play.RunConfigured("list", "--jobs", "--json").Json.EnumerateArray().Select(r => r.GetProperty("name").GetString()).Should().Equal("janitor");
        _play.RunConfigured("list", "--jobs", "--held").ExitCode.Should().Be(64);
        _play.RunConfigured("list", "--jobs", "--where", "age > 4d").Error.Should().Contain("--jobs goes alone");
    }

    [Fact]
    public async Task A_running_worker_judges_held_mail_again_by_the_clock_and_the_audit_and_the_list_tell_of_it()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        _play.RunConfigured("run", "--once", "--Passes=rules", "--Rules:List:0:When=sender=*", "--Rules:List:0:Then=hold").ExitCode.Should().Be(0);
        EngineNames(_play.Held).Should().NotBeEmpty();
        string[] schedule = ["--Passes=rules", "--Schedule:Reprocess:0:Name=seconds", "--Schedule:Reprocess:0:Cron=* * * * * ?", "--Schedule:Reprocess:0:Of=held", "--Schedule:Reprocess:0:Where=pass = rules"];
        _ = _play.StartConfigured(["run", .. schedule]);
        await Engine.EngineRig.UntilAsync(() => EngineNames(_play.Target).Contains(id.HeaderName) && EngineNames(_play.Held).Length == 0, "the held message goes on");
        var audit = _play.RunConfigured("audit", "--json").Json[0];
        (audit.GetProperty("verb").GetString(), audit.GetProperty("actor").GetString(), audit.GetProperty("id").GetString()).Should().Be(("retry", "schedule seconds", $"{id}"));
        _play.RunConfigured(["list", "--jobs", "--json", .. schedule]).Json[0].TryGetProperty("last", out _).Should().BeTrue();
    }

    private static string[] EngineNames(string directory) => Engine.EngineRig.Names(directory);
}
