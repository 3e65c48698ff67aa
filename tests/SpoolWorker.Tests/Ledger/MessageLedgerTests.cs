using LightningDB;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Ledger;

/// <summary>The ledger by itself.</summary>
public sealed class MessageLedgerTests : IDisposable
{
    private readonly TempDirectory _root = new();

    private LedgerOptions Options => new() { Path = Path.Combine(_root, "ledger"), MapSize = 16 << 20 };

    public void Dispose() => _root.Dispose();

    [Fact]
    public void Records_come_back_as_they_were_also_after_reopening()
    {
        var entry = Entry(1) with
        {
            Fingerprint = "0123",
            Failures = 2,
            LastFailure = "broken",
            Deferrals = 3,
            FirstSeen = 5,
            Done = new() { ["\u00e9\"\\\t@r.example"] = "requeued x", ["b@r.example"] = "held y" },
            Staged = [new StagedName("/spool/input", PairFactory.ShortId(1), "tagtagta", 7)],
            Deferred = new Deferral(50, 99, "dcc", "down"),
        };
        string tag;
        using (var ledger = MessageLedger.Open(Options))
        {
            tag = ledger.Tag;
            ledger.Commit([entry], []);
        }
        using (var ledger = MessageLedger.Open(Options))
        {
            ledger.Tag.Should().Be(tag).And.HaveLength(8);
            ledger.Find(entry.Intake, PairFactory.Parse(entry.Id)).Should().BeEquivalentTo(entry);
            ledger.Find("/other", PairFactory.Parse(entry.Id)).Should().BeNull();
        }
    }

    [Fact]
    public void What_is_known_of_an_id_comes_in_the_order_in_which_it_happened()
    {
        const int Places = 12;
        using var ledger = MessageLedger.Open(Options);
        // Of one moment by path, held/ last; and what came of another place before.
        var held = Entry(1) with { Intake = "/a/held", FirstSeen = 9, Decided = 9, Held = new HeldState("dcc", "bulk", 9, "") };
        LedgerEntry[] wanted = [Entry(1) with { Intake = "/z/input", FirstSeen = 8 }, .. Enumerable.Range(0, Places).Select(i => Entry(1) with { Intake = $"/b/{i:00}", FirstSeen = 9, Decided = 10 }), held];
        ledger.Commit(wanted.Reverse(), []);
        var id = PairFactory.Parse(PairFactory.ShortId(1));
        var paths = wanted.Select(e => e.Intake).ToList();

        using (var glance = LedgerGlance.Open(Options)!)
        {
            glance.FindAll(id).Select(e => e.Intake).Should().Equal(paths);
            glance.FindText(PairFactory.ShortId(1), 100).Select(e => e.Intake).Should().Equal(paths);
        }
        ledger.FindAll(id).Select(e => e.Intake).Should().Equal(paths);
        ledger.Forget(id).Select(e => e.Intake).Should().Equal(paths);
    }

    [Fact]
    public void Open_records_are_those_with_work_left()
    {
        using var ledger = MessageLedger.Open(Options);
        var staged = Entry(1) with { Expires = 10, Staged = [new StagedName("/t", PairFactory.ShortId(1), "tag", 1)] };
        ledger.Commit([staged, Entry(2), Entry(3) with { Expires = 10 }], []);
        ledger.Open().Select(e => e.Id).Should().BeEquivalentTo(PairFactory.ShortId(1), PairFactory.ShortId(2));

        ledger.Commit([], [staged]);

        ledger.Open().Select(e => e.Id).Should().BeEquivalentTo(PairFactory.ShortId(2));
    }

    [Fact]
    public void What_is_finished_does_not_touch_a_record_written_anew_since()
    {
        using var ledger = MessageLedger.Open(Options);
        var first = Entry(1) with { Staged = [new StagedName("/t", PairFactory.ShortId(1), "tag", 1)] };
        var second = first with { Staged = [new StagedName("/t", PairFactory.ShortId(2), "tag", 1)] };
        ledger.Commit([first], []);
        ledger.Commit([second], []);

        ledger.Commit([], [first]);

        ledger.Open().Single().Staged.Should().BeEquivalentTo(second.Staged);
    }

