using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Ledger;

/// <summary>Finished messages: rows of a day instead of records.</summary>
public sealed class FinishedDaysTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private readonly string _root = Directory.CreateTempSubdirectory("sw-days-").FullName;

    private LedgerOptions Options => new() { Path = Path.Combine(_root, "ledger"), MapSize = 64 << 20 };

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Theory]
    [InlineData(Remembered.AsMessage, 1)]
    [InlineData(Remembered.ByRecipient, 2)]
    public void A_finished_message_is_rows_and_no_record(object remembered, int rows)
    {
        using var ledger = MessageLedger.Open(Options);
        Finish(ledger, Entry(1, (Remembered)remembered, Noon, "a@r.example", "b@r.example"));

        (ledger.Count, ledger.CountFinished).Should().Be((0L, rows));
        ledger.Open().Should().BeEmpty();
        ledger.IsSettled("/intake", Id(1)).Should().BeTrue();
        ledger.IsSettled("/other", Id(1)).Should().BeFalse();
        ledger.Find("/intake", Id(1), Asked(1, "a@r.example", "b@r.example"))!.Done.Keys.Should().BeEquivalentTo("a@r.example", "b@r.example");
        ledger.Find("/intake", Id(2), Asked(2, "a@r.example")).Should().BeNull();
    }

    [Fact]
    public void Where_recipients_come_one_by_one_a_new_one_is_told_from_those_that_are_settled_on_whatever_day()
    {
        using var ledger = MessageLedger.Open(Options);
        Finish(ledger, Entry(1, Remembered.ByRecipient, Noon, "a@r.example"));
        Finish(ledger, Entry(1, Remembered.ByRecipient, Noon.AddDays(2), "b@r.example"));

        var known = ledger.Find("/intake", Id(1), Asked(1, "a@r.example", "b@r.example", "c@r.example"))!;

        known.Done.Keys.Should().BeEquivalentTo("a@r.example", "b@r.example");
        known.Fingerprint.Should().Be("f1");
        known.IsSettled.Should().BeTrue();
    }

    [Fact]
    public void Who_got_a_copy_is_known_by_his_row_and_told_from_recipients_and_from_other_messages_copies()
    {
        using var ledger = MessageLedger.Open(Options);
        Finish(ledger, Entry(1, Remembered.ByRecipient, Noon, "a@r.example", "copy@r.example") with { Copies = ["copy@r.example"] });
        Finish(ledger, Entry(2, Remembered.ByRecipient, Noon, "a@r.example", "other@r.example") with { Copies = ["other@r.example"] });
        ledger.CountFinished.Should().Be(4);

        var known = ledger.Find("/intake", Id(1), Asked(1, "a@r.example", "b@r.example"))!;
        known.Copies.Should().Equal("copy@r.example");
        known.Done.Keys.Should().BeEquivalentTo("a@r.example", "copy@r.example");
        known = ledger.Find("/intake", Id(1), Asked(1, "copy@r.example", "other@r.example"))!;
        known.Copies.Should().BeNull("the message names him");
        known.Done.Keys.Should().Equal("copy@r.example");
        ledger.Find("/intake", Id(1), new AskedMessage("another", "addressed", ["a@r.example"]))!.Copies.Should().BeNull();
        ledger.Find("/intake", Id(3), Asked(3, "a@r.example")).Should().BeNull();

        ledger.Commit([Entry(2, Remembered.ByRecipient, Noon, "b@r.example", "copy@r.example") with { Copies = ["copy@r.example"], Expires = 0 }], []);
        known = ledger.Find("/intake", Id(2), Asked(2, "a@r.example", "b@r.example"))!;
        known.Copies.Should().BeEquivalentTo("copy@r.example", "other@r.example");
        known.Done.Keys.Should().BeEquivalentTo("a@r.example", "b@r.example", "copy@r.example", "other@r.example");
    }

    [Fact]
    public void A_record_that_came_after_the_row_knows_those_of_the_row_too()
    {
        using var ledger = MessageLedger.Open(Options);
        Finish(ledger, Entry(1, Remembered.ByRecipient, Noon, "a@r.example"));
        ledger.Commit([Entry(1, Remembered.ByRecipient, Noon, "b@r.example") with { Expires = 0, Deferred = new Deferral(1, 2, "p", "r") }], []);

        var known = ledger.Find("/intake", Id(1), Asked(1, "a@r.example", "b@r.example", "c@r.example"))!;

        known.Done.Keys.Should().BeEquivalentTo("a@r.example", "b@r.example");
        known.IsOpen.Should().BeTrue();
        ledger.IsSettled("/intake", Id(1)).Should().BeFalse();
    }

    [Theory]
    [InlineData(Remembered.AsMessage)]
    [InlineData(Remembered.ByRecipient)]
    public void Another_message_under_the_id_is_told_from_it(object remembered)
    {
        using var ledger = MessageLedger.Open(Options);
        Finish(ledger, Entry(1, (Remembered)remembered, Noon, "a@r.example"));

        var known = ledger.Find("/intake", Id(1), new AskedMessage("another", "addressed", ["a@r.example"]))!;

        known.Fingerprint.Should().NotBe("another").And.NotBeEmpty();
        known.Done.Should().BeEmpty();
    }

    [Fact]
    public void The_same_message_to_other_recipients_is_another_one_where_they_all_come_at_once()
    {
        using var ledger = MessageLedger.Open(Options);
        Finish(ledger, Entry(1, Remembered.AsMessage, Noon, "a@r.example"));

        ledger.Find("/intake", Id(1), new AskedMessage("f1", "others", ["a@r.example", "new@r.example"]))!.Done.Should().BeEmpty();
    }

    [Fact]
    public void What_is_held_or_released_stays_whole()
    {
        using var ledger = MessageLedger.Open(Options);
        var entry = Entry(1, Remembered.Whole, Noon, "a@r.example");
        Finish(ledger, entry);

        ledger.Count.Should().Be(1);
        ledger.Find("/intake", Id(1))!.Should().BeEquivalentTo(entry with { Staged = [] });
    }

    [Fact]
    public void An_id_of_the_future_is_kept_whole_since_no_day_is_looked_in_for_it()
    {
        using var ledger = MessageLedger.Open(Options);
        Finish(ledger, Entry(1, Remembered.AsMessage, Noon.AddDays(-5), "a@r.example"));

        (ledger.Count, ledger.CountFinished).Should().Be((1L, 0L));
        ledger.Expire(Noon.AddDays(10), 10).Should().Be(1);
    }

    [Fact]
    public void A_record_written_anew_since_is_not_taken_for_the_finished_one()
    {
        using var ledger = MessageLedger.Open(Options);
        var first = Entry(1, Remembered.ByRecipient, Noon, "a@r.example") with { Staged = [] };
        ledger.Commit([first], []);
        ledger.Commit([first with { Judged = "again", Done = new() { ["b@r.example"] = "discarded" } }], []);

        ledger.Commit([], [first]);

        ledger.Count.Should().Be(1);
    }

    [Fact]
    public void A_day_goes_when_it_is_over_for_as_long_as_is_kept()
    {
        using var ledger = MessageLedger.Open(Options);
        for (var day = 0; day < 3; day++)
        {
            for (var i = 0; i < 50; i++) Finish(ledger, Entry(100 * day + i, day == 1 ? Remembered.ByRecipient : Remembered.AsMessage, Noon.AddDays(day), "a@r.example"));
        }
        ledger.LastDueDay(Noon.AddDays(14)).Should().BeNull("the day was not over by then");
        ledger.DropDays(long.MaxValue, Noon.AddDays(14)).Should().Be(0, "it is looked at again");

        var last = ledger.LastDueDay(Noon.AddDays(15.6))!.Value;

        ledger.DropDays(last, Noon.AddDays(15.6)).Should().Be(100);
        ledger.IsSettled("/intake", Id(1)).Should().BeFalse();
        ledger.IsSettled("/intake", Id(101)).Should().BeFalse();
        ledger.IsSettled("/intake", Id(201)).Should().BeTrue();
    }

    [Theory]
    [InlineData(Remembered.AsMessage)]
    [InlineData(Remembered.ByRecipient)]
    public void What_is_carried_over_outlives_its_day(object remembered)
    {
        using var ledger = MessageLedger.Open(Options);
        for (var i = 0; i < 5; i++) Finish(ledger, Entry(i, (Remembered)remembered, Noon, "a@r.example", "b@r.example"));
        var now = Noon.AddDays(20);
        var last = ledger.LastDueDay(now)!.Value;

        ledger.CarryOver("/intake", [Id(2), Id(9)], last, now).Should().Be(1);
        ledger.DropDays(last, now);

        Enumerable.Range(0, 5).Where(i => ledger.IsSettled("/intake", Id(i))).Should().Equal(2);
        ledger.Find("/intake", Id(2), Asked(2, "a@r.example", "b@r.example"))!.Done.Should().HaveCount(2);
        ledger.LastDueDay(now).Should().BeNull();
    }

    [Fact]
    public void Forget_takes_rows_of_all_days_and_intakes()
    {
        using var ledger = MessageLedger.Open(Options);
        Finish(ledger, Entry(1, Remembered.ByRecipient, Noon, "a@r.example", "b@r.example"));
        Finish(ledger, Entry(1, Remembered.AsMessage, Noon.AddDays(1), "a@r.example") with { Intake = "/second" });
        Finish(ledger, Entry(2, Remembered.AsMessage, Noon, "a@r.example"));

        ledger.FindAll(Id(1)).Select(e => e.Intake).Should().BeEquivalentTo("/intake", "/second");
        ledger.Forget(Id(1)).Select(e => e.Intake).Should().BeEquivalentTo("/intake", "/second");

        ledger.FindAll(Id(1)).Should().BeEmpty();
        ledger.CountFinished.Should().Be(1);
        ledger.Forget(Id(1)).Should().BeEmpty();
    }

    [Fact]
    public void A_commit_that_is_taken_back_leaves_the_rows_to_speak()
    {
        using var ledger = MessageLedger.Open(Options);
        Finish(ledger, Entry(1, Remembered.ByRecipient, Noon, "a@r.example"));
        var before = ledger.Find("/intake", Id(1), Asked(1, "b@r.example"))!;
        ledger.Commit([before with { Rows = null, Done = new() { ["b@r.example"] = "requeued x" }, Staged = [new StagedName("/t", "x", "t", 1)] }], []);

        ledger.TakeBack([before], []);

        ledger.Count.Should().Be(0);
        ledger.Find("/intake", Id(1), Asked(1, "a@r.example", "b@r.example"))!.Done.Keys.Should().Equal("a@r.example");
    }

    [Fact]
    public void Who_only_looks_sees_the_same()
    {
        using var ledger = MessageLedger.Open(Options);
        using (var glance = LedgerGlance.Open(Options)!) glance.Find("/intake", Id(1)).Should().BeNull();
        // One row, a few that fit into the row of the day, and a tree of several levels.
        foreach (var (from, to) in new[] { (0, 1), (1, 20), (20, 3000) })
        {
            for (var i = from; i < to; i++) Finish(ledger, Entry(i, i % 3 == 0 ? Remembered.ByRecipient : Remembered.AsMessage, Noon.AddHours(i % 40), "a@r.example", "b@r.example"));
            using var glance = LedgerGlance.Open(Options)!;
            for (var i = 0; i < to + 20; i++) (glance.Find("/intake", Id(i)) is { IsSettled: true }).Should().Be(i < to, "{0} of {1}", i, to);
            glance.FindAll(Id(to - 1)).Should().ContainSingle().Which.FateOf("a@r.example").Should().Be(FinishedMessage.Settled);
            glance.Tag.Should().Be(ledger.Tag);
        }
    }

    private static void Finish(MessageLedger ledger, LedgerEntry entry)
    {
        ledger.Commit([entry], []);
        ledger.Commit([], [entry]);
    }

    private LedgerEntry Entry(int n, Remembered remembered, DateTimeOffset finished, params string[] recipients) => new()
    {
        Intake = "/intake",
        Id = PairFactory.ShortId(n),
        Fingerprint = $"f{n}",
        Addressed = "addressed",
        Judged = $"j{n}",
        Remembered = remembered,
        Expires = (finished + Options.Keep).ToUnixTimeMilliseconds(),
        Done = recipients.ToDictionary(r => r, _ => "requeued x"),
        Staged = [new StagedName("/t", PairFactory.ShortId(n), "tag", 1)],
    };

    private static AskedMessage Asked(int n, params string[] recipients) => new($"f{n}", "addressed", recipients);

    private static MessageId Id(int n) => PairFactory.Parse(PairFactory.ShortId(n));
}
