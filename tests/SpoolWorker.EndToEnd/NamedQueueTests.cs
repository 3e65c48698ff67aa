// The wiring most people will use: a stock Exim puts what it receives into the named queue 'scan', the worker takes it from there into the main queue of the same Exim.
using System.Text;

namespace SpoolWorker.EndToEnd;

public sealed class NamedQueueTests : WorkerScene
{
    [EximTheory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Every_sample_arrives_once_and_unchanged(bool split, bool wireFormat)
    {
        var (exim, worker) = NamedQueue(c => c with { SplitSpool = split, WireFormat = wireFormat });
        await exim.StartDaemon();
        worker.Start();
        SmtpClient.Send(exim.Port, StraightDelivery.Samples(wireFormat));
        await Delivered(exim, worker, MessageSamples.Deliveries(MessageSamples.All));
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
        await StraightDelivery.Matches(exim.Mail.Deliveries(), MessageSamples.All, wireFormat);
        worker.Stop().Should().Be(0);
    }

    [EximTheory]
    [InlineData("keep")]
    [InlineData("renew")]
    public async Task The_envelope_file_stays_as_it_was_but_for_the_id(string messageId)
    {
        var (exim, worker) = NamedQueue(worker: c => c with { MessageId = messageId, Wake = "none" });
        await exim.StartDaemon(queueRunner: false);
        SmtpClient.Send(exim.Port, MessageSamples.All);
        var before = exim.Queued("scan").ToDictionary(id => id, id => Read(exim.InputDirectory("scan"), id), StringComparer.Ordinal);
        worker.RunOnce().Should().Be(0, worker.Log);

        exim.Queued("scan").Should().BeEmpty(worker.Log);
        var after = exim.Queued().Select(id => (Id: id, Content: Read(exim.InputDirectory(), id))).ToList();
        after.Select(m => m.Content).Should().BeEquivalentTo(before.Values);
        if (messageId == "keep")
        {
            after.Should().OnlyContain(m => before[m.Id] == m.Content);
        }
        else
        {
            after.Select(m => m.Id).Should().NotIntersectWith(before.Keys).And.OnlyHaveUniqueItems();
        }
    }

    [EximFact]
    public async Task What_came_while_the_worker_was_away_is_taken_when_it_starts()
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon();
        SmtpClient.Send(exim.Port, Enumerable.Range(1, 10).Select(n => MessageSamples.Numbered(n, "a@to.example", "b@to.example")));
        worker.Start();
        await Delivered(exim, worker, 20);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
        exim.Mail.Deliveries().Should().HaveCount(20);
    }

    [EximFact]
    public async Task Message_logs_do_not_pile_up()
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon();
        worker.Start();
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "a@to.example"));
        await Delivered(exim, worker, 1);
        await NoMessageLogsLeft(exim.InputDirectory("scan"));
    }

    /// <summary>-H without its name line.</summary>
    private static string Read(string input, string id)
    {
        var text = Encoding.Latin1.GetString(File.ReadAllBytes(SpoolListing.Find(input, id + "-H")));
        text.Should().StartWith(id + "-H\n");
        return text[(id.Length + 3)..];
    }

    [EximFact]
    public async Task Mail_of_the_sendmail_command_goes_through_the_worker_too()
    {
        var (exim, worker) = NamedQueue();
        await exim.StartDaemon();
        worker.Start();
        exim.SubmitLocally("Subject: by sendmail\n\nhello\n", "a@to.example").ExitCode.Should().Be(0);
        await Delivered(exim, worker, 1);
        exim.MainLog.Should().Contain("Q=scan", "it came in by SMTP the second time");
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
    }
}
