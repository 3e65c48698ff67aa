using System.Text;
using SpoolWorker.Passes.Mime;
using static SpoolWorker.Tests.Mime.MimeRig;

namespace SpoolWorker.Tests.Mime;

/// <summary>Attachments that are wrapped in something else than MIME: uuencode within text, and winmail.dat.</summary>
public class WrappedTests
{
    private const string Plain = "Subject: plain\n";

    private static readonly byte[] Program = [.. "MZ"u8, .. new byte[998]];

    private static string Uuencoded(string name, byte[] file, string mode = "644")
    {
        var lines = new StringBuilder($"begin {mode} {name}\n");
        foreach (var line in file.Chunk(45))
        {
            lines.Append((char)(' ' + line.Length));
            foreach (var three in line.Chunk(3))
            {
                var bits = (three[0] << 16) | ((three.Length > 1 ? three[1] : 0) << 8) | (three.Length > 2 ? three[2] : 0);
                for (var shift = 18; shift >= 0; shift -= 6) lines.Append(((bits >> shift) & 63) is var six and > 0 ? (char)(' ' + six) : '`');
            }
            lines.Append('\n');
        }
        return lines.Append("`\nend\n").ToString();
    }

    [Theory]
    [InlineData(false, int.MaxValue)]
    [InlineData(true, int.MaxValue)]
    [InlineData(false, 1)]
    [InlineData(true, 7)]
    public void Uuencode_in_text_is_an_attachment(bool isWire, int piece)
    {
        var facts = Read(Plain, $"Hello\n{Uuencoded("my holiday.exe", Program)}\nand more\n{Uuencoded("b.txt", "text"u8.ToArray())}", isWire, piece);

        facts.Names.Should().Equal("my holiday.exe", "b.txt");
        facts.Types.Should().Equal("application/x-dosexec");
        facts.Sizes.Should().Equal(1000, 4);
        facts.Error.Should().BeNull();
    }

    [Fact]
    public void It_is_found_in_every_text_part_and_looked_into_as_others_are()
    {
        var zip = Archives.Zip(("inner.exe", "MZ"u8.ToArray()));
        var facts = Read(Mixed, Body($"Content-Type: text/plain\nContent-Transfer-Encoding: quoted-printable\n\n{Uuencoded("a.zip", zip).Replace("=", "=3D", StringComparison.Ordinal)}", "Content-Type: text/html\n\n" + Uuencoded("b.exe", Program)));

        facts.Names.Should().Equal("a.zip", "b.exe");
        facts.Members.Should().Equal("inner.exe");
        facts.Error.Should().BeNull();
    }

    [Theory]
    [InlineData("begin reading here\n")]
    [InlineData("begin 644\n")]
    [InlineData("begin 999 a.exe\n")]
    [InlineData(" begin 644 a.exe\n")]
    [InlineData("beginning 644 a.exe\n")]
    public void What_only_looks_like_it_is_text(string text) => Read(Plain, text + "M2&5L;&\\\nend\n").Names.Should().BeEmpty();

    [Fact]
    public void One_without_an_end_counts_and_there_are_not_more_than_parts()
    {
        Read(Plain, "begin 644 a.exe\n#35H`\n").Should().BeEquivalentTo(new { Names = new[] { "a.exe" }, Types = new[] { "application/x-dosexec" } });
        Read(Plain, string.Concat(Enumerable.Repeat(Uuencoded("a.exe", [1]), MimeLimits.Parts))).Error.Should().Contain($"more than {MimeLimits.Parts} parts");
        Read(Plain, $"begin 644 {new string('x', 60_000)}.exe\n`\nend\n").Error.Should().Contain("name of an attachment has more than");
    }

    [Fact]
    public void One_without_an_end_does_not_hide_the_next() =>
        Read(Plain, "begin 644 note.txt\n#35H`\n" + Uuencoded("b.exe", Program)).Should().BeEquivalentTo(new { Names = new[] { "note.txt", "b.exe" }, Sizes = new[] { 3, 1000 }, Error = (string?)null });

    [Fact]
    public void Names_in_winmail_dat_are_counted_whether_or_not_anything_has_them()
    {
        var names = Enumerable.Range(0, MimeLimits.Members + 10).Select(n => ((byte)2, 0x00018010u, Encoding.ASCII.GetBytes($"{n}\0")));

        var facts = ReadTnef(Winmail.Of([.. names]));

        facts.Names.Should().HaveCount(MimeLimits.Members + 1);
        facts.Error.Should().Contain($"more than {MimeLimits.Members} members");
    }

    private static MimeFacts ReadTnef(byte[] tnef) => Read(Mixed, Body(Attached("winmail.dat", tnef, "application/ms-tnef")));

    [Fact]
    public void What_is_in_winmail_dat_is_attached()
    {
        var facts = ReadTnef(Winmail.Of([.. Winmail.Attachment("HOLID~1.EXE", "holiday.exe", Program), .. Winmail.Attachment("a.zip", null, Archives.Zip(("inner.exe", "MZ"u8.ToArray())))]));

        facts.Names.Should().Equal("winmail.dat", "HOLID~1.EXE", "holiday.exe", "a.zip");
        facts.Types.Should().Equal("application/ms-tnef", "application/vnd.ms-tnef", "application/x-dosexec", "application/zip");
        facts.Members.Should().Equal("inner.exe");
        facts.Error.Should().BeNull();
    }

    [Fact]
    public void A_damaged_one_is_an_error_and_no_exception()
    {
        var whole = Winmail.Of([.. Winmail.Attachment("a.exe", "long name.exe", Program)]);
        for (var length = 4; length < whole.Length; length += 3) ReadTnef(whole[..length]);
        ReadTnef(whole[..(whole.Length / 2)]).Error.Should().Contain("winmail.dat");
        var random = new Random(1);
        for (var i = 0; i < 2000; i++)
        {
            var bytes = (byte[])whole.Clone();
            for (var change = 0; change < 4; change++) bytes[random.Next(6, bytes.Length)] = (byte)random.Next(256);
            ReadTnef(bytes);
        }
    }

    [Fact]
    public void A_name_that_says_it_is_a_gigabyte_long_costs_no_memory()
    {
        var bytes = Winmail.Of((2, 0x00018010, "a.exe\0"u8.ToArray()));
        BitConverter.GetBytes(1 << 30).CopyTo(bytes, bytes.Length - 2 - 6 - 4);
        var properties = Winmail.Of([.. Winmail.Attachment("a", "b", [1])]);
        BitConverter.GetBytes(1 << 30).CopyTo(properties, properties.Length - 2 - 4 - 4);

        foreach (var tnef in new[] { bytes, properties })
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            ReadTnef(tnef).Error.Should().NotBeNull();
            (GC.GetAllocatedBytesForCurrentThread() - before).Should().BeLessThan(10 << 20);
        }
    }
}
