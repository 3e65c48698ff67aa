using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

/// <summary>The quick look never accepts what the reader refuses, and never tells anything else.</summary>
public sealed class HeaderGlanceTests
{
    public static TheoryData<string> Folders() => [.. Samples.Folders("valid")];

    [Theory]
    [MemberData(nameof(Folders))]
    public void Agrees_with_the_reader_on_every_prefix_and_every_changed_byte(string folder)
    {
        var (bytes, id) = Samples.HeaderFile(folder);
        HeaderGlance.TryRead(bytes, id, out _).Should().BeTrue("samples are usual files");
        for (var length = 0; length <= bytes.Length; length++) Compare(bytes.AsMemory(0, length), id, $"prefix {length}");
        var step = Math.Max(1, bytes.Length / 3000);
        for (var i = 0; i < bytes.Length; i += step)
        {
            var original = bytes[i];
            foreach (var other in new byte[] { 0, (byte)'\n', (byte)' ', (byte)'-', (byte)'0', (byte)'9', (byte)'*', (byte)'Y', 0xff })
            {
                bytes[i] = other;
                Compare(bytes, id, $"byte {i} = {other}");
            }
            bytes[i] = original;
        }
    }

    private static void Compare(ReadOnlyMemory<byte> file, MessageId id, string what)
    {
        if (!HeaderGlance.TryRead(file, id, out var glance)) return;
        if (!HeaderFileReader.TryRead(file, id, out var header, out var error)) Assert.Fail($"{what}: the reader says {error}");
        var pending = header.Recipients.Count(r => !header.NonRecipients.Contains(r.Address.Span));
        var size = header.Headers.Where(h => !h.IsDeleted).Sum(h => (long)h.Text.Length);
        if (glance.ReceivedTime != header.ReceivedTime || glance.IsFrozen != header.IsFrozen || glance.Recipients != header.Recipients.Length || glance.Pending != pending
            || glance.HeaderBytes != size || !glance.Sender.Span.SequenceEqual(header.Sender.Span)) Assert.Fail($"{what}: the glance tells something else");
    }
}
