// Tables damaged where the library that writes them would end the process. Each case is one that did: the second meta page's
// page size, last page and map size, the free list's flags, kinds of pages. And many random ones, in a process of their own.
using System.Buffers.Binary;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Tests.Lookup;

public sealed class DamagedTableTests : IDisposable
{
    private const int Page = 4096, Seeds = 300;

    // Each seed commits some dozen times, with a sync each; a busy machine takes its time.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);
    private readonly TableDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("page size of the second meta page", Page + 40, 512u)]
    [InlineData("last page", 136, 1_000_000u)]
    [InlineData("last page, large", 140, 1u)]
    [InlineData("last page, small", 136, 0u)]
    [InlineData("map size", 36, 0x7fff0000u)]
    [InlineData("flags of the free list: none", 44, 0u)]
    [InlineData("flags of the free list: several values", 44, 0x400cu)]
    [InlineData("flags of the tree", 92, 0x80u)]
    public void Both_meta_pages_are_held_against_the_file(string what, int at, uint value)
    {
        var file = Sound();
        var bytes = File.ReadAllBytes(file);
        // Whichever is the newer.
        foreach (var page in at < Page ? new[] { 0, Page } : [0]) BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(at + page), value);
        File.WriteAllBytes(file, bytes);
        using var table = new LmdbTable(file);
        table.TryPut("key00001"u8, "x"u8, out var error).Should().BeFalse(what);
        error.Should().StartWith(file).And.MatchRegex("broken|truncated");
        table.TryScan([], (_, _) => true, out _);
        table.TryStatistics(out _, out _);
        new FileInfo(file).Length.Should().Be(bytes.Length, "nothing was written");
    }

    [Theory]
    [InlineData((ushort)0x12)]
    [InlineData((ushort)0x22)]
    [InlineData((ushort)0x42)]
    [InlineData((ushort)0x4002)]
    [InlineData((ushort)0x8002)]
    public void A_leaf_of_another_kind_is_not_written_and_loses_no_row(ushort kind)
    {
        var file = Sound();
        var bytes = File.ReadAllBytes(file);
        for (var page = 2 * Page; page < bytes.Length; page += Page)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(page + 10)) == 2) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(page + 10), kind);
        }
        File.WriteAllBytes(file, bytes);
        using var table = new LmdbTable(file);
        table.TryPut("key00001"u8, "x"u8, out var error).Should().BeFalse();
        error.Should().Contain("broken");
        File.ReadAllBytes(file).Should().Equal(bytes);
    }

    // Its entry count is its only damage: a list of what is left would look whole.
    [Fact]
    public void A_leaf_without_entries_is_no_end_of_a_list_that_looks_whole()
    {
        var file = Sound();
        var bytes = File.ReadAllBytes(file);
        for (var page = 2 * Page; page < bytes.Length; page += Page)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(page + 10)) == 2) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(page + 12), 16);
        }
        File.WriteAllBytes(file, bytes);
        using var table = new LmdbTable(file);
        table.TryScan([], (_, _) => true, out var error).Should().BeFalse();
        error.Should().Contain("broken at page");
    }

    [Fact]
    public void A_broken_page_elsewhere_is_neither_touched_nor_hidden_by_a_put()
    {
        var file = Sound();
        var bytes = File.ReadAllBytes(file);
        // A leaf without entries, and its older copies: the tree is copied on writing.
        for (var page = 2 * Page; page < bytes.Length; page += Page)
        {
            if (BinaryPrimitives.ReadUInt16LittleEndian(bytes.AsSpan(page + 10)) == 2 && bytes.AsSpan(page, Page).IndexOf("key00003"u8) >= 0) BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(page + 12), 16);
        }
        File.WriteAllBytes(file, bytes);
        using var table = new LmdbTable(file);

        table.TryPut("key00599"u8, "x"u8, out var error).Should().BeTrue(error, "neither that key's page nor a neighbour is broken");
        table.TryPut("key00003"u8, "x"u8, out error).Should().BeFalse();
        error.Should().MatchRegex($"^{file}: is broken at page [0-9]+$");
        table.TryScan([], (_, _) => true, out error).Should().BeFalse();

        table.Find("key00599"u8, out var value, out _).Should().Be(LookupState.Found);
        value.Should().Equal("x"u8.ToArray());
    }

    [Fact]
    public async Task No_damage_ends_the_process()
    {
        using var process = TableDirectory.Start("dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "SpoolWorker.Fuzz.dll"), "table-seeds", Sound(), "1", $"{Seeds}");
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        if (!process.WaitForExit(Patience)) process.Kill();
        process.WaitForExit();
        var seeds = (await output).TrimEnd().Split('\n');
        process.ExitCode.Should().Be(0, "after seed {0}: {1}", seeds[^1], await error);
        seeds.Should().HaveCount(Seeds);
    }

    // Inner pages, long values and free pages: what a table has after some use.
    private string Sound()
    {
        var file = _directory.File("t");
        using var table = new LmdbTable(file);
        table.TryCreate(new LmdbFileOptions(), t => { for (var i = 0; i < 600; i++) t.Append($"key{i:00000}".Bytes(), new byte[i % 50 == 0 ? 5000 : 20]); }, out _, out var error).Should().BeTrue(error);
        for (var round = 0; round < 3; round++)
        {
            table.TryWrite(t => { for (var i = round; i < 600; i += 7) t.Delete($"key{i:00000}".Bytes()); }, out error).Should().BeTrue(error);
        }
        return file;
    }
}
