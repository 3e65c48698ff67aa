// Tables and other processes: LMDB's own programs and this program, reading, writing and being killed.
using System.Diagnostics;
using System.Text;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Tests.Lookup;

public sealed class TableProcessTests : IDisposable
{
    private const int Rows = 400;
    private static readonly string Program = Path.Combine(AppContext.BaseDirectory, "spoolworker.dll");
    private readonly TableDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [LmdbFact]
    public void Another_process_sees_whole_states_only_while_we_write()
    {
        using var table = new LmdbTable(_directory.Loaded("t", ("x", "y")));
        var round = 0;
        WriteRound();
        using var ended = new CancellationTokenSource();
        var writer = Task.Run(() => { while (!ended.IsCancellationRequested) WriteRound(); });
        var seen = new HashSet<string>();
        for (var i = 0; i < 20; i++)
        {
            var values = TableDirectory.Dumped(table.Path).Chunk(2).Where(r => r[0][0] == 'k').Select(r => r[1]).ToList();
            values.Should().HaveCount(Rows).And.AllBe(values[0]);
            seen.Add(values[0]);
        }
        ended.Cancel();
        writer.Wait(TimeSpan.FromSeconds(30)).Should().BeTrue();
        seen.Count.Should().BeGreaterThan(1, "it was written meanwhile");

        void WriteRound()
        {
            var value = $"round {round++}".Bytes();
            table.TryWrite(t => { for (var i = 0; i < Rows; i++) t.Put($"k{i:0000}".Bytes(), value); }, out var error).Should().BeTrue(error);
        }
    }

    [LmdbFact]
    public void We_see_whole_states_only_while_another_process_writes()
    {
        using var table = new LmdbTable(_directory.File("t"));
        string[] files = [_directory.File("a"), _directory.File("b")];
        foreach (var file in files) File.WriteAllText(file, string.Concat(Enumerable.Range(0, Rows).Select(i => $"k{i:0000}: {Path.GetFileName(file)}\n")));
        Import(files[0]).WaitForExit();
        var (reads, seen) = (0, new HashSet<string>());
        for (var i = 1; i < 5; i++)
        {
            using var import = Import(files[i % 2]);
            do
            {
                var values = new HashSet<string>();
                var count = 0;
                table.TryScan([], (_, value) => values.Add(Encoding.ASCII.GetString(value)) | ++count > 0, out var reason).Should().BeTrue(reason);
                (values.Count, count).Should().Be((1, Rows));
                // Single keys, too: each is there at every moment.
                table.Find("k0123"u8, out _, out reason).Should().Be(LookupState.Found, reason);
                seen.UnionWith(values);
                reads++;
            }
            while (!import.HasExited);
            import.ExitCode.Should().Be(0);
        }
        seen.Should().BeEquivalentTo("a", "b");
        reads.Should().BeGreaterThan(10);
    }

    [LmdbFact]
    public void A_kill_during_an_import_leaves_the_old_state()
    {
        const int Many = 60_000;
        var input = _directory.File("rows");
        File.WriteAllText(input, string.Concat(Enumerable.Range(0, Many).Select(i => $"k{i * 7 % Many:000000}: {new string('n', 60)}\n")));
        var file = _directory.Loaded("t", [.. Enumerable.Range(0, 100).Select(i => ($"k{i:000000}", "old"))]);
        var (killed, fresh) = (0, _directory.File("fresh"));
        for (var i = 0; i < 8; i++)
        {
            foreach (var name in new[] { file, fresh })
            {
                var watch = Stopwatch.StartNew();
                using var import = TableDirectory.Start("dotnet", "exec", Program, "table", "import", name, input, "--replace");
                // From before the input is opened to after the end, whatever the machine: what counts is what is found.
                while (watch.ElapsedMilliseconds < 120 + 40 * i && !import.HasExited) Thread.Yield();
                import.Kill();
                import.WaitForExit();
                if (import.ExitCode != 0) killed++;
                if (name == fresh && !File.Exists(fresh)) continue;
                using var table = new LmdbTable(name);
                table.TryStatistics(out var statistics, out var reason).Should().BeTrue(reason);
                statistics!.Entries.Should().BeOneOf(name == file ? [100, Many] : [Many]);
                var (count, values) = (0, new HashSet<int>());
                table.TryScan([], (_, value) => values.Add(value.Length) | ++count > 0, out reason).Should().BeTrue(reason);
                (count, values.Count).Should().Be(((int)statistics.Entries, 1));
                if (name == fresh) File.Delete(fresh);
            }
            Directory.EnumerateFiles(_directory.Path).Select(Path.GetFileName).Should().BeSubsetOf(["rows", "t", "t-lock", "fresh", "fresh-lock"]);
        }
        killed.Should().BePositive();
        using var after = new LmdbTable(file);
        after.Put("and", "on");
        after.Get("and").Should().Be("on");
    }

    [LmdbFact]
    public void A_writer_waits_for_another_process_no_longer_than_said()
    {
        using var table = new LmdbTable(_directory.Loaded("t", ("a", "1")));
        // It holds the write lock while it waits for its input.
        using var holder = TableDirectory.Start("mdb_load", "-n", table.Path);
        holder.StandardInput.Write("VERSION=3\nformat=print\ntype=btree\nmapsize=1048576\nHEADER=END\n held\n by it\n");
        holder.StandardInput.Flush();
        var deadline = Stopwatch.StartNew();
        string? error = null;
        while (table.TryPut("b"u8, "2"u8, out error, TimeSpan.FromMilliseconds(50)) && deadline.Elapsed < TimeSpan.FromSeconds(20)) Thread.Yield();
        error.Should().Contain("another process");
        table.Get("a").Should().Be("1", "reading waits for nobody");
        var waiting = Task.Run(() => table.TryPut("c"u8, "3"u8, out _, TimeSpan.FromSeconds(30)));
        holder.StandardInput.Write("DATA=END\n");
        holder.StandardInput.Close();
        holder.WaitForExit();
        waiting.Result.Should().BeTrue();
        table.Get("held").Should().Be("by it");
        table.Get("c").Should().Be("3");
    }

    private Process Import(string rows) => TableDirectory.Start("dotnet", "exec", Program, "table", "import", _directory.File("t"), rows, "--replace");
}
