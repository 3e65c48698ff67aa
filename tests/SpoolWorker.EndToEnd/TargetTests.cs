// The spool the worker puts messages into: split or flat, and of an Exim that knows only 16-character ids. Such an Exim does not see a 23-character id
// at all, so a pair from a newer Exim (4.97 and later) must get a new id there; nothing in any log would tell that it is stranded.
using System.Text;

namespace SpoolWorker.EndToEnd;

public sealed class TargetTests : WorkerScene
{
    [EximTheory]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Split_and_flat_spools_in_front_and_behind(bool splitFront, bool splitBack)
    {
        var front = Exim("front", EximRole.QueueOnly, c => c with { SplitSpool = splitFront });
        var back = Exim("back", EximRole.Deliver, c => c with { SplitSpool = splitBack });
        var worker = Worker("spool", front.InputDirectory(), back);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        worker.Start();
        SmtpClient.Send(front.Port, Enumerable.Range(1, 10).Select(n => MessageSamples.Numbered(n, "a@to.example")));
        await Delivered(back, worker, 10);
        await NothingLeft(front.InputDirectory(), back, worker);
        back.Mail.Deliveries().Select(d => d.Sample).Should().OnlyHaveUniqueItems();
    }

    [EximFact]
    public async Task A_long_id_becomes_a_short_one_for_an_exim_that_knows_no_other()
    {
        EximInstance.Version.Should().BeLessThan(new Version(4, 97), "this test needs an Exim with short ids behind the worker");
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back);
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();

        // the target's ids can be known only from what it has made itself: one message of its own, as any running Exim has or had
        SmtpClient.Send(back.Port, MessageSamples.Numbered(1, "own@to.example"));
        var id = SmtpClient.Send(front.Port, MessageSamples.Numbered(2, "a@to.example")).Single();
        var longId = Lengthen(front.InputDirectory(), id);
        longId.Should().HaveLength(23);
        worker.Start();
        await Delivered(back, worker, 2);
        await NothingLeft(front.InputDirectory(), back, worker);
        back.MainLog.Should().NotContain(longId);
    }

    // Exim unlinks both files by name when it finishes, so a second pair put under an id it still holds would vanish with the first.
    [EximFact]
    public async Task An_id_the_target_still_holds_is_not_used_again()
    {
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver);
        var worker = Worker("spool", front.InputDirectory(), back, c => c with { Wake = "none" });
        await front.StartDaemon(queueRunner: false);
        var id = SmtpClient.Send(front.Port, MessageSamples.Numbered(1, "a@to.example")).Single();
        Directory.CreateDirectory(back.InputDirectory());
        EximUser.Own(back.InputDirectory());
        foreach (var name in new[] { id + "-D", id + "-H" })
        {
            // another message that happens to have the same id; the text says which is which
            var content = Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(front.InputDirectory(), name)));
            Write(Path.Combine(back.InputDirectory(), name), content.Replace("number 1", "number 2", StringComparison.Ordinal));
        }

        worker.RunOnce().Should().Be(0, worker.Log);
        back.Queued().Should().HaveCount(2, worker.Log).And.Contain(id);
        back.RunQueue();
        await NothingLeft(front.InputDirectory(), back, worker);
        Once.Each(["number 1", "number 2"], back.Mail.Deliveries().Select(d => d.Sample!));
    }

    /// <summary>Makes of a pair what Exim 4.97 would have written: the same files under an id of 6-11-4.</summary>
    private static string Lengthen(string input, string id)
    {
        var parts = id.Split('-');
        var longId = $"{parts[0]}-00000{parts[1]}-{parts[2]}00";
        foreach (var suffix in new[] { "-D", "-H" })
        {
            var content = Encoding.Latin1.GetString(File.ReadAllBytes(Path.Combine(input, id + suffix)));
            var name = Path.Combine(input, longId + suffix);
            Write(name, longId + content[id.Length..]);
            File.Delete(Path.Combine(input, id + suffix));
        }

        return longId;
    }

    private static void Write(string path, string content)
    {
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(content));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        EximUser.Own(path);
    }
}
