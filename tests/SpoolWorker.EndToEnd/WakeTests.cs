// Exim learns of requeued mail by a datagram. Nobody runs the queue here, and the daemon's own timer is 30 minutes away: what arrives, the worker's wake brought.
namespace SpoolWorker.EndToEnd;

public sealed class WakeTests : WorkerScene
{
    // Far below the daemon's own 30 minutes, and enough for a machine that is busy with other tests.
    private static readonly TimeSpan FewSeconds = TimeSpan.FromSeconds(60);

    [EximFact]
    public async Task A_message_is_delivered_within_seconds()
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon();
        worker.Start();
        for (var number = 1; number <= 3; number++)
        {
            SmtpClient.Send(exim.Port, MessageSamples.Numbered(number, "a@to.example"));
            await Delivered(exim, worker, number, FewSeconds);
        }
    }

    // The daemon starts at most queue_run_max (5) runners and drops, without a word, every datagram that comes while they run.
    [EximFact]
    public async Task More_messages_than_exim_has_queue_runners_are_all_delivered_within_seconds()
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon();
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 60).Select(n => MessageSamples.Numbered(n, "a@to.example")));
        worker.Start();
        await Delivered(exim, worker, 60, FewSeconds);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
    }

    // Killed while a commit is under way, behind it, and (none: a worker that wakes nobody) with all of it recorded as finished.
    [EximTheory]
    [InlineData("renamed:1")]
    [InlineData("committed:1")]
    [InlineData("none")]
    public async Task What_a_worker_had_handed_over_and_not_woken_exim_for_is_delivered_after_its_restart(string killAt)
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon();
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 12).Select(n => MessageSamples.Numbered(n, "a@to.example")));
        using (var first = killAt == "none" ? new WorkerProcess(worker.Config with { Wake = "none" }) : new WorkerProcess(worker.Config) { KillAt = killAt })
            first.RunOnce().Should().Be(killAt == "none" ? 0 : 137, first.Log);
        exim.Queued().Should().NotBeEmpty("nobody woke Exim");
        // Each process writes its own settings.
        using var second = new WorkerProcess(worker.Config);

        second.Start();

        await Delivered(exim, second, 12, FewSeconds);
        await NothingLeft(exim.InputDirectory("scan"), exim, second);
    }

    [EximFact]
    public async Task No_daemon_is_no_reason_to_stop()
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon(queueRunner: false);
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 5).Select(n => MessageSamples.Numbered(n, "a@to.example")));
        exim.Stop();
        worker.Start();
        await worker.Until(() => exim.Queued("scan").Count == 0 && exim.Queued().Count == 5, () => "the messages were not requeued");
        exim.RunQueue();
        exim.Mail.Count.Should().Be(5);
    }

    [EximTheory]
    [InlineData("exec")]
    [InlineData("notify")]
    public async Task Without_a_daemon_the_exim_command_delivers(string wake)
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon(queueRunner: false);
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 5).Select(n => MessageSamples.Numbered(n, "a@to.example")));
        exim.Stop();
        var told = new WorkerProcess(worker.Config with { Wake = wake, Exim = EximInstance.Program, EximConfig = exim.ConfigFile });
        using (told)
        {
            told.Start();
            await Delivered(exim, told, 5, FewSeconds);
        }
    }

    // What most sandbox options of a systemd unit imply: a setuid Exim could not become its delivery user, and would bounce or drop mail.
    [EximFact]
    public async Task Without_new_privileges_the_exim_command_is_not_run()
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon(queueRunner: false);
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 3).Select(n => MessageSamples.Numbered(n, "a@to.example")));
        exim.Stop();
        var confined = new WorkerProcess(worker.Config with { Wake = "exec", Exim = EximInstance.Program, EximConfig = exim.ConfigFile }) { Under = ["setpriv", "--no-new-privs"] };
        using (confined)
        {
            confined.RunOnce().Should().Be(0);
            confined.Log.Should().Contain("NoNewPrivs");
        }

        exim.Queued().Count.Should().Be(3);
        exim.Mail.Count.Should().Be(0);
    }
}
