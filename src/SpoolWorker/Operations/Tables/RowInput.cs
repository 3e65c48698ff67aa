// What rows come from; sees what form they have when nobody says.
namespace SpoolWorker.Operations.Tables;

/// <summary>The input of an import.</summary>
internal static class RowInput
{
    private static readonly byte[] DumpStart = "VERSION="u8.ToArray();

    /// <summary>The rows from their first byte.</summary>
    /// <param name="input">A file or a pipe.</param>
    /// <param name="name">What it is called; tells CSV.</param>
    /// <param name="asked">The form that was asked for.</param>
    /// <param name="format">The form it has.</param>
    public static Stream Of(Stream input, string name, RowFormat asked, out RowFormat format)
    {
        format = asked;
        if (asked != RowFormat.Auto) return input;
        var start = new byte[DumpStart.Length];
        var read = input.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        format = start.AsSpan(0, read).SequenceEqual(DumpStart) ? RowFormat.Dump : name.EndsWith(".csv", StringComparison.OrdinalIgnoreCase) ? RowFormat.Csv : RowFormat.Lsearch;
        if (!input.CanSeek) return new Restarted(start[..read], input);
        input.Position = 0;
        return input;
    }

    /// <summary>A pipe whose first bytes were looked at.</summary>
    private sealed class Restarted(byte[] start, Stream rest) : Stream
    {
        private int _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException("a pipe");

        public override long Position { get => throw new NotSupportedException("a pipe"); set => throw new NotSupportedException("a pipe"); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            if (_at == start.Length) return rest.Read(buffer, offset, count);
            var taken = Math.Min(count, start.Length - _at);
            start.AsSpan(_at, taken).CopyTo(buffer.AsSpan(offset));
            _at += taken;
            return taken;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException("a pipe");

        public override void SetLength(long value) => throw new NotSupportedException("a pipe");

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException("a pipe");

        protected override void Dispose(bool disposing)
        {
            if (disposing) rest.Dispose();
            base.Dispose(disposing);
        }
    }
}
