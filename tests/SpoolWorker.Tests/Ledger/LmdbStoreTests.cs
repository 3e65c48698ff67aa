using System.Text;
using LightningDB;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Lookup;

namespace SpoolWorker.Tests.Ledger;

/// <summary>Opening stores: what is wrong with a file is told in a sentence that fits. A look that goes past the end of a cut file would end this process.</summary>
public sealed class LmdbStoreTests : IDisposable
{
    private const int Page = 4096, Readers = 512;
    private readonly TempDirectory _root = new();

    private LedgerOptions Options => new() { Path = Path.Combine(_root, "ledger"), MapSize = 16 << 20 };

    private string File => Path.Combine(Options.Path, "ledger.mdb");

    public void Dispose() => _root.Dispose();

    [Fact]
    public void A_file_cut_at_any_page_is_told_and_never_read_past_its_end()
    {
        Filled();
        var whole = System.IO.File.ReadAllBytes(File);
        foreach (var length in Enumerable.Range(0, whole.Length / Page).Select(n => n * Page).Append(1).Append(100).Append(Page + 100))
        {
            System.IO.File.WriteAllBytes(File, whole[..length]);
            var failure = Failure();
            failure.Message.Should().Contain(File).And.Contain(length == 0 ? "cut to nothing" : "is cut").And.Contain("move it away", "{0} bytes", length);
            failure.Fault.Should().Be(StoreFault.Damaged);
            new FileInfo(File).Length.Should().Be(length, "nothing is made anew");
        }
    }

    [Fact]
    public void A_file_may_lack_free_pages_at_its_end()
    {
        Filled();
        using (var ledger = MessageLedger.Open(Options))
        {
            ledger.Expire(DateTimeOffset.MaxValue, int.MaxValue).Should().Be(50);
            for (var i = 100; i < 110; i++) ledger.Commit([Entry(i)], []);
        }
        var cut = 0;
        // As LMDB leaves it when a transaction frees the pages it has just made.
        while (true)
        {
            var before = System.IO.File.ReadAllBytes(File);
            using (var stream = new FileStream(File, FileMode.Open)) stream.SetLength(before.Length - Page);
            if (StoreFile.Fault(File) is null)
            {
                cut++;
                continue;
            }
            System.IO.File.WriteAllBytes(File, before);
            break;
        }
        cut.Should().BePositive();
        using var again = MessageLedger.Open(Options);
        again.Count.Should().Be(10);
        for (var i = 200; i < 300; i++) again.Commit([Entry(i) with { LastFailure = new string('x', 3000) }], []);
        again.Open().Should().HaveCount(110);
    }

    [LmdbFact]
    public void Other_files_are_told_apart()
    {
        Directory.CreateDirectory(Options.Path);
        TableDirectory.Run("mdb_load", "a\nb\n", "-n", "-T", File).ExitCode.Should().Be(0);
        System.IO.File.Delete(File + "-lock");
        Failure().Message.Should().Contain("LMDB 0.9").And.Contain("liblmdb-dev");
        System.IO.File.WriteAllText(File, new string('x', 9000));
        Failure().Message.Should().Contain("no LMDB file");
        System.IO.File.Delete(File);
        Directory.CreateDirectory(File);
        Failure().Message.Should().Contain("not a regular file");
    }

    [Fact]
    public void A_ledger_of_a_later_version_is_refused_and_left_as_it_is()
    {
        Filled();
        using (var store = Store(Readers)) store.Write(t => Put(t, "format", $"{LedgerFormat.Number + 1}"));
        var before = System.IO.File.ReadAllBytes(File);
        var failure = Failure();
        failure.Message.Should().Contain($"format {LedgerFormat.Number + 1}").And.Contain("later version").And.NotContain("move it away");
        failure.Fault.Should().Be(StoreFault.Newer);
        System.IO.File.ReadAllBytes(File).Should().Equal(before);
        using (var store = Store(Readers)) store.Write(t => Put(t, "format", $"{LedgerFormat.Number}"));
        using var ledger = MessageLedger.Open(Options);
        ledger.Count.Should().Be(50);
    }

    [Fact]
    public void An_environment_that_could_not_be_opened_does_not_end_the_process()
    {
        Directory.CreateDirectory(Options.Path);
        // What LMDB itself refuses: the lock file is a directory.
        Directory.CreateDirectory(File + "-lock");
        for (var i = 0; i < 20; i++) Failure().Fault.Should().Be(StoreFault.Failed);
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
    }

    [Fact]
    public void Places_for_readers_may_all_be_taken()
    {
        Filled();
        using var store = Store(Readers);
        var told = Nested(Readers, () => Worker("forget", PairFactory.ShortId(1)));
        told.ExitCode.Should().Be(75);
        told.Error.Should().Contain($"all {Readers} places for readers are taken").And.Contain(File).And.NotContain("bug");
        Worker("forget", PairFactory.ShortId(1)).ExitCode.Should().Be(0);

        T Nested<T>(int depth, Func<T> inside) => depth == 0 ? inside() : store.Read(_ => Nested(depth - 1, inside));
    }

    [Fact]
    public void A_store_is_as_large_as_its_readers_need_from_the_start()
    {
        // A page of the lock file that a full disk has no room for would end the process when it is first touched.
        Filled();
        Posix.TryStatus(File + "-lock", out var status).Should().Be(0);
        status.Size.Should().Be(128 + Readers * 64);
        TableDirectory.Run("stat", "", "-c", "%b", File + "-lock").Output.Trim().Should().NotBe("0");
    }

    [Fact]
    public void Whoever_looks_and_finds_nothing_makes_nothing()
    {
        Worker("forget", PairFactory.ShortId(1)).ExitCode.Should().Be(66);
        Worker("list").ExitCode.Should().Be(0);
        Directory.Exists(Options.Path).Should().BeFalse();
    }

    private ProgramResult Worker(params string[] command)
    {
        Directory.CreateDirectory(Path.Combine(_root, "in", "input"));
        Directory.CreateDirectory(Path.Combine(_root, "spool", "input"));
        return ProgramCall.SpoolWorker([.. command, $"--Ledger:Path={Options.Path}", $"--Ledger:MapSize={Options.MapSize}",
            $"--Intakes:0:Path={_root}/in", $"--Target:Path={_root}/spool", $"--Held:Path={_root}/held", $"--Corrupt:Path={_root}/corrupt"]).Run();
    }

    private LmdbStore Store(int readers) => LmdbStore.Open(new StorePlan("ledger", File, Options.MapSize, "", 8, readers, "."));

    private static void Put(LightningTransaction transaction, string key, string value)
    {
        using var meta = LmdbStore.Database(transaction, "meta");
        transaction.Put(meta, Encoding.ASCII.GetBytes(key), Encoding.ASCII.GetBytes(value)).Should().Be(MDBResultCode.Success);
    }

    private LedgerException Failure() => FluentActions.Invoking(() => MessageLedger.Open(Options)).Should().Throw<LedgerException>().Which;

    private void Filled()
    {
        using var ledger = MessageLedger.Open(Options);
        for (var i = 0; i < 50; i++) ledger.Commit([Entry(i) with { LastFailure = new string('x', 3000), Expires = 1000 + i }], []);
    }

    private static LedgerEntry Entry(int n) => new() { Intake = "/intake", Id = PairFactory.ShortId(n) };
}
