using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Lookup.Lmdb;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Lookup;

public sealed class LmdbTableTests : IDisposable
{
    private readonly TableDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [LmdbFact]
    public void What_mdb_load_wrote_is_found()
    {
        var rows = Enumerable.Range(0, 5000).Select(i => ($"key{i * 7919 % 5000:00000}", $"value {i}")).ToArray();
        using var table = new LmdbTable(_directory.Loaded("t", rows));
        foreach (var (key, value) in rows) table.Get(key).Should().Be(value);
        foreach (var key in new[] { "", "key", "key00000x", "zzz", "a", new string('k', 600) }) table.Get(key).Should().BeNull(key);
    }

    [LmdbFact]
    public void What_is_written_mdb_dump_reads()
    {
        using var table = Made();
        table.Put("user@example.com", "a value");
        table.Put("empty", "");
        table.TryPut([0, 255, (byte)'\\'], [.. Enumerable.Range(0, 256).Select(i => (byte)i)], out var error).Should().BeTrue(error);
        table.Put("large", new string('x', 20_000));
        table.Put("user@example.com", "another");
        table.Put("gone", "soon");
        table.TryDelete("gone"u8, out var deleted, out _).Should().BeTrue();
        table.TryDelete("gone"u8, out var again, out _).Should().BeTrue();
        (deleted, again).Should().Be((true, false));
        table.Get("large").Should().HaveLength(20_000);
        table.Get("empty").Should().BeEmpty();
        var dumped = TableDirectory.Dumped(table.Path);
        dumped.Should().HaveCount(8).And.ContainInConsecutiveOrder("user@example.com", "another").And.ContainInConsecutiveOrder("empty", "");
        // Debian's mdb_dump 0.9.24 leaves a backslash as it is.
        dumped[0].Should().BeOneOf(@"\00\ff\", @"\00\ff\\");
        File.GetUnixFileMode(table.Path).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        File.GetUnixFileMode(table.Path + "-lock").Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.GroupWrite);
    }

    [LmdbFact]
    public void Many_threads_write_and_each_sees_his_own()
    {
        using var table = Made();
        Parallel.For(0, 200, i =>
        {
            table.Put($"k{i}", $"v{i}");
            table.Get($"k{i}").Should().Be($"v{i}");
        });
        TableDirectory.Dumped(table.Path).Should().HaveCount(400);
    }

    [LmdbFact]
    public void The_map_grows_by_itself_in_place_and_when_made()
    {
        using var table = Made();
        var value = new byte[100_000];
        for (var round = 0; round < 3; round++)
        {
            table.TryWrite(t =>
            {
                for (var i = 0; i < 150; i++) t.Put(Key(round, i), value);
            }, out var error).Should().BeTrue(error);
        }
        table.TryStatistics(out var statistics, out _).Should().BeTrue();
        statistics!.Entries.Should().Be(450);
        statistics.MapSize.Should().BeGreaterThan(45_000_000);
        table.Find(Key(2, 149), out var found, out _).Should().Be(LookupState.Found);
        found.Should().HaveCount(100_000);

        using var made = new LmdbTable(_directory.File("made"));
        made.TryCreate(new LmdbFileOptions(), t =>
        {
            for (var i = 0; i < 400; i++) t.Append(Key(0, i), value);
        }, out _, out var fault).Should().BeTrue(fault);
        TableDirectory.Dumped(made.Path).Should().HaveCount(800);

        static byte[] Key(int round, int i) => string.Create(CultureInfo.InvariantCulture, $"{round}-{i:000}").Bytes();
    }

    [LmdbFact]
    public void A_transaction_whose_work_throws_changes_nothing_and_hurts_no_other()
    {
        using var table = Made();
        table.Put("a", "1");
        var throwing = () => table.TryWrite(t =>
        {
            t.Put("a"u8, "2"u8);
            t.Clear();
            throw new FormatException("line 3");
        }, out _);
        throwing.Should().Throw<FormatException>().WithMessage("line 3");
        table.Get("a").Should().Be("1");
        table.TryPut([], "x"u8, out var error).Should().BeFalse();
        error.Should().Contain("empty key");
        table.TryPut(new byte[512], "x"u8, out error).Should().BeFalse();
        error.Should().Contain("511");
        table.TryPut(new byte[511], "x"u8, out error).Should().BeTrue(error);
    }

