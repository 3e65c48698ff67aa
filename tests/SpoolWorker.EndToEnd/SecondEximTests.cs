// Two Exims with a spool each: the front one only receives (queue_only), the worker carries its queue into the spool of the one that delivers.
namespace SpoolWorker.EndToEnd;

public sealed class SecondEximTests : WorkerScene
{
    [EximTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Every_sample_arrives_once_and_unchanged(bool wireFormat)
    {
        var front = Exim("front", EximRole.QueueOnly, c => c with { WireFormat = wireFormat });
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        worker.Start();
        SmtpClient.Send(front.Port, StraightDelivery.Samples(wireFormat));
        await Delivered(back, worker, MessageSamples.Deliveries(MessageSamples.All));
        await NothingLeft(front.InputDirectory(), back, worker);
        await StraightDelivery.Matches(back.Mail.Deliveries(), MessageSamples.All, wireFormat);
    }

    [EximFact]
    public async Task A_message_the_front_is_working_on_is_left_to_it()
    {
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        var id = SmtpClient.Send(front.Port, MessageSamples.Numbered(1, "a@to.example")).Single();
        var intake = front.InputDirectory();
        using (var locked = new FileStream(Path.Combine(intake, id + "-D"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            locked.Lock(0, id.Length + 3);
            worker.RunOnce();
            front.Queued().Should().Equal(id);
            back.Queued().Should().BeEmpty();
        }

        worker.RunOnce();
        await back.Mail.WaitFor(1, () => $"{worker.Log}{back.MainLog}");
        await NothingLeft(intake, back, worker);
    }

    [EximFact]
    public async Task Message_logs_do_not_pile_up()
    {
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        worker.Start();
        SmtpClient.Send(front.Port, MessageSamples.Numbered(1, "a@to.example"));
        await Delivered(back, worker, 1);
        await NoMessageLogsLeft(front.InputDirectory());
    }

    [EximFact]
    public async Task A_target_that_has_never_seen_mail_has_no_input_directory_yet()
    {
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        Directory.Exists(back.InputDirectory()).Should().BeFalse("Exim makes it with the first message");
        var worker = Worker("spool", front.InputDirectory(), back);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        worker.Start();
        SmtpClient.Send(front.Port, MessageSamples.Numbered(1, "a@to.example"));
        await Delivered(back, worker, 1);

        // the directory must be Exim's: it must still be able to receive by itself
        SmtpClient.Send(back.Port, MessageSamples.Numbered(2, "a@to.example"));
        await Delivered(back, worker, 2);
    }
}
