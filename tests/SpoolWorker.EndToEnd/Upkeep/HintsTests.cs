// Hints databases that a real Exim has made, tidied by Debian's exim_tidydb: what is removed and what stays, and what is told of databases that cannot be tidied.
using System.Security.Cryptography;
using System.Text.Json;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;
using SpoolWorker.Upkeep;
using SpoolWorker.Upkeep.Hints;

namespace SpoolWorker.EndToEnd.Upkeep;

[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed class HintsTests : WorkerScene
{
    private readonly HintsOptions _options = new() { Tidy = true };
    private readonly ShiftedClock _clock = new();
    private JobReport? _last;

    [EximFact]
    public async Task All_databases_of_a_spool_are_tidied_and_exim_goes_on_with_them()
    {
        var exim = await FilledAsync();
        foreach (var other in new[] { "log.0000000001", "retry-journal", "notes" }) File.WriteAllText(exim.At(other), "not a database");
        var before = Directory.EnumerateFiles(exim.Db).Order().ToList();
        var findings = Tidy();
        findings.Select(f => Path.GetFileName(f.Subject)).Should().Equal("callout", "misc", "ratelimit", "retry", "seen", "tls", "wait-to_closed", "wait-to_open");
        findings.Should().OnlyContain(f => f.Kind == JobFinding.Good && (f.Figures!["records"] > 0 || f.Subject.EndsWith("open")) && f.Figures["recordsBefore"] == f.Figures["records"] && f.Figures["bytes"] > 0, Told(findings));
        Directory.EnumerateFiles(exim.Db).Order().Should().Equal(before);
        Run.Program("find", exim.Spool, "!", "-user", EximUser.Name, "!", "-name", "notes", "!", "-name", "log.*", "!", "-name", "retry-journal").Output.Should().BeEmpty("root made no file that Exim cannot use");
        exim.Send("later@from.example", "bob@closed.example");
        exim.Dump("wait-to_closed").Split(' ', StringSplitOptions.RemoveEmptyEntries).Length.Should().BeGreaterThan(3);
    }

    [EximFact]
    public async Task What_is_about_messages_that_are_gone_is_removed_and_counted()
    {
        var exim = await FilledAsync();
        exim.Forget();
        _options.Databases = ["wait-to_closed"];
        var dry = Tidy(isDry: true).Single();
        (dry.Kind, dry.Figures!["recordsBefore"]).Should().Be((JobFinding.Good, 1));
        exim.Dump("wait-to_closed").Should().NotBeEmpty("a dry run removes nothing");
        var found = Tidy().Single();
        (found.Figures!["recordsBefore"], found.Figures["removed"], found.Figures["records"]).Should().Be((1, 1, 0), found.Text);
        found.Text.Should().StartWith("removed 1 of 1 record, 0 records, ");
        exim.Dump("wait-to_closed").Should().BeEmpty();
    }

    [EximFact]
    public async Task What_is_old_is_removed_by_the_age_of_its_database()
    {
        var exim = await FilledAsync();
        _options.Ages = new() { ["seen"] = "0s" };
        // Times in the databases are whole seconds.
        await Run.Until(() => Tidy().Single(f => f.Subject == exim.At("seen")).Figures!["records"] == 0, () => exim.Dump("seen"));
        exim.Dump("ratelimit").Should().NotBeEmpty();
        exim.Dump("retry").Should().NotBeEmpty();
    }

    [EximFact]
    public async Task A_database_that_somebody_is_at_work_in_is_left_alone()
    {
        var exim = await FilledAsync();
        var path = exim.At("retry.lockfile");
        using (var exims = Posix.Open(path, Posix.O_RDWR))
        {
            Posix.TryLock(exims, 0, path).Should().BeTrue();
            var findings = Tidy();
            findings.Single(f => f.Subject == exim.At("retry")).Should().Match<JobFinding>(f => f.Kind == HintsJob.Busy && f.Level == JobLevel.Later && f.Text.Contains("at work in it"));
            findings.Where(f => f.Kind != HintsJob.Busy).Should().HaveCount(7).And.OnlyContain(f => f.Kind == JobFinding.Good, "the others do not wait for it");
            // The tool itself would wait a minute.
            var database = HintsSpool.Databases(exim.Spool).Single(d => d.Name == "retry");
            var ended = await new HintsTool("/usr/sbin/exim_tidydb", TimeSpan.FromSeconds(1), TimeProvider.System).RunAsync(database, [], _ => { }, default);
            (ended.End, ended.Reason).Should().Be((ToolEnd.Failed, "/usr/sbin/exim_tidydb took longer than 1s and was ended; raise Hints:TimeLimit"));
            Run.Program("pgrep", "-f", $"^/usr/sbin/exim_tidydb {exim.Spool}").Output.Should().BeEmpty();
        }
        Tidy().Should().OnlyContain(f => f.Kind == JobFinding.Good);
    }

    [EximFact]
    public async Task A_tool_that_cannot_write_or_is_killed_costs_this_run_alone()
    {
        var exim = await FilledAsync();
        exim.Forget();
        _options.Databases = ["wait-to_closed"];
        var records = exim.Dump("wait-to_closed");
        // The real tool, whose writes fail as on a full disk.
        var tool = Scene.At("tools/exim_tidydb");
        Scene.Create("tools");
        File.CreateSymbolicLink(Scene.At("tools/exim_dumpdb"), "/usr/sbin/exim_dumpdb");
        File.WriteAllText(tool, $"#!/bin/sh\nexec strace -f -qq -o /dev/null -e trace=pwrite64,write -P {exim.At("wait-to_closed")} -e inject=pwrite64,write:error=ENOSPC /usr/sbin/exim_tidydb \"$@\"\n");
        File.SetUnixFileMode(tool, (UnixFileMode)0b111_101_101);
        (_options.Tools, _options.Spools[0].Tools) = ("", Scene.At("tools"));
        var full = Tidy().Single();
        (full.Kind, full.Level).Should().Be((HintsJob.NotTidied, JobLevel.Later), full.Text);
        full.Text.Should().Contain("No space left on device");
        exim.Dump("wait-to_closed").Should().Be(records);

        File.WriteAllText(tool, "#!/bin/sh\nkill -9 $$\n");
        Tidy().Single().Should().Match<JobFinding>(f => f.Kind == HintsJob.NotTidied && f.Text.EndsWith("was ended by signal 9"));
        // One that hangs is ended with all it has started.
        File.WriteAllText(tool, "#!/bin/sh\necho 'Berkeley DB error: BDB0137 write: No space left on device' >&2\nsleep 4711 & wait\n");
        _options.TimeLimit = TimeSpan.FromSeconds(1);
        Tidy().Single().Text.Should().EndWith("took longer than 1s and was ended: Berkeley DB error: BDB0137 write: No space left on device");
        SpoolWorker.EndToEnd.Run.Program("pgrep", "-fx", "sleep 4711").Output.Should().BeEmpty();
        (_options.Spools[0].Tools, _options.TimeLimit) = ("", TimeSpan.FromMinutes(1));
        Tidy().Single().Figures!["removed"].Should().Be(1);
    }

    [EximTheory]
    [InlineData("random", "Berkeley DB error")]
    [InlineData("sqlite", "unexpected file type or format")]
    [InlineData("truncated", "file size not a multiple of the pagesize")]
    [InlineData("pages", "illegal page type or format")]
    public async Task A_database_that_cannot_be_read_is_told_and_not_touched(string how, string says)
    {
        var exim = await FilledAsync();
        var whole = File.ReadAllBytes(exim.At("retry"));
        byte[] bytes = how switch
        {
            "random" => RandomNumberGenerator.GetBytes(whole.Length),
            "sqlite" => [.. "SQLite format 3\0"u8, .. new byte[4080]],
            "truncated" => whole[..5000],
            // The first page says what it is; exim_tidydb ends with 0 all the same.
            _ => [.. whole[..4096], .. RandomNumberGenerator.GetBytes(whole.Length - 4096)],
        };
        File.WriteAllBytes(exim.At("retry"), bytes);
        var findings = Tidy();
        findings.Single(f => f.Kind != JobFinding.Good).Should().Match<JobFinding>(f => f.Subject == exim.At("retry") && f.Kind == HintsJob.Unreadable && f.Level == JobLevel.Bad
            && f.Text.Contains(says) && f.Text.Contains($"remove {exim.At("retry")}, and Exim makes it anew"), Told(findings));
        File.ReadAllBytes(exim.At("retry")).Should().Equal(bytes);
        // As it says.
        File.Delete(exim.At("retry"));
        exim.Send("later@from.example", "bob@closed.example");
        Tidy().Should().OnlyContain(f => f.Kind == JobFinding.Good);
    }

    [EximFact]
    public async Task What_is_not_exims_is_refused_with_the_cure()
    {
        var exim = await FilledAsync();
        File.Move(exim.At("seen"), exim.At("moved"));
        File.CreateSymbolicLink(exim.At("seen"), exim.At("moved"));
        Native.Chown(exim.At("misc"), 0, 0);
        Native.Chown(exim.At("tls.lockfile"), 0, 0);
        File.WriteAllBytes(exim.At("callout"), []);
        var findings = Tidy();
        string Of(string name) => findings.Single(f => f.Subject == exim.At(name)) switch { var f => $"{f.Kind}: {f.Text}" };
        Of("seen").Should().Be("refused: a link; Exim makes a database anew when it is not there: take it away");
        Of("misc").Should().Be($"refused: {exim.At("misc")} belongs to root, its directory to Debian-exim: Exim cannot use it either; chown Debian-exim:Debian-exim {exim.At("misc")}");
        Of("tls").Should().StartWith($"refused: {exim.At("tls.lockfile")} belongs to root");
        Of("callout").Should().StartWith("good: is empty; Exim fills it");
        Of("retry").Should().StartWith("good: ");
        _options.Tools = Scene.Create("none");
        Tidy().Single(f => f.Subject == exim.At("retry")).Should().Match<JobFinding>(f => f.Kind == HintsJob.NotTidied && f.Text.Contains("could not be started") && f.Text.Contains("Hints:Tools"));
        _options.Tools = "";
        Directory.Move(exim.Db, $"{exim.Spool}/elsewhere");
        Tidy().Single().Text.Should().StartWith("no hints databases");
        Directory.CreateSymbolicLink(exim.Db, $"{exim.Spool}/elsewhere");
        Tidy().Single().Should().Match<JobFinding>(f => f.Kind == HintsJob.Refused && f.Text.Contains("a link"));
        File.Delete(exim.Db);
        Directory.CreateDirectory(exim.Db);
        File.WriteAllText(exim.At("retry"), "root's");
        Tidy().Single().Should().Match<JobFinding>(f => f.Kind == HintsJob.Refused && f.Text.Contains("Exim's tools are not run as root"));
    }

    [EximFact]
    public async Task A_database_grows_although_tidied_when_it_has_far_more_than_in_the_age_before()
    {
        var exim = await FilledAsync();
        (_options.Databases, _options.SmallBytes) = (["ratelimit"], 0);
        JobFinding One() => Tidy().Single();

        for (var n = 0; n < 8; n++) exim.Send($"fill{n}@from.example", "bob@closed.example");
        var filled = One();
        (filled.Kind, filled.Figures!["most"]).Should().Be((JobFinding.Good, filled.Figures["records"]), "it may fill in its first age");
        _clock.By = TimeSpan.FromDays(31);
        One().Should().Match<JobFinding>(f => f.Kind == JobFinding.Good && f.Figures!["mostBefore"] == filled.Figures!["records"]);
        for (var n = 0; n < filled.Figures["records"] + 2; n++) exim.Send($"grow{n}@from.example", "bob@closed.example");
        var grown = One();
        (grown.Kind, grown.Level).Should().Be((HintsJob.Grows, JobLevel.Bad));
        grown.Text.Should().StartWith($"grows although tidied: it has {grown.Figures!["records"]} records, and had {filled.Figures["records"]} records at the most in the 30d before ").And.Contain("hints show ratelimit");
        // Half a year on as large as it is now: that is what it has.
        _clock.By = TimeSpan.FromDays(62);
        One().Kind.Should().Be(JobFinding.Good);
        _options.LargeBytes = 1;
        One().Text.Should().Contain("more than Hints:LargeBytes");
    }

    [EximFact]
    public void The_spools_are_those_of_intakes_and_target_and_debians_own_is_left_to_its_daily_job()
    {
        var (one, two) = (Scene.CreateForExim("one"), Scene.CreateForExim("two"));
        var settings = new Settings
        {
            Target = { Path = "/var/spool/exim4" },
            Intakes =
            [
                new() { Path = $"{one}/scan/input", Kind = IntakeKind.NamedQueue }, new() { Path = $"{one}/other/input", Kind = IntakeKind.NamedQueue },
                new() { Path = two, Kind = IntakeKind.Spool }, new() { Path = Scene.At("queuefile"), Kind = IntakeKind.Queuefile },
            ],
        };
        HintsPlaces.Of(_options, settings).Should().Equal(new HintsPlace("/var/spool/exim4", "/usr/sbin", "/etc/cron.daily/exim4-base"), new HintsPlace(one, "/usr/sbin", null), new HintsPlace(two, "/usr/sbin", null));
        _options.Spools = [new() { Path = "/var/spool/exim4/", Tools = "/opt/exim/bin" }];
        HintsPlaces.Of(_options, settings).Should().Equal(new HintsPlace("/var/spool/exim4", "/opt/exim/bin", null));
    }

    [EximFact]
    public async Task The_command_runs_it_as_exims_user_without_privileges_and_shows_what_is_in_it()
    {
        var exim = await FilledAsync();
        var config = new WorkerConfig(Scene.CreateForExim("worker"), "spool", Scene.CreateForExim("in/input"), Path.Combine(exim.Spool, "input")) { Sections = new Dictionary<string, object> { ["Hints"] = new { Tidy = true } } }.Write();
        // As the unit does.
        string[] asExim = ["--reuid", EximUser.Name, "--regid", EximUser.Name, "--clear-groups", "--no-new-privs", "--bounding-set=-all"];
        var spoolworker = ProgramCall.SpoolWorker();
        ProgramResult Call(params string[] arguments) => new ProgramCall("setpriv", [.. asExim, spoolworker.Program, .. spoolworker.Arguments, .. arguments, "--config", config]).Run();

        var ran = Call("job", "run", "hints", "--json");
        ran.ExitCode.Should().Be(0, ran.Error + ran.Output);
        var findings = JsonDocument.Parse(ran.Output).RootElement.GetProperty("findings").EnumerateArray().ToList();
        findings.Should().HaveCountGreaterThan(6).And.OnlyContain(f => f.GetProperty("kind").GetString() == "good");
        findings[0].GetProperty("figures").GetProperty("records").GetInt64().Should().BePositive();
        Call("job", "list").Output.Should().Contain("tidies the hints databases");

        foreach (var arguments in new[] { "job run hints", "job run hints --dry-run", "hints show", "hints show retry", "hints show tls", "hints show callout" })
        {
            var line = string.Join(' ', [.. asExim.Prepend("setpriv"), spoolworker.Program, .. spoolworker.Arguments, arguments, "--config", config]);
            var onTerminal = new ProgramCall("script", "-qec", $"stty cols 80; TERM=dumb {line}", "/dev/null").Run().Output.Split("\r\n");
            onTerminal.Should().HaveCountGreaterThan(2).And.OnlyContain(l => l.Length <= 80, arguments);
        }
        Call("hints", "show").Output.Split('\n').Should().Contain(l => l.StartsWith("wait-to_closed", StringComparison.Ordinal));
        Call("hints", "show", "retry").Output.Should().Contain("T:127.0.0.1:127.0.0.1:1: Connection refused");
        var row = JsonDocument.Parse(Call("hints", "show", "retry", "--json").Output).RootElement[0].GetProperty("rows")[0];
        (row.GetProperty("records").GetInt32(), row.GetProperty("error").GetString(), row.GetProperty("expired").GetBoolean()).Should().Be((1, "Connection refused", false));
        Call("hints", "show", "wait-to_closed").Output.Should().MatchRegex(@"MESSAGES +HOST\n[0-9]+ +127\.0\.0\.1\n");
        Call("hints", "show", "callout").Output.Should().Contain("bob@open.example callout=accept");
        Call("hints", "show", "ratelimit").Output.Should().Contain("RATE").And.Contain("ann@from.example");
        Call("hints", "show", "seen").Output.Should().Contain("ann@from.example");
        Call("hints", "show", "tls").Output.Split('\n').Should().HaveCountLessThan(6, "keys, and nothing of the sessions");
        Call("hints", "show", "--spool", Scene.CreateForExim("new")).Should().Match<ProgramResult>(r => r.ExitCode == 0 && r.Output.StartsWith("no hints databases"));
        Call("hints", "show", "--spool", Scene.At("missing")).Should().Match<ProgramResult>(r => r.ExitCode == 74 && r.Error.Contains(Scene.At("missing")));
        Call("hints", "show", "nothing").Should().Match<ProgramResult>(r => r.ExitCode == 66 && r.Error.Contains("exim_tidydb knows retry"));
        File.WriteAllText(exim.At("retry"), "damaged");
        Call("hints", "show", "retry").Should().Match<ProgramResult>(r => r.ExitCode == 65 && r.Error.Contains(exim.At("retry")));
        Call("job", "run", "hints").Should().Match<ProgramResult>(r => r.ExitCode == 1 && r.Output.Contains("\nunreadable "));
        Native.Chown(exim.At("seen.lockfile"), 0, 0);
        Call("job", "run", "hints").Output.Should().Contain("\nrefused ").And.Contain("chown Debian-exim:Debian-exim");
    }

    private async Task<HintedExim> FilledAsync()
    {
        var open = Exim("open", EximRole.Deliver, c => c with { Certificate = Certificate() });
        await open.StartDaemon();
        var exim = new HintedExim(Scene, "hinted", open.Port);
        exim.Send("ann@from.example", "bob@closed.example");
        exim.Send("eve@from.example", "bob@closed.example");
        exim.Send("ann@from.example", "bob@open.example");
        exim.Verify("bob@open.example");
        _options.Spools = [new() { Path = exim.Spool }];
        return exim;
    }

    private IReadOnlyList<JobFinding> Tidy(bool isDry = false)
    {
        var found = new HintsJob(_options, new JobSurroundings(new Settings(), _clock) { Last = () => _last }).RunAsync(isDry, default).GetAwaiter().GetResult();
        // As it comes back from the ledger.
        if (!isDry) _last = JobReport.TryRead(new JobReport(0, found).ToRow());
        return found;
    }

    private static string Told(IEnumerable<JobFinding> findings) => string.Join('\n', findings.Select(f => $"{f.Subject}: {f.Kind}: {f.Text}"));
}