    [Fact]
    public void Records_expire_at_their_time_and_not_while_something_is_open()
    {
        using var ledger = MessageLedger.Open(Options);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(1000);
        ledger.Commit([.. Enumerable.Range(0, 50).Select(i => Entry(i) with { Expires = 900 + i * 10 })], []);
        ledger.Commit([Entry(60), Entry(61) with { Expires = 500, Staged = [new StagedName("/t", PairFactory.ShortId(61), "tag", 1)] }], []);
        // a record written anew with a later time
        ledger.Commit([Entry(0) with { Expires = 5000 }], []);

        ledger.Expire(now, 4).Should().Be(4);
        ledger.Expire(now, 1000).Should().Be(6);
        ledger.Expire(now, 1000).Should().Be(0);

        ledger.Count.Should().Be(42);
        ledger.Find("/intake", PairFactory.Parse(PairFactory.ShortId(0))).Should().NotBeNull();
        ledger.Find("/intake", PairFactory.Parse(PairFactory.ShortId(61))).Should().NotBeNull("its commit is not known to be finished");
    }

    [Fact]
    public async Task A_record_written_anew_while_the_old_one_is_due_stays()
    {
        using var ledger = MessageLedger.Open(Options);
        var now = DateTimeOffset.FromUnixTimeMilliseconds(1000);
        ledger.Commit([.. Enumerable.Range(0, 200).Select(i => Entry(i) with { Expires = 900 })], []);
        // The same messages come again, and wait, while others forget: whichever is first, none that was written anew may go.
        using var go = new Barrier(2);
        var writing = Task.Run(() =>
        {
            go.SignalAndWait();
            for (var i = 199; i >= 0; i--) ledger.Commit([Entry(i) with { Deferred = new Deferral(1, 5000, "p", "r") }], []);
        });
        go.SignalAndWait();
        while (!writing.IsCompleted) ledger.Expire(now, 1000);
        await writing;

        ledger.Expire(now, 1000).Should().Be(0);
        ledger.Open().Should().HaveCount(200);
        ledger.Count.Should().Be(200);
    }

    [Fact]
    public void A_row_of_the_index_that_was_left_behind_kills_no_living_record()
    {
        var now = DateTimeOffset.FromUnixTimeMilliseconds(1000);
        using (var ledger = MessageLedger.Open(Options)) ledger.Commit([Entry(1) with { Expires = 900 }], []);
        // As an earlier version left it when a record that cannot be read was forgotten.
        using (var store = LmdbStore.Open(new StorePlan("ledger", Path.Combine(Options.Path, "ledger.mdb"), Options.MapSize, "", 8, 512, ".")))
        {
            store.Write(transaction =>
            {
                using var entries = LmdbStore.Database(transaction, "entries");
                using var cursor = transaction.CreateCursor(entries);
                var key = cursor.First().key.CopyToNewArray();
                transaction.Put(entries, key, "{"u8.ToArray()).ThrowOnError();
            });
        }
        using var again = MessageLedger.Open(Options);
        again.Expire(now, 10).Should().Be(0, "what cannot be read is not forgotten by itself");
        again.Forget(PairFactory.Parse(PairFactory.ShortId(1))).Should().ContainSingle();
        again.Commit([Entry(1)], []);

        again.Expire(now, 10).Should().Be(0);
        again.Find("/intake", PairFactory.Parse(PairFactory.ShortId(1))).Should().NotBeNull();
    }

    [Fact]
    public void Forget_takes_a_message_of_all_intakes()
    {
        using var ledger = MessageLedger.Open(Options);
        ledger.Commit([Entry(1), Entry(1) with { Intake = "/second", Expires = 3 }, Entry(2)], []);

        ledger.Forget(PairFactory.Parse(PairFactory.ShortId(1))).Select(e => e.Intake).Should().BeEquivalentTo("/intake", "/second");

        ledger.Count.Should().Be(1);
        ledger.Open().Should().ContainSingle();
        ledger.Expire(DateTimeOffset.MaxValue, 10).Should().Be(0);
    }

