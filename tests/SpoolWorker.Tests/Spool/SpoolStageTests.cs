using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

/// <summary>A pair with a body of its own: new file, right counts, invisible until committed.</summary>
public sealed class SpoolStageTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("", 0, 0)]
    [InlineData("one\ntwo\n", 2, 0)]
    [InlineData("a\0b\0\nno end", 1, 2)]
    public void A_new_body_is_written_with_its_counts(string body, long lines, long zeros)
    {
        var stage = new SpoolStage(new SpoolDirectory(_directory), SpoolOwnership.Of(_directory), "tag12345");
        using var stream = new MemoryStream(Encoding.Latin1.GetBytes(body));
        var header = Header("1xVVht-000477-0i", "-body_linecount 77\n");

        using var staged = stage.TryStage(header, stream);

        new SpoolDirectory(_directory).Messages().Should().BeEmpty("nothing is visible before the commit");
        staged!.Commit();
        File.ReadAllBytes($"{_directory}/1xVVht-000477-0i-D").Should().Equal(Encoding.Latin1.GetBytes("1xVVht-000477-0i-D\n" + body));
        HeaderFileReader.TryRead(File.ReadAllBytes($"{_directory}/1xVVht-000477-0i-H"), header.Id, out var read, out var error).Should().BeTrue($"{error}");
        read!.BodyLineCount.Should().Be(lines);
        (read.Find("body_zerocount")?.Text ?? "0").Should().Be(zeros.ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Fact]
    public void Wire_format_carries_no_line_count()
    {
        var stage = new SpoolStage(new SpoolDirectory(_directory), SpoolOwnership.Of(_directory), "tag12345");
        using var stream = new MemoryStream("one\r\n"u8.ToArray());
        using var staged = stage.TryStage(Header("1xVVht-000477-0i", "-spool_file_wireformat\n"), stream);
        staged!.Commit();
        File.ReadAllText($"{_directory}/1xVVht-000477-0i-H").Should().Contain("-spool_file_wireformat\n").And.NotContain("body_linecount");
    }

    [Fact]
    public void A_taken_id_is_an_answer_and_leaves_nothing_behind()
    {
        File.WriteAllText($"{_directory}/1xVVht-000477-0i-D", "someone's");
        var stage = new SpoolStage(new SpoolDirectory(_directory), SpoolOwnership.Of(_directory), "tag12345");
        using var stream = new MemoryStream();
        stage.TryStage(Header("1xVVht-000477-0i", "-body_linecount 0\n"), stream).Should().BeNull();
        Directory.GetFiles(_directory).Should().ContainSingle().Which.Should().EndWith("-D");
        File.ReadAllText($"{_directory}/1xVVht-000477-0i-D").Should().Be("someone's");
    }

    [Fact]
    public void Sweep_removes_only_what_carries_our_tag()
    {
        var directory = new SpoolDirectory(_directory);
        using var stream = new MemoryStream();
        new SpoolStage(directory, SpoolOwnership.Of(_directory), "tagmine1").TryStage(Header("1xVVht-000477-0i", "-body_linecount 0\n"), stream)!.Dispose();
        new SpoolStage(directory, SpoolOwnership.Of(_directory), "tagother").TryStage(Header("1xVVht-000477-0k", "-body_linecount 0\n"), stream)!.Dispose();

        new SpoolStage(directory, SpoolOwnership.Of(_directory), "tagmine1").Sweep(new HashSet<string>()).Should().ContainSingle();

        Directory.GetFiles(_directory).Select(Path.GetFileName).Should().BeEquivalentTo("hdr.1xVVht-000477-0k.tagother", "1xVVht-000477-0k-D");
    }

    private static HeaderFile Header(string id, string variables)
    {
        var text = $"{id}-H\nroot 0 0\n<a@from.example>\n1795446709 0\n{variables}XX\n1\nb@to.example\n\n021F From: a@from.example\n";
        HeaderFileReader.TryRead(Encoding.ASCII.GetBytes(text), default, out var header, out var error).Should().BeTrue($"{error}");
        return header!;
    }
}