    [LmdbFact]
    public void A_table_is_made_once_and_never_over_another()
    {
        using var table = Made();
        table.Put("a", "1");
        using var other = new LmdbTable(table.Path);
        other.TryCreate(new LmdbFileOptions(), out var error).Should().BeTrue(error);
        other.TryCreate(new LmdbFileOptions(), null, out var exists, out _).Should().BeFalse();
        exists.Should().BeTrue();
        other.Get("a").Should().Be("1");
        Directory.EnumerateFiles(_directory.Path).Should().HaveCount(2);
        new LmdbTable("/nonexistent/table").TryCreate(new LmdbFileOptions(), out error).Should().BeFalse();
        error.Should().Contain("No such file");
    }

    [LmdbFact]
    public void A_missing_table_is_unavailable_until_it_is_there_and_again_when_it_is_gone()
    {
        var clock = new FakeClock();
        using var table = new LmdbTable(_directory.File("t"), clock);
        table.Find("a"u8, out _, out var reason).Should().Be(LookupState.Unavailable);
        reason.Should().Contain(table.Path).And.Contain("No such file");
        table.TryPut("a"u8, "b"u8, out var error).Should().BeFalse();
        error.Should().Contain("No such file");
        _directory.Loaded("t", ("a", "1"));
        table.Get("a").Should().Be("1");
        // Another file in its place.
        File.Move(_directory.Loaded("u", ("a", "2")), table.Path, overwrite: true);
        clock.Advance(TimeSpan.FromSeconds(2));
        table.Get("a").Should().Be("2");
        File.Delete(table.Path + "-lock");
        table.Put("a", "3");
        table.Get("a").Should().Be("3");
        File.Move(_directory.Loaded("v", ("a", "4")), table.Path, overwrite: true);
        File.Delete(table.Path + "-lock");
        table.Put("b", "5");
        TableDirectory.Dumped(table.Path).Should().Equal("a", "4", "b", "5");
        File.Delete(table.Path);
        clock.Advance(TimeSpan.FromSeconds(2));
        table.Find("a"u8, out _, out _).Should().Be(LookupState.Unavailable);
    }

    [LmdbFact]
    public void A_table_exchanged_under_a_living_lock_file_is_not_written()
    {
        using var table = new LmdbTable(_directory.Loaded("t", ("a", "1")));
        for (var i = 0; i < 5; i++) table.Put("a", $"{i}");
        File.Copy(_directory.Loaded("u", [("a", "2"), .. Enumerable.Range(0, 2000).Select(i => ($"k{i}", "v"))]), table.Path, overwrite: true);
        table.TryPut("a"u8, "lost"u8, out var error).Should().BeFalse();
        error.Should().Contain("exchanged").And.Contain("-lock");
        table.Get("a").Should().Be("2");
    }

    [LmdbFact]
    public void A_table_in_use_under_its_own_name_is_read_and_not_written_through_a_link()
    {
        using var table = new LmdbTable(_directory.Loaded("t", ("a", "1")));
        var link = _directory.File("link");
        File.CreateSymbolicLink(link, table.Path);
        using var linked = new LmdbTable(link);
        linked.Get("a").Should().Be("1");
        linked.TryPut("a"u8, "2"u8, out var error).Should().BeFalse();
        error.Should().Contain($"is a link to {table.Path}").And.Contain($"{table.Path}-lock");
        linked.TryScan([], (_, _) => true, out var reason).Should().BeTrue(reason);
        File.Exists(link + "-lock").Should().BeFalse();
        // Where the link's name is the one in use it is good for writing.
        File.Delete(table.Path + "-lock");
        linked.Put("a", "3");
        TableDirectory.Dumped(link).Should().Equal("a", "3");
    }

    [LmdbFact]
    public void The_map_is_made_of_whole_pages()
    {
        using var table = new LmdbTable(_directory.File("t"));
        table.TryCreate(new LmdbFileOptions(), t => t.Put("a"u8, "1"u8), out _, out var error, room: 4711).Should().BeTrue(error);
        table.TryStatistics(out var made, out error).Should().BeTrue(error);
        table.TryWrite(t => t.Put("a"u8, "2"u8), out error, room: made!.MapSize + 815).Should().BeTrue(error);
        table.TryStatistics(out var grown, out error).Should().BeTrue(error);
        (made.MapSize % made.PageSize, grown!.MapSize % made.PageSize).Should().Be((0, 0));
        grown.MapSize.Should().BeGreaterThan(made.MapSize);
    }

