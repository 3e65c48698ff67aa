// Files in uuencode within text (POSIX uuencode; "begin 644 NAME", lines, "end"), as they were sent before MIME: programs still offer them as attachments. Lines go by once; a line that is
// longer than any of such a file is passed over. Cannot fail but where the place for temporary files does (IOException).
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Mime;

/// <summary>Looks through the text of a part.</summary>
/// <param name="budget">For archives.</param>
/// <param name="found">Given each file with its name and the type by its first bytes.</param>
internal sealed class UuText(ArchiveBudget budget, Action<PartContent, string, string> found) : IDisposable
{
    // More than a name that is too long, so that it is told.
    private const int MostLine = 2 * MimeLimits.Name;

    private readonly byte[] _line = new byte[MostLine + 1];
    private PartContent? _file;
    private string _name = "";
    private int _length;
    private bool _isOpen;

    private static ReadOnlySpan<byte> Begin => "begin "u8;

    /// <summary>Takes in what comes next, decoded.</summary>
    public void Take(ReadOnlySpan<byte> text)
    {
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            var piece = end < 0 ? text : text[..(end + 1)];
            var kept = Math.Min(piece.Length, MostLine - _length);
            piece[..kept].CopyTo(_line.AsSpan(_length));
            _length += kept;
            text = text[piece.Length..];
            if (end < 0) continue;
            // Of one that was cut the end is gone.
            _line[_length - 1] = (byte)'\n';
            Line();
            _length = 0;
        }
    }

    /// <summary>The text is over; a file that has no end counts all the same.</summary>
    public void End()
    {
        if (_length > 0)
        {
            _line[_length++] = (byte)'\n';
            Line();
        }
        Close();
        _length = 0;
    }

    /// <inheritdoc/>
    public void Dispose() => _file?.Clear();

    private void Line()
    {
        var line = _line.AsSpan(0, _length);
        // No line of a file begins so ('b' is none of uuencode's 64 characters): one without an end must not hide the next.
        if (IsBegin(line.TrimEnd("\r\n "u8), out var name))
        {
            Close();
            _name = name;
            Open();
        }
        else if (_isOpen)
        {
            _file!.Add(_line, 0, _length);
            if (line.TrimEnd("\r\n "u8).SequenceEqual("end"u8)) Close();
        }
    }

    // "begin", a mode of three or four octal digits, and a name.
    private static bool IsBegin(ReadOnlySpan<byte> line, out string name)
    {
        name = "";
        if (!line.StartsWith(Begin)) return false;
        var rest = line[Begin.Length..].TrimStart((byte)' ');
        var mode = rest.IndexOf((byte)' ');
        if (mode is not (3 or 4) || rest[..mode].ContainsAnyExceptInRange((byte)'0', (byte)'7')) return false;
        var bytes = rest[mode..].Trim((byte)' ');
        name = ByteText.ToText(bytes);
        return name.Length > 0;
    }

    private void Open()
    {
        _isOpen = true;
        (_file ??= new PartContent()).Begin(MimeKit.ContentEncoding.UUEncode, budget);
        // The decoder waits for it, and for nothing of the name.
        _file.Add("begin 644 x\n"u8.ToArray(), 0, "begin 644 x\n".Length);
    }

    private void Close()
    {
        if (!_isOpen) return;
        _isOpen = false;
        found(_file!, _name, _file!.End());
        _file.Clear();
    }
}