    [Fact]
    public void A_full_map_is_no_fatal_failure_and_says_what_to_do()
    {
        var written = 0;
        using (var ledger = MessageLedger.Open(new LedgerOptions { Path = Options.Path, MapSize = 1 << 20 }))
        {
            var failure = FluentActions.Invoking(() =>
            {
                for (; ; written++) ledger.Commit([Entry(written) with { LastFailure = new string('x', 2000), Expires = 5 }], []);
            }).Should().Throw<LedgerException>().Which;

            failure.IsFatal.Should().BeFalse();
            failure.Message.Should().Contain("full at 1048576 bytes").And.Contain("Ledger:MapSize");
            ledger.Count.Should().Be(written, "what was there stays readable");
        }

        // what the message says to do
        using var larger = MessageLedger.Open(Options);
        larger.Count.Should().Be(written);
        larger.Commit([Entry(99_999)], []);
        larger.Expire(DateTimeOffset.FromUnixTimeMilliseconds(10), 50).Should().Be(50);
    }

    [Fact]
    public async Task A_map_that_fills_in_the_middle_of_a_group_does_not_stop_for_ever()
    {
        using var ledger = MessageLedger.Open(new LedgerOptions { Path = Options.Path, MapSize = 1 << 20 });
        var group = Enumerable.Range(0, 2000).Select(i => Entry(i) with { LastFailure = new string('x', 2000) }).ToList();

        var commit = Task.Run(() => ledger.Commit(group, []));

        (await FluentActions.Awaiting(() => commit.WaitAsync(TimeSpan.FromSeconds(20))).Should().ThrowAsync<LedgerException>()).Which.IsFatal.Should().BeFalse();
        ledger.Count.Should().Be(0, "all or none");
        ledger.Commit([Entry(1)], []);
    }

    [Theory]
    [InlineData("garbage")]
    [InlineData("cut short")]
    [InlineData("cut to one page")]
    [InlineData("empty page")]
    public void A_damaged_file_is_a_clear_error(string how)
    {
        using (var ledger = MessageLedger.Open(Options))
        {
            for (var i = 0; i < 50; i++) ledger.Commit([Entry(i) with { LastFailure = new string('x', 3000) }], []);
        }
        var file = Path.Combine(Options.Path, "ledger.mdb");
        using (var stream = new FileStream(file, FileMode.Open))
        {
            if (how == "garbage") stream.Write(Enumerable.Repeat((byte)0x5a, 8192).ToArray());
            if (how == "cut short") stream.SetLength(stream.Length / 2);
            if (how == "cut to one page") stream.SetLength(4096);
            if (how == "empty page") stream.Write(new byte[8192]);
        }

        FluentActions.Invoking(() => MessageLedger.Open(Options)).Should().Throw<LedgerException>().WithMessage($"*{file}*move it away*");
    }

    [Fact]
    public void A_second_process_reads_while_one_writes()
    {
        using var ledger = MessageLedger.Open(Options);
        ledger.Commit([Entry(1)], []);
        Directory.CreateDirectory(Path.Combine(_root, "in"));
        Directory.CreateDirectory(Path.Combine(_root, "spool"));
        var output = (ProgramCall.SpoolWorker("forget", PairFactory.ShortId(1), "--json", $"--Ledger:Path={Options.Path}", $"--Ledger:MapSize={Options.MapSize}",
            $"--Intakes:0:Path={_root}/in", $"--Target:Path={_root}/spool") with
        { WorkingDirectory = _root }).Run().Good;

        output.Should().Contain(PairFactory.ShortId(1));
        ledger.Count.Should().Be(0);
        ledger.Commit([Entry(2)], []);
    }

    private static LedgerEntry Entry(int n) => new() { Intake = "/intake", Id = PairFactory.ShortId(n) };
}