    [LmdbFact]
    public void Foreign_files_are_told_apart()
    {
        Fault("empty", []).Should().Contain("is empty");
        Fault("text", "a: b\n"u8.ToArray()).Should().Contain("no LMDB file");
        Fault("noise", [.. Enumerable.Range(0, 20_000).Select(i => (byte)(i * 31))]).Should().Contain("no LMDB file");
        var sound = File.ReadAllBytes(_directory.Loaded("t", ("a", "1")));
        Fault("head", sound[..4096]).Should().Contain("truncated");
        Fault("short", sound[..8192]).Should().Contain("truncated");
        Fault("32", With(With(sound, 16, new byte[8]), 12, sound[16..20])).Should().Contain("32-bit");
        Fault("1.0", With(With(sound, 16, new byte[8]), 24, [.. sound[16..20], 3, 0, 0, 0])).Should().Contain("LMDB 1.0");
        Fault("2", With(sound, 20, [2])).Should().Contain("format 2");
        Fault("big", With(sound, 16, [0xbe, 0xef, 0xc0, 0xde])).Should().Contain("big-endian");
        Fault("size", With(sound, 40, [1, 2, 3, 4])).Should().Contain("makes no sense");
        new LmdbTable("/dev/null").Fault().Should().Contain("not a regular file");
        new LmdbTable(_directory.Path).Fault().Should().Contain("not a regular file");

        string Fault(string name, byte[] content)
        {
            File.WriteAllBytes(_directory.File(name), content);
            using var table = new LmdbTable(_directory.File(name));
            table.Find("a"u8, out _, out var reason).Should().Be(LookupState.Unavailable);
            table.TryPut("a"u8, "b"u8, out var error).Should().BeFalse();
            error.Should().Be(reason);
            return reason!;
        }

        static byte[] With(byte[] bytes, int at, byte[] change)
        {
            var copy = bytes.ToArray();
            change.CopyTo(copy, at);
            return copy;
        }
    }

    [LmdbFact]
    public void A_broken_file_never_ends_the_process()
    {
        var rows = Enumerable.Range(0, 3000).Select(i => ($"key{i:00000}", new string('v', i % 300 == 0 ? 5000 : 20))).ToArray();
        var sound = File.ReadAllBytes(_directory.Loaded("t", rows));
        var random = new Random(20261123);
        var (unavailable, writes) = (0, 0);
        for (var round = 0; round < 150; round++)
        {
            var broken = sound.ToArray();
            if (round % 3 == 0) broken = broken[..random.Next(broken.Length)];
            else for (var i = 0; i < 60; i++) broken[random.Next(broken.Length)] = (byte)random.Next(256);
            // Whole headers of pages, too: that is where a walk goes astray.
            if (round % 3 == 2) for (var i = 0; i < 10; i++) random.NextBytes(broken.AsSpan(4096 * random.Next(2, broken.Length / 4096), 24));
            var file = _directory.File($"b{round}");
            File.WriteAllBytes(file, broken);
            using var table = new LmdbTable(file);
            for (var i = 0; i < 200; i++)
            {
                if (table.Find(rows[random.Next(rows.Length)].Item1.Bytes(), out _, out var reason) == LookupState.Unavailable)
                {
                    unavailable++;
                    reason.Should().StartWith(file);
                }
            }
            table.TryScan([], (_, _) => true, out _);
            table.TryStatistics(out _, out _);
            if (table.TryPut(rows[random.Next(rows.Length)].Item1.Bytes(), "new"u8, out _)) writes++;
            table.TryWrite(t => t.Clear(), out _);
            File.Delete(file);
        }
        unavailable.Should().BePositive();
        writes.Should().BePositive("small damage leaves most pages whole");
    }

    [LmdbFact]
    public void A_file_cut_short_while_it_is_open_is_unavailable_and_well_again()
    {
        var file = _directory.Loaded("t", [.. Enumerable.Range(0, 3000).Select(i => ($"k{i:0000}", "v"))]);
        var sound = File.ReadAllBytes(file);
        using var table = new LmdbTable(file);
        table.Get("k0000").Should().Be("v");
        table.Put("k0000", "w");
        foreach (var length in new[] { 0, 100, 4096, 8192, 12288 })
        {
            using (var open = File.OpenWrite(file)) open.SetLength(length);
            table.Find("k0000"u8, out _, out _).Should().Be(LookupState.Unavailable);
            table.TryPut("k0000"u8, "x"u8, out _).Should().BeFalse();
        }
        using (var open = File.OpenWrite(file)) open.Write(sound);
        table.Get("k0000").Should().Be("v");
    }

