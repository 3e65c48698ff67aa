using System.Text;
using LightningDB;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>A worker that finds a ledger of the format before, with work in it that a kill left, and is killed itself.</summary>
[Collection(KillSuite.Name)]
public class KillFormatTests
{
    private const int Killed = 137, Batch = 7;

    [Theory]
    [InlineData("spool")]
    [InlineData("queuefile")]
    public void The_number_of_the_format_is_raised_and_what_it_holds_goes_on(string kind)
    {
        using var rig = new KillRig(new KillSetup { Kind = kind });
        rig.Feed(1, Batch);
        rig.RunOnce($"{CrashPoint.Committed}:1").Should().Be(Killed);
        Write(rig, "2");
        rig.Verb(["forget", "1xVVht-000477-0i"]).Should().Be(75, "it is the worker's to raise it");
        Read(rig).Should().Be("2");
        rig.Feed(Batch + 1, Batch);

        rig.RunOnce($"{CrashPoint.Recovering}:1").Should().Be(Killed);
        rig.RunOnce($"{CrashPoint.Recorded}:1").Should().Be(Killed);
        Read(rig).Should().Be($"{LedgerFormat.Number}");
        rig.RunAndCheck();

        Write(rig, $"{LedgerFormat.Number + 1}");
        rig.RunOnce().Should().Be(78, "what a later version keeps is not passed over");
        rig.Log.Should().Contain($"has format {LedgerFormat.Number + 1}").And.Contain("Run that one");
    }

    private static void Write(KillRig rig, string number) => Meta(rig, (transaction, meta) =>
    {
        transaction.Put(meta, "format"u8, Encoding.ASCII.GetBytes(number)).ThrowOnError();
        return number;
    });

    private static string Read(KillRig rig) => Meta(rig, (transaction, meta) => Encoding.ASCII.GetString(transaction.Get(meta, "format"u8).value.CopyToNewArray()));

    private static string Meta(KillRig rig, Func<LightningTransaction, LightningDatabase, string> use)
    {
        using var store = LmdbStore.Open(new StorePlan("ledger", $"{rig.Ledger}/ledger.mdb", rig.MapSize, "", LedgerTables.Most, 126, "."));
        return store.Write(transaction =>
        {
            using var meta = LmdbStore.Database(transaction, LedgerFormat.MetaName);
            return use(transaction, meta);
        });
    }
}
