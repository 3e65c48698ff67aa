using SpoolWorker.Commands.Showing;
using SpoolWorker.Operations.Status;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Tests.Control;

/// <summary>The status for people.</summary>
public sealed class StatusTextTests
{
    private const string Now = "2026-11-23T15:11:49.000Z", Started = "2026-11-23T14:02:11.401Z";

    private static StatusView Status => new()
    {
        Running = true,
        Time = Now,
        Worker = new() { Version = "1.0.0+43d653b03c379b138cd74357481df23e5a5fdd01", Process = 4711, Started = Started, Configuration = "/etc/spoolworker/spoolworker.json", ConfigurationRead = Started, Queued = 2, Committed = 18231, LastScan = "2026-11-23T15:11:46.020Z" },
        Places = [new() { Place = "intake", Messages = 100000, Capped = true, Oldest = "2026-11-23T14:58:02.000Z", OldestAgeSeconds = 827 }, new() { Place = "held", Messages = 0, Capped = false }],
        Waiting = new() { Deferred = 12, Planned = 3, Frozen = 1, Partial = 0, NextTry = "2026-11-23T15:16:00.000Z" },
        Ledger = new() { Used = 1048576, File = 4194304, Limit = 17179869184 },
        Target = new() { Directory = "/var/spool/exim4/input", Daemon = false, Ignored = 7 },
        Disks = [new() { Place = "ledger", Free = 81604378624, Size = 105089261568 }, new() { Place = "held", Free = 81604378600, Size = 105089261568 }],
        Jobs = [new() { Name = "scan", EverySeconds = 10, Succeeded = "2026-11-23T15:11:46.020Z", Failures = 2, Fault = "a reason that is long enough to be broken into several lines of the table, \u001b[31m even in red" }],
        Services = [new() { Pass = "dcc", Breaker = "open", Since = "2026-11-23T15:10:02.551Z" }],
    };

    [Fact]
    public void It_says_first_how_it_is_and_fits_a_terminal()
    {
        var verdict = StatusVerdict.Of(Status, [], [], null);

        var lines = StatusText.Of(Status, verdict, DateTimeOffset.Parse(Now, System.Globalization.CultureInfo.InvariantCulture)).Split('\n');

        lines[0].Should().Be("WARNING: the service of dcc is down; intake 100000+ (oldest 13m), held 0");
        string[] words = ["process 4711, version 1.0.0+43d653b0, started 1.2h ago", "12 deferred, 3 for the hours of a pass, 1 frozen", "next try       in 4m", "wake-ups       7 without effect", "76G of 98G free (ledger, held)",
            "1.0M used, file 4.0M, limit 16G", "dcc   open", "1m ago", "100000+"];
        string.Join('\n', lines).Should().ContainAll(words).And.NotContain("\u001b");
        // The last column of a table is broken on a terminal; here is none.
        lines.Skip(1).Should().OnlyContain(l => l.Length <= 80 || l.StartsWith("scan "));
    }

    [Fact]
    public void Places_are_together_by_the_disk_they_are_on_and_not_by_its_size()
    {
        DiskView Disk(string place, string device, long free) => new() { Place = place, Device = device, Free = free, Size = 105089261568 };
        var status = Status with { Disks = [Disk("ledger", "8:1", 81604378624), Disk("held", "8:17", 1073741824), Disk("corrupt", "8:17", 1073741824)] };

        StatusText.Of(status, StatusVerdict.Of(status, [], [], null), DateTimeOffset.Parse(Now, System.Globalization.CultureInfo.InvariantCulture))
            .Should().Contain("76G of 98G free (ledger)").And.Contain("1.0G of 98G free (held, corrupt)");
    }

    [Fact]
    public void The_help_tells_of_every_limit()
    {
        var help = ProgramCall.SpoolWorker("status", "--help").Run().Good;
        foreach (var figure in StatusFigure.All)
        {
            var unit = figure.Unit switch
            {
                LimitUnit.Time => "time",
                LimitUnit.Percent => "percentage",
                _ => "number",
            };
            help.Should().Contain($"  {figure.Name,-14} {unit}{(figure.IsLeast ? " at least" : "")}, {figure.Meaning}\n");
        }
    }
}
