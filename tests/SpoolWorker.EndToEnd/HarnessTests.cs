// The harness itself, without the worker: Exim starts, takes and delivers; what the comparison rests on is true; the stand-in for queuefile does what its source says.
using System.Text;

namespace SpoolWorker.EndToEnd;

public sealed class HarnessTests : IDisposable
{
    private readonly TempDirectory scene = new(isForAll: true);
    private readonly List<EximInstance> exims = [];

    public void Dispose()
    {
        exims.ForEach(exim => exim.Dispose());
        scene.Dispose();
    }

    [EximFact]
    public async Task Straight_delivery_turns_all_line_ends_into_LF_and_adds_a_final_newline_and_changes_no_more()
    {
        var straight = await StraightDelivery.Deliveries();
        foreach (var message in MessageSamples.All)
        {
            var content = Encoding.Latin1.GetString(message.Content).ReplaceLineEndings("\n");
            content += content.EndsWith('\n') ? "" : "\n";
            var body = content[(content.IndexOf("\n\n", StringComparison.Ordinal) + 2)..];
            var delivered = straight.Where(d => d.Sample == message.Name).ToList();
            delivered.Select(d => d.Recipient).Should().BeEquivalentTo(message.Recipients);
            foreach (var delivery in delivered)
            {
                delivery.Sender.Should().Be(message.Sender);
                (delivery.Body == body).Should().BeTrue($"'{message.Name}' was {Show(body)}, is {Show(delivery.Body)}");
            }
        }
    }

    [EximTheory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task A_named_queue_keeps_whole_pairs_that_a_move_into_the_main_queue_delivers(bool split, bool wireFormat)
    {
        var exim = Exim("one", EximRole.NamedQueue, c => c with { SplitSpool = split, WireFormat = wireFormat });
        await exim.StartDaemon();
        SmtpClient.Send(exim.Port, StraightDelivery.Samples(wireFormat));
        exim.Queued("scan").Should().HaveCount(MessageSamples.All.Count);
        exim.Mail.Count.Should().Be(0);
        SpoolListing.Litter(exim.InputDirectory("scan")).Should().BeEmpty();

        foreach (var id in exim.Queued("scan"))
        {
            MoveByHand(exim.InputDirectory("scan"), exim.InputDirectory(), id);
        }

        exim.RunQueue();
        await exim.Mail.WaitFor(MessageSamples.Deliveries(MessageSamples.All), () => exim.MainLog);
        await StraightDelivery.Matches(exim.Mail.Deliveries(), MessageSamples.All, wireFormat);
        exim.PanicLog.Should().BeEmpty();
    }

    [EximFact]
    public async Task Queuefile_by_script_makes_a_pair_that_shares_inodes_and_exim_retries_the_other_recipients()
    {
        var intake = scene.CreateForExim("intake");
        var exim = Exim("front", EximRole.Queuefile, c => c with { Intake = intake });
        await exim.StartDaemon(queueRunner: false);
        var id = SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "a@to.example", "b@to.example", "c@to.example")).Single();
        exim.RunQueue();
        SpoolListing.Files(intake).Should().Equal(id + "-D", id + "-H");
        Native.Inode(Path.Combine(intake, id + "-D")).Should().Be(Native.Inode(Path.Combine(exim.InputDirectory(), id + "-D")));
        exim.MainLog.Should().Contain("File exists");

        var rounds = 1;
        while (exim.Queued().Count > 0 && rounds < 10)
        {
            TakeAway(intake);
            exim.RunQueue(force: true);
            rounds++;
        }

        rounds.Should().Be(3, "each run hands over to one recipient");
    }

    [EximTheory]
    [InlineData("Link")]
    [InlineData("Copy")]
    public async Task The_stand_in_puts_H_then_D_and_defers_while_the_pair_is_there(string how)
    {
        var (exim, id) = await OneWaiting();
        var intake = scene.CreateForExim("intake");
        var standIn = new QueuefileStandIn(exim.InputDirectory(), intake, Enum.Parse<HandOver>(how));
        standIn.Deliver(id).Should().Be(HandOverResult.Done);
        standIn.Deliver(id).Should().Be(HandOverResult.Deferred);
        foreach (var name in new[] { id + "-H", id + "-D" })
        {
            File.ReadAllBytes(Path.Combine(intake, name)).Should().Equal(File.ReadAllBytes(Path.Combine(exim.InputDirectory(), name)));
        }
    }

    [EximFact]
    public async Task A_failed_copy_leaves_half_of_D_and_no_H()
    {
        var (exim, id) = await OneWaiting();
        var intake = scene.CreateForExim("intake");
        var standIn = new QueuefileStandIn(exim.InputDirectory(), intake, HandOver.Copy)
        {
            HalfWay = () =>
            {
                SpoolListing.Files(intake).Should().Equal(id + "-D", id + "-H");
                // Exim's lock: another process must see it
                Run.Program(EximInstance.Program, "-C", Path.Combine(exim.Config.Root, "exim.conf"), "-Mc", id);
                exim.MainLog.Should().Contain("is locked (another process is handling this message)");
                throw new IOException("disk full");
            },
        };
        standIn.Deliver(id).Should().Be(HandOverResult.Deferred);
        SpoolListing.Files(intake).Should().Equal(id + "-D");
        standIn.HalfWay = () => { };
        standIn.Deliver(id).Should().Be(HandOverResult.Deferred, "the half -D is in the way");
        SpoolListing.Litter(intake).Should().Equal(id + "-D");
    }

    [EximFact]
    public async Task The_notifier_delivers_only_the_message_it_names_and_an_empty_name_delivers_all()
    {
        var exim = Exim("one", EximRole.NamedQueue);
        await exim.StartDaemon();
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 5).Select(n => MessageSamples.Numbered(n, "a@to.example")));
        var ids = exim.Queued("scan");
        foreach (var id in ids)
        {
            MoveByHand(exim.InputDirectory("scan"), exim.InputDirectory(), id);
        }

        Notifier.Send(exim.SpoolDirectory, ids[0]);
        await Run.Until(() => Ended(exim) == 2, () => exim.MainLog);
        exim.Queued().Should().Equal(ids.Skip(1));
        Notifier.Send(exim.SpoolDirectory, "");
        await exim.Mail.WaitFor(5, () => exim.MainLog);
    }

    private static int Ended(EximInstance exim) => exim.MainLog.Split("End queue run").Length - 1;

    private static void MoveByHand(string from, string to, string id)
    {
        Directory.CreateDirectory(to);
        EximUser.Own(to);
        // -D first: Exim takes a message for present when its -H is
        File.Move(SpoolListing.Find(from, id + "-D"), Path.Combine(to, id + "-D"));
        File.Move(SpoolListing.Find(from, id + "-H"), Path.Combine(to, id + "-H"));
    }

    private static void TakeAway(string intake)
    {
        foreach (var file in Directory.GetFiles(intake))
        {
            File.Delete(file);
        }
    }

    private static string Show(string text) => text.Length > 200 ? $"{text.Length} bytes" : Uri.EscapeDataString(text);

    private async Task<(EximInstance Exim, string Id)> OneWaiting()
    {
        var exim = Exim("front", EximRole.QueueOnly);
        await exim.StartDaemon(queueRunner: false);
        return (exim, SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "a@to.example")).Single());
    }

    private EximInstance Exim(string name, EximRole role, Func<EximConfig, EximConfig>? change = null)
    {
        var exim = EximInstance.Create(scene, name, role, change);
        exims.Add(exim);
        return exim;
    }
}
