using LightningDB;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;

namespace SpoolWorker.Tests.Engine;

/// <summary>What the engine makes of a ledger that is full, forgets, or is damaged in the middle of the work.</summary>
public class LedgerInUseTests
{
    [Fact]
    public async Task While_the_ledger_is_full_messages_stay_and_later_go_on()
    {
        await using var rig = new EngineRig();
        rig.Settings.Ledger.MapSize = 1 << 20;
        rig.Start();
        var filler = 0;
        FluentActions.Invoking(() =>
        {
            for (; ; filler++) rig.Ledger.Commit([new LedgerEntry { Intake = "/filler", Id = PairFactory.ShortId(filler), LastFailure = new string('x', 2000), Expires = 5 }], []);
        }).Should().Throw<LedgerException>();
        for (var i = 0; i < 20; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);

        await rig.DrainAsync();

        rig.Log.All.Should().Contain("raise Ledger:MapSize");
        rig.Engine.FatalReason.Should().BeNull();
        await rig.StopAsync();
        var requeued = EngineRig.Pairs(rig.Target).Count;
        (requeued + EngineRig.Pairs(rig.Intake).Count).Should().Be(20);

        rig.Settings.Ledger.MapSize = 16 << 20;
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(20);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task Forget_lets_an_id_through_again()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        rig.EximDelivers().Should().HaveCount(1);
        rig.Ledger.Forget(pair.MessageId).Should().ContainSingle();
        pair.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task A_finished_message_is_forgotten_after_its_time_only()
    {
        await using var rig = new EngineRig { Kind = IntakeKind.Queuefile };
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        await rig.RestartAsync();
        rig.EximDelivers();
        rig.Clock.Advance(TimeSpan.FromDays(13.9));
        rig.Engine.Expire();
        pair.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        rig.Clock.Advance(TimeSpan.FromDays(14.2));

        rig.Engine.Expire();

        (rig.Ledger.Count, rig.Ledger.CountFinished).Should().Be((0L, 0L));
    }

    [Fact]
    public async Task A_record_that_cannot_be_read_stops_neither_the_workers_nor_the_rest()
    {
        await using var rig = new EngineRig();
        rig.Settings.Engine.Workers = 2;
        rig.Start();
        for (var i = 0; i < 5; i++)
        {
            var bad = new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);
            rig.Ledger.Commit([new LedgerEntry { Intake = rig.Intake, Id = bad.Id, Expires = 5 }], []);
        }
        await rig.StopAsync();
        Damage(rig.Settings.Ledger);
        rig.Start();
        for (var i = 10; i < 20; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);

        for (var i = 0; i < 20 && EngineRig.Pairs(rig.Target).Count < 10; i++)
        {
            await rig.DrainAsync();
            rig.Clock.Advance(TimeSpan.FromMinutes(2));
        }

        EngineRig.Pairs(rig.Target).Should().HaveCount(10);
        EngineRig.Pairs(rig.Intake).Should().HaveCount(5, "nothing is known of them, so they are not touched");
        rig.Log.All.Should().Contain("spoolworker forget");
    }

    private static void Damage(LedgerOptions options)
    {
        using var environment = new LightningEnvironment(Path.Combine(options.Path, "ledger.mdb"), new EnvironmentConfiguration { MapSize = options.MapSize, MaxDatabases = 4 });
        environment.Open(EnvironmentOpenFlags.NoSubDir);
        using var transaction = environment.BeginTransaction();
        using var entries = transaction.OpenDatabase("entries");
        using var cursor = transaction.CreateCursor(entries);
        var keys = new List<byte[]>();
        for (var (code, key, _) = cursor.First(); code == MDBResultCode.Success; (code, key, _) = cursor.Next()) keys.Add(key.CopyToNewArray());
        foreach (var key in keys) transaction.Put(entries, key, "{ damaged"u8.ToArray());
        transaction.Commit();
    }
}
