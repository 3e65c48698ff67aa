using System.Globalization;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

/// <summary>
/// Files that must be refused. Each folder under <c>spool-samples/hostile</c> holds a pair, or the half of it that is there, and
/// <c>expected.txt</c>: the token of the error, its offset and the sentence.
/// </summary>
public class HostileSampleTests
{
    public static TheoryData<string> Hostile => [.. Samples.Folders("hostile")];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Hostile_sample_is_refused_with_kind_offset_and_reason(string folder)
    {
        var path = Path.Combine(Samples.Root, "hostile", folder);
        var error = FirstError(path);

        var result = error is null ? "accepted" : string.Create(CultureInfo.InvariantCulture, $"{error.Kind.Token()}\n{error.Offset}\n{error.Reason}\n");
        result.Should().Be(File.ReadAllText(Path.Combine(path, "expected.txt")));
    }

    [Fact]
    public void One_recipient_more_than_Exim_takes_is_refused()
    {
        var (bytes, id) = Samples.HeaderFile("21-4.99-plain");
        var text = Samples.Text(bytes);
        var many = string.Concat(Enumerable.Range(0, SpoolLimits.MaxRecipients + 1).Select(i => $"r{i}@r.example\n"));
        text = text.Replace("XX\n1\nbob@r.example\n", $"XX\n{SpoolLimits.MaxRecipients + 1}\n{many}", StringComparison.Ordinal);

        HeaderFileReader.TryRead(Samples.Bytes(text), id, out _, out var error).Should().BeFalse();

        error!.ToString().Should().Be($"offset {text.IndexOf("\n16385\n", StringComparison.Ordinal) + 1}: recipient count '16385' is above 16384 (RecipientCount)");
    }

    [Fact]
    public void As_many_recipients_as_Exim_takes_are_read()
    {
        var header = Samples.Read("21-4.99-plain");
        header = header.WithRecipients(Enumerable.Range(0, SpoolLimits.MaxRecipients).Select(i => new Recipient(Samples.Bytes($"r{i}@r.example"))));

        Samples.Read(HeaderFileWriter.ToArray(header)).Recipients.Should().HaveCount(SpoolLimits.MaxRecipients);
    }

    [Fact]
    public void A_file_above_the_size_limit_is_refused_before_it_is_looked_at()
    {
        HeaderFileReader.TryRead(new byte[SpoolLimits.MaxHeaderFileBytes + 1], default, out _, out var error).Should().BeFalse();

        error!.Kind.Should().Be(SpoolParseErrorKind.TooLarge);
    }

    [Fact]
    public void Too_many_option_lines_are_refused()
    {
        var (bytes, id) = Samples.HeaderFile("21-4.99-plain");
        var text = Samples.Text(bytes).Replace("XX\n", string.Concat(Enumerable.Repeat("-x\n", SpoolLimits.MaxVariables)) + "XX\n", StringComparison.Ordinal);

        HeaderFileReader.TryRead(Samples.Bytes(text), id, out _, out var error).Should().BeFalse();

        error!.Kind.Should().Be(SpoolParseErrorKind.TooLarge);
    }

    private static SpoolParseError? FirstError(string path)
    {
        var name = Path.GetFileName(Directory.EnumerateFiles(path, "*-?").First());
        MessageId.TryParse(name.AsSpan(0, name.Length - 2), out var id).Should().BeTrue();
        var bodyPath = Path.Combine(path, id.BodyName);
        if (!File.Exists(Path.Combine(path, id.HeaderName)))
        {
            return new SpoolParseError(SpoolParseErrorKind.HeaderMissing, 0, $"there is no {id.HeaderName}");
        }

        if (!HeaderFileReader.TryRead(File.ReadAllBytes(Path.Combine(path, id.HeaderName)), id, out var header, out var error))
        {
            return error;
        }

        if (!File.Exists(bodyPath))
        {
            return new SpoolParseError(SpoolParseErrorKind.BodyMissing, 0, $"there is no {id.BodyName}");
        }

        var body = File.ReadAllBytes(bodyPath);
        if (!BodyForm.StartsWithNameLine(body, id))
        {
            return new SpoolParseError(SpoolParseErrorKind.BodyNameLine, 0, $"the file does not start with {id.BodyName}");
        }

        var lines = BodyForm.CountLines(body.AsSpan(id.BodyOffset));
        return header.BodyLineCount == lines
            ? null
            : new SpoolParseError(SpoolParseErrorKind.BodyLineCount, body.Length, $"the body has {lines} lines, -H gives {header.BodyLineCount}");
    }
}
