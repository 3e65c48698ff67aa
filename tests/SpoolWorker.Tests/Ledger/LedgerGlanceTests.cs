using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Ledger;

/// <summary>The ledger as commands see it that only look: without LMDB, also while it is written.</summary>
public sealed class LedgerGlanceTests : IDisposable
{
    private const int Ids = 700;

    private readonly TempDirectory _root = new();

    private LedgerOptions Options => new() { Path = Path.Combine(_root, "ledger"), MapSize = 64 << 20 };

    public void Dispose() => _root.Dispose();

    [Fact]
    public void It_sees_what_LMDB_sees()
    {
        LedgerGlance.Open(Options).Should().BeNull();
        Directory.Exists(Options.Path).Should().BeFalse("who looks makes nothing");
        using var ledger = MessageLedger.Open(Options);
        using (var empty = LedgerGlance.Open(Options)!)
        {
            empty.Find("/a", PairFactory.Parse(PairFactory.ShortId(1))).Should().BeNull();
            empty.FindText("x", 9).Should().BeEmpty();
        }
        for (var from = 0; from < Ids; from += 100) ledger.Commit(Enumerable.Range(from, 100).SelectMany(Entries), []);
        for (var i = 0; i < Ids; i += 7) ledger.Forget(PairFactory.Parse(PairFactory.ShortId(i)));

        using var glance = LedgerGlance.Open(Options)!;

        for (var i = 0; i <= Ids; i++)
        {
            var id = PairFactory.Parse(PairFactory.ShortId(i));
            foreach (var intake in new[] { "/a", "/b", "/none" }) Json(glance.Find(intake, id)).Should().Be(Json(ledger.Find(intake, id)));
            glance.FindAll(id).Select(Json).Should().Equal(ledger.FindAll(id).Select(Json));
        }
        foreach (var text in new[] { "r5@r.example", "\u00e9", "nobody" }) glance.FindText(text, 10_000).Select(Json).Should().Equal(ledger.FindText(text, 10_000).Select(Json));
        glance.FindText("r.example", 5).Should().HaveCount(5);
    }

    [Fact]
    public async Task Beside_a_writer_every_record_is_whole()
    {
        const int Rounds = 300;
        using var ledger = MessageLedger.Open(Options);
        ledger.Commit(Generation(0), []);
        var writing = Task.Run(() =>
        {
            for (var round = 1; round <= Rounds; round++) ledger.Commit(Generation(round), []);
        });
        using var glance = LedgerGlance.Open(Options)!;
        try
        {
            var last = 0;
            for (var (look, isLast) = (0, false); !isLast; look++)
            {
                isLast = writing.IsCompleted;
                var entry = glance.Find("/a", PairFactory.Parse(PairFactory.ShortId(look % 20)))!;
                entry.LastFailure.Should().Be(Text(entry.Failures), "it is of one state");
                entry.Failures.Should().BeGreaterThanOrEqualTo(last, "time does not go back");
                last = entry.Failures;
                if (look % 50 == 0) glance.FindText("failure", 1000).Should().HaveCount(20);
            }
        }
        finally
        {
            // A ledger that is closed under its writer ends the process.
            await writing;
        }
        glance.Find("/a", PairFactory.Parse(PairFactory.ShortId(3)))!.Failures.Should().Be(Rounds);
    }

    // Some are larger than a page, as those with many recipients are.
    private static IEnumerable<LedgerEntry> Entries(int i) => new[] { "/a", "/b" }.Select(intake => new LedgerEntry
    {
        Intake = intake,
        Id = PairFactory.ShortId(i),
        FirstSeen = i,
        Expires = 1_000_000 + i,
        LastFailure = new string('x', i % 3),
        Done = Enumerable.Range(0, i % 50 == 0 ? 400 : 2).ToDictionary(r => $"r{i + r}@r.example", r => $"requeued \u00e9{r}"),
    });

    private static IEnumerable<LedgerEntry> Generation(int n) => Enumerable.Range(0, 20).Select(i => new LedgerEntry { Intake = "/a", Id = PairFactory.ShortId(i), Failures = n, LastFailure = Text(n) });

    private static string Json(LedgerEntry? entry) => entry is null ? "" : System.Text.Encoding.UTF8.GetString(LedgerJson.Write(entry));

    private static string Text(int n) => string.Concat(Enumerable.Repeat($"failure {n} ", 300 + n % 7 * 100));
}
