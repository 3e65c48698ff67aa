using SpoolWorker.EndToEnd.Kill;

namespace SpoolWorker.EndToEnd.Fault;

/// <summary>System calls fail under the worker (strace). While they do it must end by itself; without them it must make everything good.</summary>
[Collection(KillSuite.Name)]
public class FaultInjectionTests
{
    private const int Batch = 14;

    // "when" counts the calls of each thread; strace's regular expressions name the calls of all architectures
    public static TheoryData<string, string, string> Faults => new()
    {
        { "fsync", "EIO", "1+2" },
        { "fsync", "ENOSPC", "2+3" },
        { "syncfs", "EIO", "1+2" },
        { "/^(fsync|syncfs)$", "EIO", "1+1" },
        { "fdatasync", "EIO", "2+2" },
        { "fdatasync", "ENOSPC", "2+3" },
        { "/^pwrite", "ENOSPC", "7+4" },
        { "/^pwrite", "EIO", "6+5" },
        { "/^pread", "EIO", "2+3" },
        { "/^link", "ENOSPC", "1+2" },
        { "/^link", "EACCES", "1+2" },
        { "/^link", "EIO", "1+3" },
        { "/^rename", "EIO", "1+2" },
        { "/^rename", "ENOSPC", "2+3" },
        { "/^rename", "EACCES", "3+4" },
        { "/^unlink", "EIO", "1+3" },
        { "/^unlink", "EACCES", "2+3" },
        { "statx", "EIO", "5+9" },
        { "statx", "EACCES", "6+7" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void Whatever_call_fails_nothing_is_lost_or_doubled(string call, string error, string when)
    {
        var variant = (call.Length + error.Length + when[0]) % 4;
        using var rig = new KillRig(new KillSetup
        {
            Kind = variant == 1 ? "queuefile" : "spool",
            Links = variant == 1,
            LongIds = variant == 3,
            SplitTarget = variant == 2,
            Sync = call == "fsync" ? "fsync" : "auto",
            GroupSize = variant == 0 ? 1 : 64,
        });
        // What is made but once is there: the fault is to hit the mail's way, not the making of the ledger.
        rig.RunOnce().Should().Be(0);
        rig.Feed(1, Batch);
        string[] places = call is "fdatasync" or "/^pwrite" ? [$"{rig.Ledger}/ledger.mdb", rig.Target] : [rig.Intake, rig.Target];
        var hits = 0;

        var code = Run();

        code.Should().BeOneOf([0, 74, 75], "it ends in an orderly way; the log:\n{0}", rig.Log);
        rig.Book.EximTakes(rig.Target);
        rig.Feed(100, 3);
        Run().Should().BeOneOf(0, 74, 75);
        hits.Should().BePositive("the fault has to hit the mail's way; the log:\n{0}", rig.Log);
        rig.Log.Split(" messages handled,").Length.Should().BeGreaterThan(2, "a start that ends at once comes to no mail; the log:\n{0}", rig.Log);
        rig.RunAndCheck();

        int Run()
        {
            var ended = rig.RunOnce(null, [.. Narrow().SelectMany(f => new[] { "-P", f }), "-e", $"trace={call}", "-e", $"inject={call}:error={error}:when={when}"]);
            hits += rig.InjectedAt(places);
            return ended;
        }

        IEnumerable<string> Narrow() => call switch
        {
            // .NET reads its assemblies with pread too, and how many there are is no matter of ours: only the mail's files are to fail.
            "/^pread" => Directory.GetFiles(rig.Intake),
            // A start looks at the places themselves and at each -D, and ends where it may not.
            "statx" => Enumerable.Range(1, Batch).Concat(Enumerable.Range(100, 3)).Select(n => KillMail.Make(n, rig.Setup.LongIds).Id).SelectMany(i => new[] { i.HeaderName, $"hdr.{i}" }),
            // Nor does it go on with a ledger whose name cannot be made durable.
            "/^(fsync|syncfs)$" => [rig.Target],
            _ => [],
        };
    }

    [Theory]
    [InlineData("/^link", "ledger/ledger.mdb", "EACCES", 77)]
    [InlineData("/^link", "ledger/ledger.mdb", "ENOSPC", 75)]
    [InlineData("/^(fsync|syncfs)$", "ledger", "EIO", 74)]
    [InlineData("/^pwrite", "ledger/in-hand", "ENOSPC", 75)]
    [InlineData("statx", "spool/input", "EACCES", 77)]
    [InlineData("statx", "spool/input", "EIO", 74)]
    public void What_fails_at_the_start_ends_it_with_its_code_and_nothing_is_touched(string call, string at, string error, int code)
    {
        using var rig = new KillRig();
        rig.Feed(1, Batch);

        rig.RunOnce(null, "-P", rig.At(at), "-e", $"trace={call}", "-e", $"inject={call}:error={error}:when=1+").Should().Be(code, "the log:\n{0}", rig.Log);

        rig.InjectedAt(rig.At(at)).Should().BePositive();
        rig.Log.Should().Contain(rig.At(at)).And.NotContain("a bug");
        KillBook.Pairs(rig.Intake).Should().HaveCount(Batch);
        KillBook.Pairs(rig.Target).Should().BeEmpty();
        rig.RunAndCheck();
    }

    [Theory]
    [InlineData("/^rename", "EIO")]
    [InlineData("/^link", "ENOSPC")]
    [InlineData("/^(fsync|syncfs)$", "EIO")]
    [InlineData("fdatasync", "EIO")]
    public void A_fault_that_passes_is_survived_without_a_restart(string call, string error)
    {
        using var rig = new KillRig();
        rig.Feed(1, Batch);
        using var worker = rig.Start(once: false, null, "-e", $"trace={call}", "-e", $"inject={call}:error={error}:when=1..2");

        rig.Until(() => rig.IntakeIsEmpty || worker.HasExited, "the intake is empty");

        rig.Injected.Should().BePositive();
        if (!worker.HasExited) rig.Stop(worker);
        rig.RunAndCheck();
    }

    [Theory]
    [InlineData("EACCES", 75)]
    [InlineData("EIO", 0)]
    public void A_body_that_cannot_be_opened_costs_only_its_own_message(string error, int exitCode)
    {
        using var rig = new KillRig();
        rig.Feed(1, Batch);
        var bad = KillMail.Make(3, rig.Setup.LongIds);

        // A file that is not ours to open waits for an operator, which the exit code says; one that cannot be read is tried again.
        // by its name alone: the worker looks it up in the open directory
        rig.RunOnce(null, "-P", bad.Id.BodyName, "-e", "trace=openat,open", "-e", $"inject=openat,open:error={error}:when=1+").Should().Be(exitCode, "the log:\n{0}", rig.Log);

        KillBook.Pairs(rig.Target).Should().HaveCount(Batch - 1, "the log:\n{0}", rig.Log);
        if (error == "EIO") File.Delete($"{rig.Ledger}/ledger.mdb");
        if (error == "EIO") rig.Book.EximTakes(rig.Target);
        rig.RunAndCheck();
    }

    [Fact]
    public void A_look_that_fails_at_recovery_is_no_proof_that_the_commit_happened()
    {
        using var rig = new KillRig();
        rig.Feed(1, Batch);
        rig.RunOnce("recorded:1").Should().Be(137);
        var staged = Directory.GetFiles(rig.Target, "hdr.*");
        staged.Should().NotBeEmpty();

        rig.RunOnce(null, [.. staged.SelectMany(s => new[] { "-P", Path.GetFileName(s) }), "-e", "trace=statx", "-e", "inject=statx:error=EIO:when=1+"]).Should().BeOneOf(0, 74, 75);

        rig.Injected.Should().BePositive();
        rig.RunAndCheck();
    }

    [Fact]
    public void A_rename_found_done_is_not_finished_before_its_directory_is_synced()
    {
        using var rig = new KillRig(new KillSetup { GroupSize = 1, Workers = 1 });
        rig.Feed(1, 3);
        rig.RunOnce("renamed:1").Should().Be(137);
        var renamed = Directory.GetFiles(rig.Target, "*-H").Should().ContainSingle().Subject;

        rig.RunOnce(null, "-P", rig.Target, "-e", "trace=fsync,syncfs", "-e", "inject=fsync,syncfs:error=EIO:when=1+").Should().BeOneOf(0, 74, 75);

        rig.Injected.Should().BePositive();
        rig.Log.Should().Contain("its commit cannot be finished");
        File.Exists($"{rig.Intake}/{Path.GetFileName(renamed)}").Should().BeTrue("the incoming pair is what a power cut would leave");
        rig.RunAndCheck();
    }

    [Fact]
    public void Another_message_under_a_known_id_survives_a_commit_that_is_undone()
    {
        using var rig = new KillRig();
        var first = KillMail.Make(1, longId: false);
        rig.Feed(first);
        rig.RunOnce().Should().Be(0);
        var header = System.Text.Encoding.Latin1.GetString(first.Header).Replace("<sender1@", "<sender9@", StringComparison.Ordinal).Replace("X-Mark: m1", "X-Mark: x1", StringComparison.Ordinal);
        rig.Feed(first with { Mark = "x1", Header = System.Text.Encoding.Latin1.GetBytes(header) });

        rig.RunOnce(null, "-e", "trace=/^rename", "-e", "inject=/^rename:error=EIO:when=1+").Should().Be(75);

        rig.Injected.Should().BePositive();
        rig.RunAndCheck();
        KillBook.Pairs(rig.Held).Should().ContainSingle();
    }

    [Fact]
    public void A_commit_that_cannot_be_decided_stops_the_worker_and_the_next_start_finishes_it()
    {
        using var rig = new KillRig(new KillSetup { GroupSize = 1, Workers = 8, Sync = "syncfs" });
        rig.Feed(1, 60);

        // the directory's sync after the rename, and the sync of the file system tried in its place; of the target alone: a ledger that cannot be made ends the start
        using var worker = rig.Start(once: false, null, "-P", rig.Target, "-e", "trace=fsync,syncfs", "-e", "inject=fsync:error=EIO:when=1+", "-e", "inject=syncfs:error=EIO:when=6+");
        rig.Ended(worker, "it ends by itself").Should().Be(74);
        rig.Log.Should().Contain("commit outcome unknown");
        rig.Book.EximTakes(rig.Target);
        rig.RunAndCheck();
    }
}
