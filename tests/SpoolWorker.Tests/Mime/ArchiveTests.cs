using System.Formats.Tar;
using SpoolWorker.Passes.Mime;
using static SpoolWorker.Tests.Mime.Archives;
using static SpoolWorker.Tests.Mime.MimeRig;

namespace SpoolWorker.Tests.Mime;

/// <summary>What is in archives, in archives in archives, in damaged ones and in bombs.</summary>
public class ArchiveTests
{
    private static readonly byte[] Program = "MZ a program"u8.ToArray();

    public static TheoryData<TarEntryFormat> Formats => [TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu];

    [Fact]
    public void Members_of_a_zip_are_told_whatever_it_is_called()
    {
        var facts = OfArchive("photo.jpg", Zip(("docs/readme.txt", Bytes("hi")), ("run.exe", Program), ("ünicode.js", Bytes("1"))));
        facts.Members.Should().Equal("docs/readme.txt", "run.exe", "ünicode.js");
        facts.Types.Should().Equal("application/octet-stream", "application/zip");
        facts.IsEncrypted.Should().BeFalse();
        facts.Error.Should().BeNull();
    }

    [Theory]
    [MemberData(nameof(Formats))]
    public void Members_of_a_tar_are_told(TarEntryFormat format)
    {
        var facts = OfArchive("a.tar", Tar(format, ("dir/one.txt", Bytes("hi")), ("two.exe", Program), ("empty", [])));
        facts.Members.Should().Equal("dir/one.txt", "two.exe", "empty");
        facts.Error.Should().BeNull();
    }

    [Theory]
    [InlineData(TarEntryFormat.Pax)]
    [InlineData(TarEntryFormat.Gnu)]
    public void Long_names_of_a_tar_are_whole(TarEntryFormat format)
    {
        var name = string.Concat(Enumerable.Repeat("directory/", 40)) + "näme.exe";
        OfArchive("a.tar", Tar(format, (name, Program))).Members.Should().Equal(name);
    }

    [Fact]
    public void Archives_in_archives_are_looked_into()
    {
        var inner = Zip(("deep.exe", Program));
        var tar = Tar(TarEntryFormat.Ustar, ("inner.zip", inner), ("plain.txt", Bytes("hi")));
        var facts = OfArchive("all.tar.gz", Gzip(tar));
        facts.Members.Should().Equal("all.tar", "all.tar/inner.zip", "all.tar/inner.zip/deep.exe", "all.tar/plain.txt");
        facts.Error.Should().BeNull();
    }

    [Fact]
    public void An_encrypted_member_is_told_and_no_error()
    {
        var facts = OfArchive("a.zip", Encrypted(Zip(("secret.exe", Program), ("open.txt", Bytes("hi")))));
        facts.IsEncrypted.Should().BeTrue();
        facts.Members.Should().Equal("secret.exe", "open.txt");
        facts.Error.Should().BeNull();
    }

    [Fact]
    public void Archives_too_deep_in_each_other_are_an_error()
    {
        var archive = Program;
        for (var i = 0; i < MimeLimits.ArchiveDepth + 1; i++) archive = Zip(($"{i}.zip", archive));
        OfArchive("a.zip", archive).Error.Should().Be($"archives lie in each other more than {MimeLimits.ArchiveDepth} deep");
    }

    [Fact]
    public void More_members_than_anybody_sends_are_an_error()
    {
        var facts = OfArchive("a.zip", Zip([.. Enumerable.Range(0, MimeLimits.Members + 5).Select(i => ($"{i}", Array.Empty<byte>()))]));
        facts.Error.Should().Be($"its archives have more than {MimeLimits.Members} members");
        facts.Members.Should().HaveCount(MimeLimits.Members);
    }

