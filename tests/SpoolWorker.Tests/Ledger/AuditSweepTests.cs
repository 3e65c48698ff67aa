using System.Text;
using LightningDB;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Ledger;

/// <summary>What becomes of rows of the audit that this version cannot read.</summary>
public sealed class AuditSweepTests : IDisposable
{
    private const long Large = 1L << 30;
    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeMilliseconds(1_000_000);
    private static readonly TimeSpan Keep = TimeSpan.FromSeconds(100);
    private readonly TempDirectory _root = new();

    private LedgerOptions Options => new() { Path = $"{_root}/ledger" };

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("""{"Number":2,"Verb":"Quarantine","Intake":"/held","Id":"1xVVht-000477-0i","Executed":950000}""", true)]
    [InlineData("""{"Number":2,"Verb":"Quarantine","Intake":"/held","Id":"1xVVht-000477-0i","Executed":900000}""", true)]
    [InlineData("""{"Number":2,"Verb":"Quarantine","Intake":"/held","Id":"1xVVht-000477-0i","Executed":899999}""", false)]
    [InlineData("""{"Number":2,"Verb":"Delete","Intake":["/held"],"Id":"1xVVht-000477-0i","Executed":899999}""", false)]
    [InlineData("""{"Number":2,"Verb":"Quarantine","Intake":"/held","Id":"1xVVht-000477-0i"}""", true)]
    [InlineData("""{"Number":2,"Verb":"Quarantine","Executed":"yesterday"}""", true)]
    [InlineData("""["Executed",1]""", true)]
    [InlineData("""{"Number":2,"Executed":1,""", true)]
    [InlineData("", true)]
    public void One_of_a_later_version_stays_until_its_time_is_over_and_for_good_where_it_tells_none(string later, bool stays)
    {
        Write(later);
        using (var ledger = MessageLedger.Open(Options))
        {
            ledger.Verbs.Sweep(Now, Keep, Large).Should().Be(new AuditSweep(stays ? 1 : 2, stays ? 1 : 0), "the first is old");
            // Nor does it make way where there is too much.
            ledger.Verbs.Sweep(Now, Keep, 0).Gone.Should().Be(1);
            ledger.Verbs.Audit(0, 10).Should().BeEmpty();
        }
        Stored().Should().Equal(stays ? [later] : []);
    }

    [Fact]
    public void What_is_old_behind_one_without_a_time_goes()
    {
        Write("{}", last: 1);
        using (var ledger = MessageLedger.Open(Options)) ledger.Verbs.Sweep(Now, Keep, Large).Should().Be(new AuditSweep(2, 1));
        Stored().Should().Equal("{}");
    }

    [Fact]
    public async Task The_worker_tells_of_them_once()
    {
        await using var rig = new EngineRig();
        rig.Start();
        await rig.StopAsync();
        Write("{}", file: MessageLedger.FileOf(rig.Settings.Ledger));
        rig.Start();
        for (var i = 0; i < 2; i++) rig.Engine.Expire();
        rig.Log.All.Should().Contain("1 row of the audit cannot be read", Exactly.Once());
    }

    [Fact]
    public void The_audit_says_that_it_does_not_show_them()
    {
        using var play = new Playground();
        Write("{}");
        var ran = play.Run("audit", $"--Ledger:Path={Options.Path}", "--jsonl");
        (ran.ExitCode, ran.Error, ran.Output.Split('\n').Length).Should().Be((0, "spoolworker: 1 row of the audit cannot be read, as of a later version, whose audit shows it\n", 3));
    }

    // One that is old, the row, and one of a given time.
    private void Write(string later, long last = 990_000, string? file = null)
    {
        if (file is null)
        {
            using var ledger = MessageLedger.Open(Options);
            ledger.Verbs.Note([Row(1), Row(2), Row(last)]);
        }
        using var store = Store(file);
        store.Write(transaction =>
        {
            using var audit = LmdbStore.Database(transaction, "audit");
            transaction.Put(audit, StoreRows.Bytes(2L), Encoding.UTF8.GetBytes(later)).ThrowOnError();
        });
    }

    private List<string> Stored()
    {
        using var store = Store(null);
        return store.Write(transaction =>
        {
            using var audit = LmdbStore.Database(transaction, "audit");
            using var cursor = transaction.CreateCursor(audit);
            var rows = new List<string>();
            for (var (code, _, value) = cursor.First(); code == MDBResultCode.Success; (code, _, value) = cursor.Next()) rows.Add(Encoding.UTF8.GetString(value.AsSpan()));
            return rows;
        });
    }

    private LmdbStore Store(string? file) => LmdbStore.Open(new StorePlan("ledger", file ?? MessageLedger.FileOf(Options), Options.MapSize, "", LedgerTables.Most, 512, "."));

    private static VerbRow Row(long executed) => new() { Verb = VerbKind.Retry, Intake = "/held", Id = PairFactory.ShortId(1), Result = VerbResult.Done, Time = 1, Executed = executed };
}
