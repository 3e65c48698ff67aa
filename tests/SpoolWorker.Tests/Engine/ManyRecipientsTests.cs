using System.Buffers;
using System.Text;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Notices;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dsn;

namespace SpoolWorker.Tests.Engine;

/// <summary>What is done for each recipient does not look at all the others: their addresses count how often they are read.</summary>
public sealed class ManyRecipientsTests
{
    private const int Few = 250, Many = 4 * Few;

    [Fact]
    public void Four_times_the_copies_for_four_times_the_recipients_are_four_times_the_work()
    {
        Work(Many, Copied).Should().BeLessThan(6 * Work(Few, Copied));

        static void Copied(HeaderFile header, Func<int, string, ReadOnlyMemory<byte>> address)
        {
            var state = new ChainState(header, MemoryBody.Empty, [.. header.Recipients]);
            state.Apply("rules", new PassResult { Envelope = [.. header.Recipients.Select((r, i) => new EnvelopeEdit.AddCopy(address(i, "copy"), [r.Address]))] });
            var verdict = state.ToVerdict();
            verdict.Recipients.Should().HaveCount(2 * header.Recipients.Length);
            verdict.Header.Recipients.Should().HaveCount(2 * header.Recipients.Length);
            var known = verdict.Recipients.Where(r => r.CopyOf is not null).Select(r => LedgerEntry.Text(r.Original.Span)).ToList();
            Copies.AddTo(header, known).Recipients.Should().HaveCount(2 * header.Recipients.Length);
        }
    }

    [Fact]
    public void Four_times_the_recipients_whose_mail_comes_back_are_four_times_the_work()
    {
        using var directory = new TempDirectory();
        using var ledger = MessageLedger.Open(new LedgerOptions { Path = directory.At("ledger"), MapSize = 16 << 20 });
        var clock = new FakeClock();
        var bouncer = new Bouncer(new DsnFeature(DsnSample.Options()), new OwnMailRates(ledger, clock), new DsnAccount("Debian-exim", 103, 106), clock);

        Work(Many, Bounced).Should().BeLessThan(6 * Work(Few, Bounced));

        void Bounced(HeaderFile header, Func<int, string, ReadOnlyMemory<byte>> address)
        {
            var recipients = header.Recipients.Select(r => new RecipientVerdict(r.Address, r, Disposition.Bounce("no"), "rules")).ToList();
            var plan = bouncer.Plan(new LedgerEntry { Intake = "/i", Id = "x" }, new Verdict(header, header, recipients, new Dictionary<string, string>(), ServiceDown: false), MemoryBody.Empty);
            plan.Notices.Should().ContainSingle().Which.Recipients.Should().HaveCount(recipients.Count);
            plan.Notices[0].Charge.Dispose();
        }
    }

    private static long Work(int recipients, Action<HeaderFile, Func<int, string, ReadOnlyMemory<byte>>> work)
    {
        var reads = new Reads();
        var header = DsnSample.Read(new PairFactory());
        header = header.WithRecipients(Enumerable.Range(0, recipients).Select(i => new Recipient(Address(i, "to"))));
        reads.Count = 0;
        work(header, Address);
        return reads.Count;

        ReadOnlyMemory<byte> Address(int i, string name) => new CountedBytes(Encoding.ASCII.GetBytes($"{name}{i}@r.example"), reads).Memory;
    }

    private sealed class Reads
    {
        public long Count { get; set; }
    }

    private sealed class CountedBytes(byte[] bytes, Reads reads) : MemoryManager<byte>
    {
        public override Span<byte> GetSpan()
        {
            reads.Count++;
            return bytes;
        }

        public override MemoryHandle Pin(int elementIndex = 0) => throw new NotSupportedException();

        public override void Unpin()
        {
        }

        protected override void Dispose(bool disposing)
        {
        }
    }
}
