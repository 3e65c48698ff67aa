using System.Text;
using SpoolWorker.Operations.Tables;
using SpoolWorker.Passes.Lookup.Lmdb;
using SpoolWorker.Tests.Lookup;

namespace SpoolWorker.Tests.Commands;

public sealed class TableCommandTests : IDisposable
{
    private readonly Playground _play = new();

    private string Table => $"{_play.Path}/table.mdb";

    public void Dispose() => _play.Dispose();

    [LmdbFact]
    public void Rows_are_put_got_listed_and_deleted()
    {
        _play.Run("table", "get", Table, "a").Should().Match<Ran>(r => r.ExitCode == 75 && r.Error.Contains("No such file"));
        _play.Run("table", "put", Table, "Example.COM", "a value", "--lower").Should().Be(new Ran(0, "", ""));
        _play.Run("table", "put", Table, @"\00\ff\\", @"line\0abreak", "--escaped").ExitCode.Should().Be(0);
        _play.Run("table", "put", Table, ".example.com", "").ExitCode.Should().Be(0);
        _play.Run("table", "get", Table, "example.com").Should().Be(new Ran(0, "a value\n", ""));
        _play.Run("table", "get", Table, @"\00\ff\\", "--escaped").Output.Should().Be("line\\0abreak\n");
        _play.Run("table", "get", Table, "x.example.com").ExitCode.Should().Be(66);
        _play.Run("table", "get", Table, "x.Example.com", "--kind", "domain").Should().Be(new Ran(0, "\n", ""));
        var json = _play.Run("table", "get", Table, "other", "--json");
        (json.ExitCode, json.Json.GetProperty("found").GetBoolean()).Should().Be((66, false));
        var list = _play.Run("table", "list", Table, "--json").Json;
        list.GetArrayLength().Should().Be(3);
        list[0].GetProperty("keyBase64").GetBytesFromBase64().Should().Equal(0, 255, (byte)'\\');
        list[2].GetProperty("value").GetString().Should().Be("a value");
        _play.Run("table", "list", Table, "ex", "--limit", "5").Output.Should().MatchRegex(@"\Aexample\.com +a value\n\z");
        var stats = _play.Run("table", "stats", Table, "--json").Json;
        (stats.GetProperty("entries").GetInt32(), stats.GetProperty("readers").GetInt32(), stats.GetProperty("depth").GetInt32()).Should().Be((3, 0, 1));
        _play.Run("table", "delete", Table, "example.com", "nothing").Should().Match<Ran>(r => r.ExitCode == 66 && r.Error.Contains("'nothing' is not in"));
        _play.Run("table", "put", Table, "", "x").ExitCode.Should().Be(65);
        TableDirectory.Dumped(Table).Should().HaveCount(4).And.StartWith([@"\00\ff\"]);
    }

    [Theory]
    [InlineData("table", "list", "t.mdb")]
    [InlineData("table", "get", "t.mdb", "a")]
    [InlineData("table", "export", "t.mdb")]
    [InlineData("srs", "--help")]
    public void A_full_disk_behind_standard_output_is_told_in_one_line(params string[] arguments)
    {
        _play.Run("table", "put", $"{_play.Path}/t.mdb", "a", "b").ExitCode.Should().Be(0);
        var command = string.Join(' ', arguments.Select(a => a == "t.mdb" ? $"{_play.Path}/t.mdb" : a));
        var (exitCode, _, error) = new ProgramCall("sh", "-c", $"exec dotnet exec {AppContext.BaseDirectory}/spoolworker.dll {command} > /dev/full").Run();
        exitCode.Should().Be(74, error);
        error.Should().StartWith("spoolworker: ").And.Contain("No space left").And.NotContain("   at ");
    }

    [LmdbFact]
    public void What_mdb_dump_writes_is_imported_and_what_is_exported_mdb_load_reads()
    {
        using var made = new LmdbTable($"{_play.Path}/made");
        var random = new Random(4);
        made.TryCreate(new LmdbFileOptions(), t =>
        {
            for (var i = 0; i < 500; i++)
            {
                byte[] key = new byte[random.Next(1, 512)], value = new byte[random.Next(i % 10 == 0 ? 9000 : 40)];
                random.NextBytes(key);
                random.NextBytes(value);
                t.Put(key, value);
            }
        }, out _, out var error).Should().BeTrue(error);
        var hex = TableDirectory.Run("mdb_dump", "", "-n", made.Path).Output;
        File.WriteAllText($"{_play.Path}/hex", hex);
        _play.Run("table", "import", Table, $"{_play.Path}/hex").Should().Be(new Ran(0, $"imported 500 rows into {Table}\n", ""));
        Body(TableDirectory.Run("mdb_dump", "", "-n", Table).Output).Should().Be(Body(hex));
        foreach (var format in new[] { "dump", "csv" })
        {
            var file = $"{_play.Path}/rows.{format}";
            _play.Run("table", "export", Table, file, "--format", format).Should().Be(new Ran(0, "", ""));
            if (format == "dump") TableDirectory.Run("mdb_load", "", "-n", "-f", file, $"{_play.Path}/{format}").ExitCode.Should().Be(0);
            else _play.Run("table", "import", $"{_play.Path}/{format}", file).ExitCode.Should().Be(0);
            Body(TableDirectory.Run("mdb_dump", "", "-n", $"{_play.Path}/{format}").Output).Should().Be(Body(hex));
        }
        _play.Run("table", "export", Table, "--format", "lsearch").ExitCode.Should().Be(65);

        static string Body(string dump) => dump[dump.IndexOf("HEADER=END", StringComparison.Ordinal)..];
    }

    [LmdbFact]
    public void An_import_with_a_fault_names_it_and_changes_nothing()
    {
        _play.Run("table", "put", Table, "old", "1").ExitCode.Should().Be(0);
        File.WriteAllText($"{_play.Path}/rows", $"a: 1\n\n{new string('k', 600)}: 2\n");
        var ran = _play.Run("table", "import", Table, $"{_play.Path}/rows", "--replace");
        ran.ExitCode.Should().Be(65);
        ran.Error.Should().Contain($"{_play.Path}/rows:3: 'kkkk").And.Contain("a key of 600 bytes cannot be stored: 511 is the most");
        TableDirectory.Dumped(Table).Should().Equal("old", "1");
        _play.Run("table", "import", $"{_play.Path}/new", $"{_play.Path}/rows").ExitCode.Should().Be(65);
        File.Exists($"{_play.Path}/new").Should().BeFalse();
        _play.Run("table", "import", Table, "/nonexistent").ExitCode.Should().Be(66);
    }

    [LmdbFact]
    public void Rows_are_merged_or_replace_what_is_there()
    {
        File.WriteAllText($"{_play.Path}/one", "b: 1\nA: 2\nb: 3\n");
        _play.Run("table", "import", Table, $"{_play.Path}/one", "--lower", "--json").Json.GetProperty("duplicates").GetInt32().Should().Be(1);
        TableDirectory.Dumped(Table).Should().Equal("a", "2", "b", "1");
        File.WriteAllText($"{_play.Path}/two.csv", "key,value\r\nb,4\r\nc,\"5,\"\"\nx\"\r\nc,6\r\n");
        _play.Run("table", "import", Table, $"{_play.Path}/two.csv", "--header").ExitCode.Should().Be(0);
        TableDirectory.Dumped(Table).Should().Equal("a", "2", "b", "4", "c", "6");
        _play.Run("table", "import", Table, $"{_play.Path}/one", "--replace").ExitCode.Should().Be(0);
        TableDirectory.Dumped(Table).Should().Equal("A", "2", "b", "1");
        _play.Run("table", "export", Table, "--format", "lsearch").Output.Should().Be("A: 2\nb: 1\n");
    }

    [Theory]
    [InlineData(RowFormat.Dump, "VERSION=3\nformat=print\nHEADER=END\n a\\41\\\\\n \\zz\nDATA=END\n", "aA\\=\\zz")]
    [InlineData(RowFormat.Dump, "VERSION=3\r\nformat=bytevalue\r\ntype=btree\r\ndatabase=x\r\nHEADER=END\r\n 6100\r\n \r\nDATA=END\r\n", "a\0=")]
    [InlineData(RowFormat.Dump, "VERSION=3\nHEADER=END\nDATA=END\n", "")]
    [InlineData(RowFormat.Csv, "a,b\nc,\n\n\"d,\"\"e\",\"f\r\ng\"\r\nh,i", "a=b|c=|d,\"e=f\r\ng|h=i")]
    [InlineData(RowFormat.Csv, "\u00ef\u00bb\u00bfa, b ", "a= b ")]
    [InlineData(RowFormat.Lsearch, "a: 1\nb 2\n c\n\"d e\": 3\n", "a=1|b=2 c|d e=3")]
    internal void Rows_are_read(RowFormat format, string text, string rows)
    {
        var reader = RowReader.Create(format, new MemoryStream(Encoding.Latin1.GetBytes(text)), heading: false);
        var read = new List<string>();
        while (reader.Next()) read.Add($"{Encoding.Latin1.GetString(reader.Key)}={Encoding.Latin1.GetString(reader.Value)}");
        string.Join('|', read).Should().Be(rows);
        reader.Consumed.Should().Be(text.Length);
    }

    [Theory]
    [InlineData(RowFormat.Dump, "", 0, "no dump")]
    [InlineData(RowFormat.Dump, "VERSION=2\n", 1, "begins with VERSION=3")]
    [InlineData(RowFormat.Dump, "VERSION=3\nformat=print\n", 2, "before HEADER=END")]
    [InlineData(RowFormat.Dump, "VERSION=3\nformat=other\n", 2, "format=bytevalue")]
    [InlineData(RowFormat.Dump, "VERSION=3\ntype=hash\n", 2, "type=btree")]
    [InlineData(RowFormat.Dump, "VERSION=3\nformat=bytevalue\nHEADER=END\n 6\n", 4, "hexadecimal")]
    [InlineData(RowFormat.Dump, "VERSION=3\nformat=bytevalue\nHEADER=END\n 6x\n", 4, "hexadecimal")]
    [InlineData(RowFormat.Dump, "VERSION=3\nformat=print\nHEADER=END\nab\n", 4, "begins with a blank")]
    [InlineData(RowFormat.Dump, "VERSION=3\nformat=print\nHEADER=END\n a\nDATA=END\n", 5, "value of a key")]
    [InlineData(RowFormat.Dump, "VERSION=3\nformat=print\nHEADER=END\n a\n b\n", 5, "without DATA=END")]
    [InlineData(RowFormat.Dump, "VERSION=3\nformat=print\nHEADER=END\nDATA=END\nVERSION=3\n", 5, "one database")]
    [InlineData(RowFormat.Csv, "a,b\nc\n", 2, "one field")]
    [InlineData(RowFormat.Csv, "a,b,c\n", 1, "more than two")]
    [InlineData(RowFormat.Csv, "a,b\n\"c\nd", 2, "without an end")]
    [InlineData(RowFormat.Csv, "a,\"b\"c\n", 1, "behind a closing quote")]
    [InlineData(RowFormat.Csv, "a\"b,c\n", 1, "goes in quotes")]
    internal void A_fault_of_the_input_has_its_line(RowFormat format, string text, long line, string reason)
    {
        var reader = RowReader.Create(format, new MemoryStream(Encoding.Latin1.GetBytes(text)), heading: false);
        var read = () => { while (reader.Next()) { } };
        read.Should().Throw<RowException>().Where(e => e.Line == line && e.Message.Contains(reason), $"line {line}: {reason}");
    }

    [Fact]
    public void Lsearch_rows_read_back_as_they_were_written()
    {
        using var output = new MemoryStream();
        var writer = RowWriter.Create(RowFormat.Lsearch, output, heading: false, 0);
        string[] keys = ["plain", "a b", "a:b", "\"q\\", "#c", "\u0001\u007f\n7", "é", "2001:db8::1"];
        foreach (var key in keys) writer.Write(Encoding.UTF8.GetBytes(key), ":v # x"u8);
        output.Position = 0;
        var reader = RowReader.Create(RowFormat.Lsearch, output, heading: false);
        foreach (var key in keys)
        {
            reader.Next().Should().BeTrue();
            (Encoding.UTF8.GetString(reader.Key), Encoding.UTF8.GetString(reader.Value)).Should().Be((key, ":v # x"));
        }
        foreach (var value in new[] { "a\nb", " a", "a ", "a\0" }) FluentActions.Invoking(() => writer.Write("k"u8, Encoding.UTF8.GetBytes(value))).Should().Throw<RowException>();
    }

    [Fact]
    public void More_rows_than_fit_in_memory_are_sorted_and_equal_ones_keep_their_order()
    {
        using var sorter = new RowSorter();
        var value = new byte[2000];
        const int Count = 50_000;
        for (var i = 0; i < Count; i++)
        {
            BitConverter.TryWriteBytes(value, i);
            sorter.Add(Encoding.ASCII.GetBytes($"key-{i * 7919L % (Count / 2):00000}"), value);
        }
        for (var again = 0; again < 2; again++)
        {
            var rows = 0;
            var (last, lastValue) = ("", -1);
            sorter.Visit((key, found) =>
            {
                var (text, number) = (Encoding.ASCII.GetString(key), BitConverter.ToInt32(found));
                if (string.CompareOrdinal(text, last) is var order && (order < 0 || (order == 0 && number <= lastValue))) throw new InvalidOperationException($"{text} {number} behind {last} {lastValue}");
                (last, lastValue) = (text, number);
                rows++;
            });
            rows.Should().Be(Count);
        }
    }
}