    [LmdbFact]
    public void Several_values_give_the_first_and_are_not_written()
    {
        foreach (var (name, count) in new[] { ("few", 3), ("many", 2000) })
        {
            var dump = "VERSION=3\nformat=print\ntype=btree\nmapsize=16777216\ndupsort=1\nHEADER=END\n" + string.Concat(Enumerable.Range(0, count).Select(i => $" key\n {i:0000}\n")) + "DATA=END\n";
            TableDirectory.Run("mdb_load", dump, "-n", _directory.File(name)).ExitCode.Should().Be(0);
            using var table = new LmdbTable(_directory.File(name));
            table.Get("key").Should().Be("0000");
            table.TryPut("key"u8, "x"u8, out var error).Should().BeFalse();
            error.Should().Contain("dupsort");
        }
        var reversed = "VERSION=3\nformat=print\ntype=btree\nmapsize=1048576\nreversekey=1\nHEADER=END\n key\n v\nDATA=END\n";
        TableDirectory.Run("mdb_load", reversed, "-n", _directory.File("r")).ExitCode.Should().Be(0);
        new LmdbTable(_directory.File("r")).Find("key"u8, out _, out var reason).Should().Be(LookupState.Unavailable);
        reason.Should().Contain("reversekey");
    }

    [LmdbFact]
    public void A_scan_shows_one_state_in_order_from_a_key_on()
    {
        var file = _directory.Loaded("t", [.. Enumerable.Range(0, 2000).Select(i => ($"k{i:0000}", "old"))]);
        using var table = new LmdbTable(file);
        var seen = new List<string>();
        table.TryScan("k0500"u8, (key, value) =>
        {
            if (seen.Count == 0) for (var i = 0; i < 20; i++) table.TryWrite(t => { for (var j = 0; j < 2000; j++) t.Put($"k{j:0000}".Bytes(), "new"u8); }, out _).Should().BeTrue();
            value.SequenceEqual("old"u8).Should().BeTrue();
            seen.Add(Encoding.ASCII.GetString(key));
            return true;
        }, out var reason).Should().BeTrue(reason);
        seen.Should().Equal(Enumerable.Range(500, 1500).Select(i => $"k{i:0000}"));
        table.Get("k0000").Should().Be("new");
    }

    [LmdbFact]
    public void Lists_search_tables_by_the_kind_of_key()
    {
        var file = _directory.Loaded("t", ("sub.example.com", "exact"), (".example.com", "below"), ("user@example.org", "address"), ("192.0.2.0/24", "24"), ("192.0.0.0/16", "16"),
            ("2001:db8::/32", "32"), ("münchen.example", "grüß"));
        LookupList Of(LookupKind kind)
        {
            LookupList.TryParse([$"lmdb;{file}"], kind, out var list, out var error).Should().BeTrue(error);
            return list!;
        }
        Of(LookupKind.Domain).Find("Sub.Example.com").Value.Should().Be("exact");
        Of(LookupKind.Domain).Find("a.b.example.com").Value.Should().Be("below");
        Of(LookupKind.Domain).Find("example.com").State.Should().Be(LookupState.NotFound);
        Of(LookupKind.Domain).Find("münchen.example").Value.Should().Be("grüß");
        Of(LookupKind.Address).Find("user@example.org").Value.Should().Be("address");
        Of(LookupKind.Network).Find("::ffff:192.0.2.1").Value.Should().Be("24");
        Of(LookupKind.Network).Find("192.0.3.1").Value.Should().Be("16");
        Of(LookupKind.Network).Find("2001:DB8:1::1").Value.Should().Be("32");
        Of(LookupKind.Network).Find("2001:db9::1").State.Should().Be(LookupState.NotFound);
        var list = Of(LookupKind.Domain);
        using (var open = File.OpenWrite(file)) open.SetLength(5000);
        list.Find("sub.example.com").State.Should().Be(LookupState.Unavailable);
        LookupList.TryParse([$"lmdb;{file}"], LookupKind.Domain, out _, out var fault).Should().BeFalse();
        fault.Should().Contain("truncated");
    }

    private LmdbTable Made()
    {
        var table = new LmdbTable(_directory.File("made" + Guid.NewGuid().ToString("N")));
        table.TryCreate(new LmdbFileOptions(), out var error).Should().BeTrue(error);
        return table;
    }
}
