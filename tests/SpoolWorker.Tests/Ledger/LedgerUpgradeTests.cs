using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Ledger;

/// <summary>Ledgers of versions before: with whole records of all finished messages (format 1), and without what an earlier version would pass over (format 2).</summary>
public sealed class LedgerUpgradeTests : IDisposable
{
    private const int Many = 12_500, Open = 40, Held = 30;
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 12, 0, 0, TimeSpan.Zero);
    private readonly string _root = Directory.CreateTempSubdirectory("sw-upgrade-").FullName;

    private LedgerOptions Options => new() { Path = Path.Combine(_root, "ledger"), MapSize = 256 << 20 };

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Finished_messages_become_rows_and_all_else_stays(bool numbered)
    {
        var old = All().ToList();
        OldLedger.Write(Options, old, numbered);

        using var ledger = MessageLedger.OpenForWorker(Options, Now);

        ledger.Tag.Should().Be(OldLedger.Tag, "staged files bear it");
        Check(ledger, old);
    }

    [Fact]
    public void Killed_after_any_portion_it_knows_all_and_goes_on()
    {
        var old = All().ToList();
        OldLedger.Write(Options, old);
        var kills = 0;
        for (var done = false; !done;)
        {
            var portions = 0;
            try
            {
                // One portion further each time, then the process is gone: what is committed is all there is.
                MessageLedger.OpenForWorker(Options, Now, _ =>
                {
                    if (portions++ == 1) throw new OperationCanceledException();
                }).Dispose();
                done = true;
            }
            catch (OperationCanceledException)
            {
                kills++;
                using var half = MessageLedger.Open(Options);
                foreach (var entry in old.Where((_, i) => i % 50 == 0)) Knows(half, entry);
                using var glance = LedgerGlance.Open(Options)!;
                foreach (var entry in old.Where((_, i) => i % 500 == 0)) glance.Find(entry.Intake, PairFactory.Parse(entry.Id)).Should().NotBeNull();
            }
        }
        kills.Should().BeGreaterThan(1);
        using var ledger = MessageLedger.Open(Options);
        Check(ledger, old);
    }

    [Fact]
    public void A_command_leaves_it_to_the_worker()
    {
        OldLedger.Write(Options, All().Take(10));

        var refused = FluentActions.Invoking(() => MessageLedger.Open(Options)).Should().Throw<LedgerException>().Which;

        refused.Fault.Should().Be(StoreFault.Older);
        refused.Message.Should().Contain("format 1").And.Contain("spoolworker run");
        using (var glance = LedgerGlance.Open(Options)!) glance.FindAll(PairFactory.Parse(PairFactory.ShortId(0))).Should().ContainSingle("looking needs no format");
        MessageLedger.OpenForWorker(Options, Now).Dispose();
        MessageLedger.Open(Options).Dispose();
    }

    [Fact]
    public void What_was_finished_a_moment_ago_stays_whole()
    {
        var entry = Finished(1) with { Expires = (Now.AddMinutes(-10) + Options.Keep).ToUnixTimeMilliseconds(), Decided = Now.AddMinutes(-10).ToUnixTimeMilliseconds() };
        OldLedger.Write(Options, [entry]);

        using var ledger = MessageLedger.OpenForWorker(Options, Now);

        ledger.Find(entry.Intake, PairFactory.Parse(entry.Id))!.Judged.Should().Be(entry.Judged, "the removal of its pair may not be durable");
    }

    [Fact]
    public void Of_format_2_the_number_alone_is_raised()
    {
        var (whole, finished) = Second();
        OldLedger.WriteSecond(Options, whole, finished.Select(e => (e, Now.AddDays(-1).ToUnixTimeMilliseconds())));
        var told = new List<long>();

        using (var ledger = MessageLedger.OpenForWorker(Options, Now, told.Add)) CheckSecond(ledger, whole, finished);

        told.Should().Equal(0L);
        Number().Should().Be($"{LedgerFormat.Number}");
        using var again = MessageLedger.OpenForWorker(Options, Now, told.Add);
        CheckSecond(again, whole, finished);
        told.Should().ContainSingle("it is told once");
    }

    [Fact]
    public void Of_format_2_that_was_made_by_half_of_format_1_the_rest_becomes_rows_too()
    {
        var all = All().ToList();
        // The keys are in the order of ids.
        OldLedger.WriteSecond(Options, all.Skip(6000), all.Take(6000).Select(e => (e with { Remembered = Remembered.ByRecipient }, Now.AddDays(-1).ToUnixTimeMilliseconds())), isHalf: true);
        var portions = 0;
        FluentActions.Invoking(() => MessageLedger.OpenForWorker(Options, Now, _ =>
        {
            if (portions++ == 1) throw new OperationCanceledException();
        })).Should().Throw<OperationCanceledException>("the process is gone");
        Number().Should().Be($"{LedgerFormat.Number}");

        using var ledger = MessageLedger.OpenForWorker(Options, Now);

        Check(ledger, all);
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(2, false)]
    [InlineData(1, false)]
    public void A_command_leaves_the_number_to_the_worker_also_where_there_are_no_records(int format, bool hasRecords)
    {
        var (whole, finished) = Second();
        if (format == 2) OldLedger.WriteSecond(Options, hasRecords ? whole : [], finished.Select(e => (e, Now.AddDays(-1).ToUnixTimeMilliseconds())));
        else OldLedger.Write(Options, []);

        var refused = FluentActions.Invoking(() => MessageLedger.Open(Options)).Should().Throw<LedgerException>().Which;

        refused.Fault.Should().Be(StoreFault.Older);
        refused.Message.Should().Contain($"format {format}").And.Contain("restart");
        Number().Should().Be($"{format}", "the worker of before would be refused at its next start");
        if (format == 2) using (var glance = LedgerGlance.Open(Options)!) glance.Find(finished[0].Intake, PairFactory.Parse(finished[0].Id)).Should().NotBeNull("looking needs no format");
        MessageLedger.OpenForWorker(Options, Now).Dispose();
        MessageLedger.Open(Options).Dispose();
    }

    private string Number()
    {
        using var store = LmdbStore.Open(new StorePlan("ledger", MessageLedger.FileOf(Options), Options.MapSize, "", LedgerTables.Most, 512, "."));
        return store.Write(transaction =>
        {
            using var meta = LmdbStore.Database(transaction, "meta");
            return System.Text.Encoding.ASCII.GetString(transaction.Get(meta, "format"u8).value.CopyToNewArray());
        });
    }

    private (List<LedgerEntry> Whole, List<LedgerEntry> Finished) Second() =>
        ([.. All().Skip(Many)], [.. All().Take(100).Select((e, i) => e with { Remembered = i % 3 == 0 ? Remembered.ByRecipient : Remembered.AsMessage })]);

    private static void CheckSecond(MessageLedger ledger, List<LedgerEntry> whole, List<LedgerEntry> finished)
    {
        (ledger.Tag, ledger.Count, ledger.CountFinished).Should().Be((OldLedger.Tag, whole.Count, finished.Count));
        foreach (var entry in whole) ledger.Find(entry.Intake, PairFactory.Parse(entry.Id)).Should().BeEquivalentTo(entry);
        foreach (var entry in finished)
        {
            var known = ledger.Find(entry.Intake, PairFactory.Parse(entry.Id), new AskedMessage(entry.Fingerprint, entry.Addressed, entry.Done.Keys))!;
            (known.IsSettled, known.Fingerprint, known.Copies).Should().Be((true, entry.Fingerprint, null));
            known.Done.Keys.Should().Equal(entry.Done.Keys);
        }
    }

    private static void Check(MessageLedger ledger, List<LedgerEntry> old)
    {
        foreach (var entry in old) Knows(ledger, entry);
        (ledger.Count, ledger.CountFinished).Should().Be((Open + 2 * Held, Many));
        ledger.Open().Should().HaveCount(Open);
        foreach (var entry in old.Where(e => e.Intake == "/held" || e.IsOpen || e.Done.Values.Any(how => how.StartsWith("held ", StringComparison.Ordinal))))
            ledger.Find(entry.Intake, PairFactory.Parse(entry.Id)).Should().BeEquivalentTo(entry);
        ledger.Expire(Now.AddDays(30), int.MaxValue).Should().Be(2 * Held);
        ledger.DropDays(ledger.LastDueDay(Now.AddDays(30))!.Value, Now.AddDays(30)).Should().Be(Many);
    }

    private static void Knows(MessageLedger ledger, LedgerEntry entry)
    {
        var known = ledger.Find(entry.Intake, PairFactory.Parse(entry.Id), new AskedMessage(entry.Fingerprint, "", [.. entry.Done.Keys, "new@r.example"]));
        known!.Done.Keys.Should().BeEquivalentTo(entry.Done.Keys);
        known.Fingerprint.Should().Be(entry.Fingerprint);
        known.IsSettled.Should().Be(entry.IsSettled);
    }

    private IEnumerable<LedgerEntry> All()
    {
        for (var i = 0; i < Many; i++) yield return Finished(i);
        for (var i = 0; i < Open; i++)
            yield return Finished(20_000 + i) with { Expires = i % 2 == 0 ? 0 : Finished(i).Expires, Staged = i % 2 == 0 ? [] : [new StagedName("/t", PairFactory.ShortId(i), "t", 1)] };
        for (var i = 0; i < Held; i++)
        {
            yield return Finished(30_000 + i) with { Done = new() { ["a@r.example"] = $"held {PairFactory.ShortId(40_000 + i)}" } };
            yield return Finished(40_000 + i) with { Intake = "/held" };
        }
    }

    private LedgerEntry Finished(int n) => new()
    {
        Intake = n % 2 == 0 ? "/a" : "/b",
        Id = PairFactory.ShortId(n),
        Fingerprint = $"f{n}",
        Judged = $"j{n}",
        FirstSeen = Now.AddDays(-1).ToUnixTimeMilliseconds(),
        Decided = Now.AddDays(-1).ToUnixTimeMilliseconds(),
        Expires = (Now.AddDays(-1) + Options.Keep).ToUnixTimeMilliseconds(),
        Done = new() { [$"r{n}@r.example"] = "requeued x" },
    };
}