    [Fact]
    public void A_bomb_ends_at_its_limit()
    {
        // 1 GiB of zeros behind the head of a tar file, twice packed: some kilobytes.
        var bomb = Gzip(Gzip([.. Tar(TarEntryFormat.Ustar, ("zeros", [])), .. new byte[1 << 30]]));
        bomb.Length.Should().BeLessThan(100_000);
        OfArchive("a.gz", bomb).Error.Should().Be($"its archives come to more than {MimeLimits.ArchiveBytes >> 20} MiB");
        Directory.EnumerateFiles(Path.GetTempPath(), "spoolworker-????????????????????????????????").Should().BeEmpty("nothing is left of it");
    }

    [Fact]
    public void A_directory_without_end_is_not_read_into_memory()
    {
        var zip = Zip([.. Enumerable.Range(0, 30_000).Select(i => (new string('n', 200) + i, Array.Empty<byte>()))]);
        zip.Length.Should().BeGreaterThan(2 * MimeLimits.ZipDirectory);
        OfArchive("a.zip", zip).Error.Should().StartWith("the archive 'a.zip' cannot be read");
    }

    [Fact]
    public void A_damaged_archive_is_an_error_and_what_was_read_stays()
    {
        var tar = Tar(TarEntryFormat.Ustar, ("first.txt", Bytes("hi")), ("second.exe", Program));
        tar[1024 + 3] ^= 0xFF;
        var facts = OfArchive("a.tar", tar);
        facts.Members.Should().Equal("first.txt");
        facts.Error.Should().Be("a tar file cannot be read: no header at offset 1024");
        OfArchive("a.zip", Zip(("a", Program))[..^10]).Error.Should().StartWith("the archive 'a.zip' cannot be read");
    }

    [Fact]
    public void Both_names_of_a_gz_file_are_told_as_programs_take_one_or_the_other()
    {
        var gz = Gzip(Program);
        // RFC 1952, 2.3.1: FLG.FNAME, and the name behind the ten bytes that are always there.
        byte[] named = [.. gz[..3], 8, .. gz[4..10], .. "sub/harmless.txt\0"u8, .. gz[10..]];
        OfArchive("run.exe.gz", named).Members.Should().Equal("harmless.txt", "run.exe");
        OfArchive("data", named).Members.Should().Equal("harmless.txt");
        OfArchive("run.exe.gz", gz).Members.Should().Equal("run.exe");
    }

    [Theory]
    [InlineData("a.zip", "application/octet-stream")]
    [InlineData("a.JAR", "application/octet-stream")]
    [InlineData("a", "application/x-zip-compressed")]
    public void A_zip_behind_other_bytes_is_an_error_as_programs_open_it_all_the_same(string name, string type)
    {
        byte[] hidden = [.. "GIF89a"u8, .. new byte[100], .. Zip(("run.exe", Program))];
        Read(Mixed, Body(Attached(name, hidden, type))).Error.Should().Be($"the archive '{name}' does not begin as a zip file does");
        OfArchive("outer.zip", Zip(("in.zip", hidden))).Error.Should().Be("the archive 'in.zip' does not begin as a zip file does");
        OfArchive("picture.gif", hidden).Error.Should().BeNull("nobody opens it as one");
    }

    [Fact]
    public void Whatever_bytes_change_nothing_is_thrown()
    {
        var random = new Random(17);
        byte[][] whole =
        [
            Zip(("a.txt", Bytes("some text that is packed")), ("b.zip", Zip(("c", Program)))), Tar(TarEntryFormat.Pax, (new string('p', 300), Program), ("q.gz", Gzip(Program))),
            Gzip(Tar(TarEntryFormat.Gnu, (new string('g', 300), Program))),
        ];
        for (var i = 0; i < 1500; i++)
        {
            var archive = whole[i % whole.Length].ToArray();
            for (var n = random.Next(1, 6); n > 0; n--) archive[random.Next(archive.Length)] = (byte)random.Next(256);
            if (i % 7 == 0) archive = archive[..random.Next(1, archive.Length)];
            var look = () => OfArchive("a", archive);
            look.Should().NotThrow("run {0}", i);
        }
    }
}
