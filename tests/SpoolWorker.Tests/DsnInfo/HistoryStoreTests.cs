using LightningDB;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.LogFollowing;

namespace SpoolWorker.Tests.DsnInfo;

/// <summary>What was read from Exim's logs, by itself.</summary>
public sealed class HistoryStoreTests : IDisposable
{
    private const long MapSize = 16 << 20, Early = 1000, Late = 2000;

    private readonly TempDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_row_of_the_index_that_is_older_than_its_history_does_not_take_it_along()
    {
        Commit(Early);
        // It can be read no more, so that the next commit does not know of the time it had.
        using (var raw = LmdbStore.Open(new StorePlan("store", $"{_root}/log.mdb", MapSize, "", 4, 126, ".")))
        {
            raw.Write(transaction =>
            {
                using var messages = LmdbStore.Database(transaction, "messages");
                transaction.Put(messages, System.Text.Encoding.ASCII.GetBytes(LogRig.Id(1)), "{"u8).ThrowOnError();
            });
        }
        Commit(Late);

        using var store = HistoryStore.Open(_root, MapSize);
        store.Expire(Early + 1, keep: Early, most: 100).Should().Be(0);
        store.Find(LogRig.Id(1)).Should().NotBeNull();
        store.Expire(Late + 1, keep: Early, most: 100).Should().Be(1);
        store.Count.Should().Be(0);
        store.Expire(Late + 1, keep: Early, most: 100).Should().Be(0);
    }

    private void Commit(long expires)
    {
        using var store = HistoryStore.Open(_root, MapSize);
        var batch = new HistoryBatch(store.Find);
        batch.Add(System.Text.Encoding.Latin1.GetBytes(LogRig.Failure(1).TrimEnd()));
        store.Commit("/log", new LogPosition(), batch, expires);
    }
}
