using SpoolWorker.EndToEnd.Kill;

namespace SpoolWorker.EndToEnd.Watched;

/// <summary>systemd is told that the worker lives only while it moves; one that is stuck in the commit is killed and started again, and nothing is lost or doubled.</summary>
[Collection(KillSuite.Name)]
public class WatchdogTests
{
    // Long enough for a busy machine between two beats, which are a quarter of it apart.
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(8);

    [Fact]
    public void A_worker_that_is_stuck_in_the_commit_is_restarted_and_recovers()
    {
        using var rig = new KillRig(new KillSetup { GroupSize = 4 });
        using var systemd = new NotifySocket(rig.At("notify"));
        var environment = new Dictionary<string, string>
        {
            ["NOTIFY_SOCKET"] = systemd.Path,
            ["WATCHDOG_USEC"] = $"{Interval.TotalMicroseconds:0}",
        };
        rig.Environment = environment;
        // The commit's rename into the target never comes back.
        using var stuck = rig.Start(once: false, null, "-P", rig.Target, "-e", "trace=/^rename", "-e", "inject=/^rename:delay_enter=600s");
        rig.Until(() => systemd.Count("WATCHDOG=1") >= 2, "it says that it lives", stuck);
        systemd.States.Should().Contain(s => s.StartsWith("STATUS=", StringComparison.Ordinal));

        rig.Feed(1, 12);
        rig.Until(() => systemd.States.Any(s => s.StartsWith("STATUS=", StringComparison.Ordinal) && s.Contains("messages being committed: ", StringComparison.Ordinal)), "it says that it is stuck", stuck);
        rig.Until(() => systemd.Since("WATCHDOG=1") > Interval, "it does not say that it lives", stuck);
        rig.Log.Should().Contain("systemd is not told that this worker lives");
        stuck.Kill(entireProcessTree: true);
        stuck.WaitForExit();

        var beats = systemd.Count("WATCHDOG=1");
        using var worker = rig.Start(once: false);
        rig.Until(() => rig.IntakeIsEmpty, "the next one hands all over", worker);
        rig.Until(() => systemd.Count("WATCHDOG=1") >= beats + 2, "the next one says that it lives", worker);
        rig.Stop(worker).Should().Be(0);
        rig.Check();
    }

    [Fact]
    public void A_paused_worker_is_not_stuck()
    {
        using var rig = new KillRig(new KillSetup { GroupSize = 4 });
        using var systemd = new NotifySocket(rig.At("notify"));
        rig.Environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = systemd.Path, ["WATCHDOG_USEC"] = $"{Interval.TotalMicroseconds:0}" };
        using (var first = rig.Start(once: false))
        {
            rig.Until(() => systemd.Count("WATCHDOG=1") >= 1, "it says that it lives", first);
            rig.Verb(["pause", "--reason", "moved"]).Should().Be(0);
            rig.Feed(1, 12);
            rig.Until(() => systemd.States.Any(s => s.StartsWith("STATUS=", StringComparison.Ordinal) && s.Contains("the worker is paused by ", StringComparison.Ordinal)), "it says that it is paused", first);
            var beats = systemd.Count("WATCHDOG=1");
            // Longer than the watchdog waits.
            rig.Until(() => systemd.Count("WATCHDOG=1") >= beats + 6, "it goes on saying that it lives", first);
            rig.Log.Should().NotContain("systemd is not told that this worker lives");
            first.Kill();
            first.WaitForExit();
        }
        using var worker = rig.Start(once: false);
        rig.Until(() => rig.Log.Split("order: the worker is paused").Length > 2, "the next one is paused, too", worker);
        rig.IntakeIsEmpty.Should().BeFalse();
        rig.Verb(["resume"]).Should().Be(0);
        rig.Until(() => rig.IntakeIsEmpty, "it hands all over", worker);
        rig.Stop(worker).Should().Be(0);
        rig.Check();
    }

    [Fact]
    public void What_it_does_is_told_and_the_watchdog_of_another_process_is_left_alone()
    {
        using var rig = new KillRig(new KillSetup { Holds = true });
        using var systemd = new NotifySocket(rig.At("notify"));
        rig.Environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = systemd.Path, ["WATCHDOG_USEC"] = $"{Interval.TotalMicroseconds:0}", ["WATCHDOG_PID"] = "1" };
        using var worker = rig.Start(once: false);
        rig.Feed(1, 3);
        rig.Until(() => systemd.States.Any(s => s.StartsWith("STATUS=", StringComparison.Ordinal) && s.Contains("3 messages decided", StringComparison.Ordinal)), "the status is told", worker);
        systemd.Count("WATCHDOG=1").Should().Be(0, "the watchdog is another process's");
        rig.Stop(worker).Should().Be(0);
    }
}
