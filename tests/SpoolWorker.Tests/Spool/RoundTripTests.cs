using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

/// <summary>Error or equal: what is read without an error is written byte for byte, whatever happened to the file.</summary>
public class RoundTripTests
{
    public static TheoryData<string> Valid => [.. Samples.Folders("valid")];

    [Fact]
    public void Both_generations_and_wire_format_are_among_the_samples()
    {
        Samples.Folders("valid").Should().HaveCountGreaterThanOrEqualTo(25);
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Sample_is_written_as_it_was_read(string folder)
    {
        var (bytes, id) = Samples.HeaderFile(folder);

        var header = Samples.Read(bytes, id);

        HeaderFileWriter.ToArray(header).Should().Equal(bytes);
        header.Id.Should().Be(id);
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Every_prefix_is_an_error_or_equal(string folder)
    {
        var (bytes, id) = Samples.HeaderFile(folder);
        for (var length = 0; length < bytes.Length; length++)
        {
            ErrorOrEqual(bytes.AsMemory(0, length), id, "prefix", length);
        }
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Every_changed_byte_is_an_error_or_equal(string folder)
    {
        var (bytes, id) = Samples.HeaderFile(folder);

        // all values for two small samples with most kinds of lines, telling ones for the rest
        byte[] values = folder.Contains("4.99-acl-vars", StringComparison.Ordinal) || folder.Contains("4.96-dsn", StringComparison.Ordinal)
            ? [.. Enumerable.Range(0, 256).Select(value => (byte)value)]
            : [0, (byte)'\n', (byte)' ', (byte)'-', (byte)'0', (byte)'1', (byte)'9', (byte)',', (byte)'#', (byte)'Y', (byte)'N', 0xff];
        for (var at = 0; at < bytes.Length; at++)
        {
            var original = bytes[at];
            foreach (var value in values)
            {
                bytes[at] = value;
                ErrorOrEqual(bytes, id, "changed byte", at);
            }

            bytes[at] = original;
        }
    }

    // asserts only on failure: a call of FluentAssertions costs more than reading the file
    private static void ErrorOrEqual(ReadOnlyMemory<byte> bytes, MessageId id, string change, int at)
    {
        var holds = HeaderFileReader.TryRead(bytes, id, out var header, out var error)
            ? HeaderFileWriter.ToArray(header).AsSpan().SequenceEqual(bytes.Span)
            : error.Offset >= 0 && error.Offset <= bytes.Length && error.Reason.Length > 0;
        if (!holds)
        {
            Assert.Fail($"{change} at {at}: {error?.ToString() ?? "written differently"}");
        }
    }
}
