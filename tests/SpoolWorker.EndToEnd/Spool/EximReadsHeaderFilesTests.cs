using System.Runtime.CompilerServices;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.EndToEnd.Spool;

/// <summary>A real Exim reads edited -H files and sees what was meant. It is the judge that shares no code with the writer.</summary>
public class EximReadsHeaderFilesTests
{
    private static readonly MessageIdGenerator Ids = new(TimeProvider.System, Environment.ProcessId);

    [EximFact]
    public void Exim_finds_everybody_who_is_done_in_a_rebuilt_tree()
    {
        using var spool = new EximScratchSpool();
        var random = new Random(7);
        var addresses = Enumerable.Range(0, 300).Select(_ => $"{new string([.. Enumerable.Range(0, random.Next(1, 6)).Select(_ => "ab\u00ff.-"[random.Next(5)])])}@r.example")
            .Distinct(StringComparer.Ordinal).ToList();
        var done = addresses.Where(_ => random.Next(2) == 0).ToHashSet(StringComparer.Ordinal);
        var header = Sample().WithRecipients(addresses.Select(address => new Recipient(Bytes(address))));

        // in steps, as deliveries come
        foreach (var step in done.Chunk(17))
        {
            header = header.WithDone(step.Select(address => (ReadOnlyMemory<byte>)Bytes(address)));
        }

        spool.Put(header);

        // "D address" is delivered, "  address" is not (queue.c)
        var lines = spool.Exim("-bp").Split('\n').Where(line => line.StartsWith("        ", StringComparison.Ordinal)).ToList();
        lines.Should().HaveCount(addresses.Count);
        lines.Where(line => line.StartsWith("        D ", StringComparison.Ordinal)).Select(line => line[10..]).Should().BeEquivalentTo(done);
    }

    [EximFact]
    public void Exim_sees_the_return_path_of_one_recipient()
    {
        using var spool = new EximScratchSpool();
        spool.Put(Sample().WithRecipients(
        [
            new Recipient(Bytes("plain@r.example")),
            new Recipient(Bytes("srs@r.example")).WithErrorsTo(Bytes("SRS0=abcd=xy=s.example=alice@f.example")),
            new Recipient(Bytes("\"two words\"@r.example")).WithErrorsTo(Bytes("err@f.example")).WithDsn(Bytes("rfc822;o@o.example"), 28),
            new Recipient(Bytes("a b 5")),
        ]));

        var output = spool.Exim("-d-all+deliver", "-bp");

        output.Should().Contain("address: <srs@r.example> errorsto: <SRS0=abcd=xy=s.example=alice@f.example>");
        output.Should().Contain("address: <\"two words\"@r.example> errorsto: <err@f.example>");
        output.Should().Contain("address: <\"two words\"@r.example> orcpt: <rfc822;o@o.example> dsn_flags: 0x1c");
        output.Should().NotContain("address: <plain@r.example>").And.NotContain("format error").And.Contain("          a b 5\n");
    }

    [EximFact]
    public void Exim_reads_every_edited_sample_and_its_values()
    {
        using var spool = new EximScratchSpool();
        var edited = Directory.EnumerateFiles(Path.Combine(SourceFolder(), "../../../spool-samples/valid"), "*-H", SearchOption.AllDirectories)
            .Select(file => Read(File.ReadAllBytes(file)).WithId(Ids.Next(longForm: false)).Thawed()
                .WithSender(Bytes("new@f.example"))
                .WithVariable("aclm_spool", "one\n-N\n\nXX\n0", tainted: true)
                .WithHeaderOnTop(HeaderLine.Create("X-Spool: on top;\n\tfolded\n"))
                .WithHeaderAtEnd(HeaderLine.Create("X-Spool-End: last\n")))
            .ToList();
        edited.ForEach(spool.Put);

        var list = spool.Exim("-bp");

        list.Should().NotContain("format error").And.NotContain("frozen");
        foreach (var header in edited)
        {
            list.Should().Contain($" {header.Id} <new@f.example>");
            spool.Exim("-Mset", header.Id.ToString(), "-be", "<$sender_address|$acl_m_spool|$h_x-spool:|$h_x-spool-end:|$recipients_count>")
                .Should().Contain($"<new@f.example|one\n-N\n\nXX\n0|on top;\n\tfolded|last|{header.Recipients.Length}>");
        }
    }

    private static HeaderFile Sample() =>
        Read(File.ReadAllBytes(Directory.EnumerateFiles(Path.Combine(SourceFolder(), "../../../spool-samples/valid/11-4.96-plain"), "*-H").Single()));

    private static HeaderFile Read(byte[] bytes)
    {
        HeaderFileReader.TryRead(bytes, default, out var header, out var error).Should().BeTrue("{0}", error);
        return header!;
    }

    private static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
