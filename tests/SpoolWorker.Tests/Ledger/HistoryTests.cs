using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Ledger;

/// <summary>What became of finished messages.</summary>
public sealed class HistoryTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private readonly string _root = Directory.CreateTempSubdirectory("sw-history-").FullName;
    private readonly List<string> _failures = [];

    private LedgerOptions Ledger => new() { Path = _root };

    private string Folder => HistoryFiles.DirectoryOf(Ledger);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public void It_is_found_by_id_and_by_text_also_behind_lines_that_are_broken()
    {
        using (var files = Files())
        {
            files.Add(Enumerable.Range(0, 3000).Select(Entry), Noon);
            files.Add([Entry(1) with { Done = new() { ["b@r.example"] = "held y" } }], Noon.AddDays(1));
        }
        foreach (var file in HistoryFiles.Names(Folder)) File.AppendAllText(file, "{\"Intake\":\"/intake\",\"Id\":\"" + PairFactory.ShortId(2));
        using (var files = Files()) files.Add([Entry(5000)], Noon.AddDays(2));
        var reader = new HistoryReader(Folder);

        reader.FindAll(PairFactory.Parse(PairFactory.ShortId(2))).Should().ContainSingle().Which.Should().BeEquivalentTo(Entry(2));
        reader.FindAll(PairFactory.Parse(PairFactory.ShortId(1))).Should().HaveCount(2);
        reader.FindAll(PairFactory.Parse(PairFactory.ShortId(5000))).Should().ContainSingle();
        reader.FindText("r2999@r.example"u8.ToArray(), 10).Should().ContainSingle();
        reader.FindText("@r.example"u8.ToArray(), 7).Should().HaveCount(7);
        new HistoryReader(_root + "/none").FindText("x"u8.ToArray(), 7).Should().BeEmpty();
    }

    [Fact]
    public void A_line_longer_than_a_block_is_read()
    {
        using (var files = Files()) files.Add([Entry(1), Entry(2) with { Done = Enumerable.Range(0, 60_000).ToDictionary(i => $"r{i}@long.example", _ => "requeued x") }, Entry(3)], Noon);

        new HistoryReader(Folder).FindText("r59999@long.example"u8.ToArray(), 10).Should().ContainSingle().Which.Done.Should().HaveCount(60_000);
        new HistoryReader(Folder).FindAll(PairFactory.Parse(PairFactory.ShortId(3))).Should().ContainSingle();
    }

    [Fact]
    public void What_is_old_goes()
    {
        using var files = Files(keep: TimeSpan.FromDays(3));
        for (var day = 0; day < 10; day++) files.Add([Entry(day)], Noon.AddDays(day));

        new HistoryReader(Folder).FindText("r.example"u8.ToArray(), 100).Select(e => e.Id).Should().Equal(new[] { 6, 7, 8, 9 }.Select(PairFactory.ShortId));
        files.Sweep(Noon.AddDays(30));
        HistoryFiles.Names(Folder).Should().ContainSingle("the one that is written to stays");
    }

    [Fact]
    public void What_is_too_much_goes_the_oldest_first()
    {
        const int Most = 64 << 10;
        using var files = Files(bytes: Most);
        for (var i = 0; i < 5000; i++) files.Add([Entry(i)], Noon.AddSeconds(i));

        files.Sweep(Noon.AddDays(1));

        HistoryFiles.Names(Folder).Sum(f => new FileInfo(f).Length).Should().BeInRange(Most / 2, Most);
        new HistoryReader(Folder).FindAll(PairFactory.Parse(PairFactory.ShortId(4999))).Should().ContainSingle();
        new HistoryReader(Folder).FindAll(PairFactory.Parse(PairFactory.ShortId(0))).Should().BeEmpty();
        _failures.Should().BeEmpty();
    }

    [Fact]
    public void What_goes_wrong_is_told_once_and_costs_the_lines_only()
    {
        File.WriteAllText(Folder, "in the way");
        using var files = Files();
        for (var i = 0; i < 5; i++) files.Add([Entry(i)], Noon);
        _failures.Should().ContainSingle();
        File.Delete(Folder);

        files.Add([Entry(7)], Noon);
        // And whoever deletes it all.
        Directory.Delete(Folder, recursive: true);
        files.Add([Entry(8)], Noon);

        _failures.Should().ContainSingle();
        new HistoryReader(Folder).FindText("r.example"u8.ToArray(), 10).Should().ContainSingle().Which.Id.Should().Be(PairFactory.ShortId(8));
    }

    [Fact]
    public void A_full_disk_does_not_fill_with_empty_files_and_is_told_once()
    {
        using var play = new Playground();
        var ledger = new LedgerOptions { Path = play.Made("ledger") };
        if (!play.TryMount(play.Made("ledger/history"), "32k")) return;
        var folder = HistoryFiles.DirectoryOf(ledger);
        var ballast = Path.Combine(folder, "ballast");
        File.WriteAllBytes(ballast, new byte[16 << 10]);
        using var files = new HistoryFiles(ledger, new HistoryOptions(), _failures.Add);
        for (var i = 0; i < 300; i++)
        {
            files.Add([Entry(i) with { LastFailure = new string('x', 500) }], Noon.AddSeconds(i));
            files.Sweep(Noon.AddSeconds(i));
        }
        HistoryFiles.Names(folder).Should().ContainSingle();
        _failures.Should().ContainSingle();

        File.Delete(ballast);
        files.Add([Entry(5000)], Noon.AddHours(1));

        var text = File.ReadAllText(HistoryFiles.Names(folder).Should().ContainSingle().Which);
        text.Should().EndWith("\n");
        text.Split('\n')[..^1].Should().OnlyContain(line => line.StartsWith('{') && line.EndsWith('}'));
        new HistoryReader(folder).FindAll(PairFactory.Parse(PairFactory.ShortId(5000))).Should().ContainSingle();
    }

    [Fact]
    public void None_is_kept_where_there_is_no_room_for_it()
    {
        using var files = Files(bytes: 0);
        files.Add([Entry(1)], Noon);
        Directory.Exists(Folder).Should().BeFalse();
    }

    private HistoryFiles Files(TimeSpan? keep = null, long bytes = 1 << 30) => new(Ledger, new HistoryOptions { Keep = keep ?? TimeSpan.FromDays(14), MaxBytes = bytes }, _failures.Add);

    private static LedgerEntry Entry(int n) => new() { Intake = "/intake", Id = PairFactory.ShortId(n), Done = new() { [$"r{n}@r.example"] = "requeued x" }, Decided = n + 1 };
}
