using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>A stage that fails half way, and whose undoing fails too, keeps no lock.</summary>
public class AbortTests
{
    [Fact]
    public async Task A_throwing_abort_leaks_no_lock_and_hides_no_reason()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);
        var (body, kept) = ($"{rig.Target}/{pair.BodyName}", $"{rig.Root}/kept");
        var reads = 0;
        rig.With(new TestPass("change", _ => new PassResult
        {
            Body = new OpenedBody(5, () =>
            {
                // The first reading (into the target) goes well; the second (into held/) fails when the first can no more be undone.
                if (++reads == 1) return new MemoryStream("body\n"u8.ToArray());
                Posix.TryLink(body, kept).Should().Be(0);
                // a name that unlink() cannot remove
                File.Delete(body);
                Directory.CreateDirectory(body);
                throw new IOException("held/ is full");
            }),
        }));
        rig.With(TestPass.PerRecipient("judge", r => r[0] == 'a' ? Disposition.Continue : Disposition.Hold("smells")));

        await rig.DrainAsync();

        rig.Log.Count("held/ is full").Should().BePositive("that is what went wrong first");
        using var data = Posix.Open(kept, Posix.O_RDWR);
        Posix.TryLock(data, pair.MessageId.BodyOffset, kept).Should().BeTrue("nobody works on it any more");
        EngineRig.Pairs(rig.Intake).Should().ContainSingle();
    }
}
