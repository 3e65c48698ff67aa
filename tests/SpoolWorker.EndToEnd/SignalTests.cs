// What a terminal, a shell or an administrator's habit sends to a worker that runs.
namespace SpoolWorker.EndToEnd;

public sealed class SignalTests : WorkerScene
{
    [EximFact]
    public async Task A_hangup_has_the_configuration_read_again_and_mail_goes_on()
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon();
        // Under nohup the tests themselves ignore the signal, and so would what they start.
        worker.Under = ["env", "--default-signal=HUP"];
        worker.Start();
        await worker.Until(() => worker.Log.Contains("target ", StringComparison.Ordinal), () => "the worker does not start");
        worker.HangUp();
        await worker.Until(() => worker.Log.Contains("read again: generation 2 is in force", StringComparison.Ordinal), () => "no line about the signal");

        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "a@to.example"));

        await Delivered(exim, worker, 1);
        worker.Stop().Should().Be(0);
    }
}
