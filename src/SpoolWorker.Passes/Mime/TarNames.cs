// Names in a tar file (POSIX.1-2017, pax, "ustar Interchange Format"; GNU's long names): a header of 512 bytes, the data, and so on. Our own, as
// System.Formats.Tar reads the extended header of an entry into memory whatever its length. What is no header ends the walk with an error.
using System.Text;

namespace SpoolWorker.Passes.Mime;

/// <summary>Walks over a tar file.</summary>
/// <param name="file">It, seekable, at its beginning.</param>
internal sealed class TarNames(Stream file)
{
    private const int Block = 512;

    // Names of extended headers: PATH_MAX many times over.
    private const int MostExtended = 64 * 1024;

    private long _at;
    private long _dataAt, _dataSize;

    /// <summary>What is wrong with it, once there is no next entry; null: nothing.</summary>
    public string? Error { get; private set; }

    /// <summary>On to the next entry.</summary>
    public bool Next(out string name)
    {
        name = "";
        var longName = "";
        var header = new byte[Block];
        while (true)
        {
            file.Position = _at;
            var read = file.ReadAtLeast(header, Block, throwOnEndOfStream: false);
            // Two blocks of zeros end it; many writers leave them away.
            if (read == 0 || !header.AsSpan(0, read).ContainsAnyExcept((byte)0)) return false;
            if (read < Block || !IsHeader(header) || !TryNumber(header.AsSpan(124, 12), out _dataSize)) return Fail($"no header at offset {_at}");
            _dataAt = _at + Block;
            _at = _dataAt + ((_dataSize + Block - 1) / Block * Block);
            if (header[156] is not ((byte)'L' or (byte)'x' or (byte)'g' or (byte)'K')) break;
            if (header[156] is (byte)'g' or (byte)'K') continue;
            if (_dataSize > MostExtended) return Fail($"an extended header of {_dataSize} bytes at offset {_dataAt - Block}");
            var extended = new byte[(int)_dataSize];
            if (file.ReadAtLeast(extended, extended.Length, throwOnEndOfStream: false) < extended.Length) return Fail("it ends in a header");
            longName = header[156] == 'L' ? Text(extended) : PaxPath(extended) is { Length: > 0 } path ? path : longName;
        }
        var prefix = header.AsSpan(257, 6).SequenceEqual("ustar\0"u8) ? Text(header.AsSpan(345, 155)) : "";
        var shortName = Text(header.AsSpan(0, 100));
        name = longName.Length > 0 ? longName : prefix.Length > 0 ? $"{prefix}/{shortName}" : shortName;
        return true;
    }

    /// <summary>The data of the entry, to be read once.</summary>
    public Stream OpenData() => new FileSection(file, _dataAt, _dataSize);

    private bool Fail(string reason)
    {
        Error = reason;
        return false;
    }

    /// <summary>Whether a file begins with a header: the sum of all its bytes, those of the sum itself as blanks, stands in it. Old ones have no other mark.</summary>
    public static bool IsHeader(ReadOnlySpan<byte> header)
    {
        if (header.Length < Block || header[0] == 0 || !TryNumber(header.Slice(148, 8), out var told)) return false;
        var sum = 8L * ' ';
        for (var i = 0; i < Block; i++) sum += i is >= 148 and < 156 ? 0 : header[i];
        return sum == told;
    }

    // Octal, ended by NUL or blank; GNU writes what is too large for that in base 256 behind a set bit.
    private static bool TryNumber(ReadOnlySpan<byte> field, out long number)
    {
        number = 0;
        if ((field[0] & 0x80) != 0)
        {
            foreach (var b in field[^8..]) number = (number << 8) | b;
            return number is >= 0 and < long.MaxValue / 2 && !field[1..^8].ContainsAnyExcept((byte)0);
        }
        var digits = field.Trim((byte)' ').TrimEnd((byte)0).TrimEnd((byte)' ');
        foreach (var b in digits)
        {
            if (b is < (byte)'0' or > (byte)'7') return false;
            number = (number * 8) + (b - '0');
        }
        return true;
    }

    // Records of "LENGTH KEY=VALUE\n".
    private static string PaxPath(ReadOnlySpan<byte> records)
    {
        while (records.IndexOf((byte)' ') is > 0 and var blank && System.Buffers.Text.Utf8Parser.TryParse(records[..blank], out int length, out _) && length > blank + 1 && length <= records.Length)
        {
            var record = records[(blank + 1)..length].TrimEnd((byte)'\n');
            if (record.StartsWith("path="u8)) return Text(record[5..]);
            records = records[length..];
        }
        return "";
    }

    private static string Text(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        return Mail.ByteText.ToText(end < 0 ? bytes : bytes[..end]);
    }
}
