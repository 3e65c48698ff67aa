// Exims that have not yet taken a message: such a one has no input/ in its spool directory and makes none by running. The worker starts first, and
// is told the spool directories, as an operator would. What it puts beside an input/ no Exim ever sees, and no log tells.
namespace SpoolWorker.EndToEnd;

public sealed class FreshSpoolTests : WorkerScene
{
    [EximFact]
    public async Task A_second_exim_and_a_target_before_their_first_message()
    {
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        Fresh(front);
        Fresh(back);
        var worker = Worker("spool", front.SpoolDirectory, back, c => c with { Target = back.SpoolDirectory });
        worker.Start();
        await worker.Until(() => Directory.Exists(back.InputDirectory()), () => "the worker makes the target's input");

        SmtpClient.Send(front.Port, Enumerable.Range(1, 5).Select(n => MessageSamples.Numbered(n, "a@to.example")));

        await Delivered(back, worker, 5);
        await NothingLeft(front.InputDirectory(), back, worker);
        Run.Program("/usr/bin/stat", "-c", "%U %a", back.InputDirectory()).Output.Trim().Should().Be($"{EximUser.Name} 750");
    }

    [EximFact]
    public async Task A_named_queue_before_its_first_message()
    {
        var exim = Exim("one", EximRole.NamedQueue);
        await exim.StartDaemon();
        Fresh(exim);
        var worker = Worker("named-queue", Path.Combine(exim.SpoolDirectory, "scan"), exim, c => c with { Target = exim.SpoolDirectory });
        worker.Start();
        await worker.Until(() => Directory.Exists(exim.InputDirectory()), () => "the worker makes the target's input");

        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "a@to.example"));

        await Delivered(exim, worker, 1);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
    }

    // Nothing runs and nothing lies there: only its own answer tells that this is its spool.
    [EximTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_target_that_does_not_run_is_asked_or_refused(bool asked)
    {
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        await front.StartDaemon(queueRunner: false);
        SmtpClient.Send(front.Port, MessageSamples.Numbered(1, "a@to.example"));
        var worker = Worker("spool", front.SpoolDirectory, back, c => c with { Target = back.SpoolDirectory, Wake = "none", Exim = asked ? EximInstance.Program : "", EximConfig = asked ? back.ConfigFile : "" });

        worker.RunOnce().Should().Be(asked ? 0 : 78, worker.Log);

        if (!asked)
        {
            worker.Log.Should().Contain("nothing shows that");
            Fresh(back);
            SpoolListing.Files(front.InputDirectory()).Should().HaveCount(2, "the message stays");
            return;
        }

        back.RunQueue();
        back.Mail.Count.Should().Be(1, back.MainLog);
    }

    // Its input/ is found although its name looks like one.
    [EximFact]
    public async Task A_spool_directory_that_is_itself_called_input()
    {
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var spool = Scene.CreateForExim("elsewhere/input");
        File.WriteAllText(back.ConfigFile, File.ReadAllText(back.ConfigFile).Replace($"spool_directory = {back.SpoolDirectory}", $"spool_directory = {spool}", StringComparison.Ordinal));
        await front.StartDaemon(queueRunner: false);
        SmtpClient.Send(front.Port, MessageSamples.Numbered(1, "a@to.example"));
        var worker = Worker("spool", front.SpoolDirectory, back, c => c with { Target = spool, Wake = "none", Exim = EximInstance.Program, EximConfig = back.ConfigFile });

        worker.RunOnce().Should().Be(0, worker.Log);

        SpoolListing.MessageIds(Path.Combine(spool, "input")).Should().ContainSingle();
        back.RunQueue();
        back.Mail.Count.Should().Be(1, back.MainLog);
    }

    private static void Fresh(EximInstance exim) => Directory.Exists(exim.InputDirectory()).Should().BeFalse("no message has come");
}
