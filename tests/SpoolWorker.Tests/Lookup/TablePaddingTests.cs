using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Tests.Lookup;

/// <summary>Exim reads past a value that ends with the file: every table written here has a page behind the last one.</summary>
public sealed class TablePaddingTests : IDisposable
{
    private readonly TableDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [LmdbFact]
    public void A_new_table_a_changed_one_a_grown_one_and_a_replaced_one_have_a_page_behind_the_last()
    {
        using var table = new LmdbTable(_directory.File("t"));
        // A value that fills its pages to the last byte: 16 bytes of header, then the value.
        var filling = new byte[2 * 4096 - 16];
        table.TryCreate(new LmdbFileOptions(), t => t.Put("full"u8, filling), out _, out var error).Should().BeTrue(error);
        Check("new");
        for (var i = 0; i < 100; i++)
        {
            table.TryPut($"k{i}".Bytes(), filling, out error).Should().BeTrue(error);
            Check($"changed {i} times");
        }
        table.TryWrite(t => { for (var i = 0; i < 20_000; i++) t.Put($"g{i}".Bytes(), new byte[1000]); }, out error).Should().BeTrue(error);
        Check("grown");
        table.TryWrite(t => { t.Clear(); t.Append("full"u8, filling); }, out error).Should().BeTrue(error);
        Check("replaced");
        TableDirectory.Dumped(table.Path).Should().HaveCount(2);

        void Check(string what)
        {
            using var map = Map();
            var meta = LmdbSnapshot.Take(map, map.Size(out _)).Meta;
            LmdbPadding.IsThere(new FileInfo(table.Path).Length, meta).Should().BeTrue(what);
        }

        LmdbMap Map()
        {
            LmdbMap.TryOpen(table.Path, out var map, out var fault).Should().BeTrue(fault);
            return map!;
        }
    }

    [LmdbFact]
    public void A_table_of_mdb_load_gets_its_page_with_the_first_write()
    {
        using var table = new LmdbTable(_directory.Loaded("t", ("a", "1")));
        table.Put("a", "2");
        LmdbMap.TryOpen(table.Path, out var map, out _).Should().BeTrue();
        using (map) LmdbPadding.IsThere(map!.TrueSize(), LmdbSnapshot.Take(map, map.Size(out _)).Meta).Should().BeTrue();
        TableDirectory.Dumped(table.Path).Should().Equal("a", "2");
    }
}
