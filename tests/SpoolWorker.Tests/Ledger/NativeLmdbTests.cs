using System.Buffers.Binary;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;

namespace SpoolWorker.Tests.Ledger;

/// <summary>Which LMDB a ledger is written with: the program's own, whatever the machine has (liblmdb-dev brings one by the same name).</summary>
public sealed class NativeLmdbTests : IDisposable
{
    // LMDB 1.0 (mdb.c): a page header of 24 bytes, then magic number and version of the file format.
    private const int MagicAt = 24;
    private readonly TempDirectory _root = new();

    public void Dispose() => _root.Dispose();

    [Fact]
    public void The_library_is_the_one_beside_the_program()
    {
        NativeLmdb.Prepare();
        NativeLmdb.LoadedFrom.Should().StartWith(AppContext.BaseDirectory).And.EndWith("/liblmdb.so");
    }

    [Fact]
    public void A_ledger_has_the_file_format_of_that_library()
    {
        MessageLedger.Open(new LedgerOptions { Path = _root, MapSize = 16 << 20 }).Dispose();
        var head = File.ReadAllBytes(Path.Combine(_root, "ledger.mdb")).AsSpan(0, 64);
        BinaryPrimitives.ReadUInt32LittleEndian(head[MagicAt..]).Should().Be(0xBEEFC0DE);
        BinaryPrimitives.ReadUInt32LittleEndian(head[(MagicAt + 4)..]).Should().Be(3);
    }
}
