// The queuefile transport hands over once for each recipient, each time with all recipients in the pair, and again on every retry, always under the same id.
// The worker must make one delivery for each recipient of that, and must not touch what Exim still needs: linked files are Exim's own inodes.
namespace SpoolWorker.EndToEnd;

public sealed class QueuefileTests : WorkerScene
{
    [EximTheory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Every_sample_arrives_once_and_unchanged(bool copy, bool wireFormat)
    {
        var (front, back, worker, intake) = Wiring(c => c with { CopyIntoIntake = copy, WireFormat = wireFormat });
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        worker.Start();
        SmtpClient.Send(front.Port, StraightDelivery.Samples(wireFormat));
        await RunUntilHandedOver(front, worker);

        // for Exim the hand-over is a delivery outside SMTP, so the front sends a success notice of its own, which travels the same way
        const int FrontNotices = 1;
        await Delivered(back, worker, MessageSamples.Deliveries(MessageSamples.All) + FrontNotices);
        await NothingLeft(intake, back, worker);
        await StraightDelivery.Matches(back.Mail.Deliveries(), MessageSamples.All, wireFormat, FrontNotices);
    }

    [EximFact]
    public async Task With_the_redirect_one_hand_over_brings_all_recipients()
    {
        var (front, back, worker, intake) = Wiring(c => c with { HandOverOnce = true });
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        SmtpClient.Send(front.Port, MessageSamples.Numbered(1, "a@to.example", "b@to.example", "c@to.example"));
        front.RunQueue();
        front.Queued().Should().BeEmpty(front.MainLog);
        worker.Start();
        await Delivered(back, worker, 3);
        await NothingLeft(intake, back, worker);
        back.Mail.Deliveries().Select(d => d.Recipient).Should().BeEquivalentTo("a@to.example", "b@to.example", "c@to.example");
    }

    [EximTheory]
    [InlineData("Link")]
    [InlineData("Copy")]
    public async Task The_same_pair_again_and_again_is_taken_and_delivered_once(string how)
    {
        var (front, back, worker, intake) = Wiring(role: EximRole.QueuefileIdle);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        var id = SmtpClient.Send(front.Port, MessageSamples.Numbered(1, "a@to.example", "b@to.example", "c@to.example")).Single();
        var original = ReadPair(front.InputDirectory(), id);
        var standIn = new QueuefileStandIn(front.InputDirectory(), intake, Enum.Parse<HandOver>(how));
        for (var round = 0; round < 4; round++)
        {
            standIn.Deliver(id).Should().Be(HandOverResult.Done, "the worker must have taken the last pair");
            worker.RunOnce().Should().Be(0, worker.Log);
            SpoolListing.Files(intake).Should().BeEmpty(worker.Log);
            back.RunQueue();
        }

        await NothingLeft(intake, back, worker);
        back.Mail.Deliveries().Select(d => d.Recipient).Should().BeEquivalentTo("a@to.example", "b@to.example", "c@to.example");
        ReadPair(front.InputDirectory(), id).Should().Be(original, "these inodes are Exim's");
    }

    [EximFact]
    public async Task A_copy_in_progress_is_not_taken_before_it_is_whole()
    {
        var (front, back, worker, intake) = Wiring(role: EximRole.QueuefileIdle);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        var id = SmtpClient.Send(front.Port, MessageSamples.All.Single(m => m.Name == "several lines")).Single();
        var standIn = new QueuefileStandIn(front.InputDirectory(), intake, HandOver.Copy)
        {
            HalfWay = () =>
            {
                worker.RunOnce().Should().Be(0, worker.Log);
                SpoolListing.Files(intake).Should().Equal([id + "-D", id + "-H"], "half a body is no message yet");
                SpoolListing.Files(back.InputDirectory()).Should().BeEmpty();
            },
        };
        standIn.Deliver(id).Should().Be(HandOverResult.Done);
        worker.Start();
        await Delivered(back, worker, 1);
        await NothingLeft(intake, back, worker);
        await StraightDelivery.Matches(back.Mail.Deliveries(), MessageSamples.All.Where(m => m.Name == "several lines"));
    }

    [EximFact]
    public async Task Half_a_body_left_by_a_failed_copy_does_not_block_the_retries_for_ever()
    {
        var (front, back, worker, intake) = Wiring(role: EximRole.QueuefileIdle);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        var id = SmtpClient.Send(front.Port, MessageSamples.Numbered(1, "a@to.example")).Single();
        var standIn = new QueuefileStandIn(front.InputDirectory(), intake, HandOver.Copy) { HalfWay = () => throw new IOException("disk full") };
        standIn.Deliver(id).Should().Be(HandOverResult.Deferred);
        standIn.HalfWay = () => { };
        standIn.Deliver(id).Should().Be(HandOverResult.Deferred, "the half -D is in the way");

        // old enough that nobody can still be writing it
        File.SetLastWriteTimeUtc(Path.Combine(intake, id + "-D"), DateTime.UtcNow.AddDays(-2));
        worker.Start();
        await worker.Until(() => SpoolListing.Files(intake).Count == 0, () => "the half -D is still there");
        standIn.Deliver(id).Should().Be(HandOverResult.Done);
        await Delivered(back, worker, 1);
    }

    /// <summary>What the front's queue runner would do over hours.</summary>
    internal static async Task RunUntilHandedOver(EximInstance front, WorkerProcess worker) =>
        await worker.Until(
            () =>
            {
                front.RunQueue(force: true);
                return front.Queued().Count == 0;
            },
            () => $"the front still has {front.Queued().Count} messages\n{front.MainLog}");

    private static string ReadPair(string input, string id) =>
        string.Join('|', new[] { id + "-H", id + "-D" }.Select(name => Path.Combine(input, name))
            .Select(path => $"{File.GetUnixFileMode(path)} {Convert.ToHexString(File.ReadAllBytes(path))}"));

    private (EximInstance Front, EximInstance Back, WorkerProcess Worker, string Intake) Wiring(
        Func<EximConfig, EximConfig>? change = null, EximRole role = EximRole.Queuefile)
    {
        var intake = Scene.CreateForExim("intake");
        var front = Exim("front", role, c => (change?.Invoke(c) ?? c) with { Intake = intake });
        var back = Exim("back", EximRole.Deliver);
        return (front, back, Worker("queuefile", intake, back), intake);
    }
}
