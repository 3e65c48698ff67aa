// What MailScanner sets aside as queue files comes back through the worker, and what the worker holds goes out as MailScanner's administrators have mail go: copied into the
// queue, and exim -M. A real Exim writes the pair and delivers it; the copy is made as MailScanner makes it (EximDiskStore.pm, CopyToDir).
namespace SpoolWorker.EndToEnd.HeldMail;

public sealed class QuarantineTests : WorkerScene
{
    [EximFact]
    public async Task What_was_set_aside_is_released_and_delivered_once()
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon();
        var id = await Received(exim, MessageSamples.Numbered(1, "a1@to.example", "b1@to.example"));
        var folder = Scene.Create($"quarantine/20261130/{id}");
        foreach (var suffix in new[] { "-H", "-D" })
        {
            var file = SpoolListing.Find(exim.InputDirectory("scan"), id + suffix);
            File.Move(file, $"{folder}/{id}{suffix}");
            EximUser.Own($"{folder}/{id}{suffix}");
        }
        EximUser.Own(folder);

        Command(worker, 0, "list", "--spool", Scene.At("quarantine")).Should().Contain($"in {folder}\n");
        worker.Start();
        Command(worker, 0, "release", folder, "--recipient", "b1@to.example").Should().Be($"released {id}: requeued\n");
        await Delivered(exim, worker, 1);
        Command(worker, 0, "release", folder).Should().StartWith($"released {id}: requeued");
        await Delivered(exim, worker, 2);
        Command(worker, 66, "release", folder);
        worker.Stop().Should().Be(0);

        exim.Mail.Deliveries().Select(d => $"{d.Sample} to {d.Recipient}").Should().BeEquivalentTo("number 1 to a1@to.example", "number 1 to b1@to.example");
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
        Directory.EnumerateFileSystemEntries(folder).Should().BeEmpty();
    }

    [EximFact]
    public async Task What_is_held_goes_out_by_exim_M_and_not_again()
    {
        var (exim, worker) = NamedQueue(worker: config => config with
        {
            Passes = ["rules"],
            Sections = new Dictionary<string, object> { ["Rules"] = new { List = new[] { new { When = "sender", Then = "hold", Reason = "looks odd" } } } },
        });
        await exim.StartDaemon();
        var id = await Received(exim, MessageSamples.Numbered(1, "a1@to.example"));
        worker.RunOnce().Should().Be(0, worker.Log);
        SpoolListing.MessageIds(worker.Config.Held).Should().Equal(id);

        // exipick wants an input.
        Directory.CreateSymbolicLink(Path.Combine(Scene.Create("look"), "input"), worker.Config.Held);
        Run.Program("/usr/sbin/exipick", "-spool", Scene.At("look"), "-i").Output.Trim().Should().Be(id);
        foreach (var suffix in new[] { "-D", "-H" })
            Run.Program("install", "-o", EximUser.Name, "-g", EximUser.Name, "-m", "640", $"{worker.Config.Held}/{id}{suffix}", exim.InputDirectory()).ExitCode.Should().Be(0);
        Run.Program(EximInstance.Program, "-C", exim.ConfigFile, "-M", id);
        Command(worker, 0, "delete", id, "--reason", "delivered by hand");
        await Delivered(exim, worker, 1);
        Command(worker, 66, "release", id);
        worker.RunOnce().Should().Be(0);
        exim.Mail.Deliveries().Select(d => $"{d.Sample} to {d.Recipient}").Should().Equal("number 1 to a1@to.example");
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
    }

    private static async Task<string> Received(EximInstance exim, SmtpMessage message)
    {
        SmtpClient.Send(exim.Port, message);
        await Run.Until(() => SpoolListing.MessageIds(exim.InputDirectory("scan")).Count == 1, () => exim.MainLog);
        return SpoolListing.MessageIds(exim.InputDirectory("scan")).Single();
    }

    private static string Command(WorkerProcess worker, int code, params string[] words)
    {
        string[] program = TestVariables.Command?.Split(' ') ?? ["dotnet", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll")];
        var ran = Run.Program(program[0], [.. program[1..], .. words, "--config", Path.Combine(worker.Config.Root, "worker.json")]);
        ran.ExitCode.Should().Be(code, "{0}: {1}{2}", string.Join(' ', words), ran.Output, ran.Error);
        return ran.Output;
    }
}
