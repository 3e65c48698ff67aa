// A message named on the command line: a mail message in a file or on standard input, or a -H file with its -D beside it.
// Commands see both alike. The body stays in the file and is read as a stream. Opening tells what is wrong on standard
// error and gives an exit code; after that only failing reads throw (PosixException).
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Input;

/// <summary>A message that a command works on.</summary>
internal sealed class MessageFile : IDisposable
{
    // Exim's header_maxsize is 1 MiB; what is larger by far is no message.
    private const int MaxHeaderSection = 16 * 1024 * 1024;
    private const int FirstLook = 64 * 1024;
    private const string NoId = "000000-000000-00";

    private readonly SafeFileHandle _handle;
    private readonly int _headerStart;
    private readonly bool _writesCrlf;

    private MessageFile(SafeFileHandle handle, string name, HeaderFile header, int headerStart, long bodyStart, long length, bool writesCrlf)
    {
        _handle = handle;
        _headerStart = headerStart;
        _writesCrlf = writesCrlf;
        Header = header;
        Body = new FileBody(handle, name, bodyStart, Math.Max(0, length - bodyStart), header.IsWireFormat);
    }

    /// <summary>Header lines and, for a pair, the envelope. A mail message has a null sender, no recipients and no client.</summary>
    public HeaderFile Header { get; }

    public IMessageBody Body { get; }

    /// <summary>Whether it came as -H and -D.</summary>
    public bool IsPair => Header.Id != Placeholder;

    private static MessageId Placeholder { get; } = MessageId.TryParse(NoId.AsSpan(), out var id) ? id : default;

    /// <summary>Opens FILE or, for "-", standard input; null when that cannot be done, with the reason on standard error.</summary>
    public static MessageFile? Open(string name, out int exitCode)
    {
        try
        {
            exitCode = ExitCode.Ok;
            if (name != "-" && Directory.Exists(name)) return Fail(ExitCode.NoInput, $"{name} is a directory; name a message or a -H file", out exitCode);
            if (name != "-" && !File.Exists(name)) return Fail(ExitCode.NoInput, $"no file {name}", out exitCode);
            return name.EndsWith("-H", StringComparison.Ordinal) ? OpenPair(name, out exitCode) : OpenMessage(name, out exitCode);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var isForbidden = e is UnauthorizedAccessException or PosixException { Errno: Errno.EACCES or Errno.EPERM };
            return Fail(isForbidden ? ExitCode.NoPermission : ExitCode.InputOutput, e.Message, out exitCode);
        }
    }

    /// <summary>Writes the message as it was, below new header lines, with the line ends it has.</summary>
    public void CopyTo(Stream output, IEnumerable<HeaderLine> onTop)
    {
        foreach (var line in onTop) WriteLine(output, line);
        if (IsPair)
        {
            foreach (var line in Header.Headers.Where(h => !h.IsDeleted)) WriteLine(output, line);
            output.Write(_writesCrlf ? "\r\n"u8 : "\n"u8);
            using var body = Body.OpenRead();
            body.CopyTo(output);
            return;
        }
        using var whole = new BodyStream(_handle, "the message", _headerStart, RandomAccess.GetLength(_handle) - _headerStart);
        whole.CopyTo(output);
    }

    public void Dispose() => _handle.Dispose();

    private static MessageFile? OpenPair(string path, out int exitCode)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
        var stem = Path.GetFileName(path)[..^2];
        var dot = stem.IndexOf('.', StringComparison.Ordinal);
        // A file of another name is believed what it says of itself.
        if (!MessageId.TryParse(stem.AsSpan(0, dot < 0 ? stem.Length : dot), out var id)) id = default;
        var read = SpoolPair.ReadBounded(path, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out var error);
        if (read == ClaimResult.Gone) return Fail(ExitCode.NoInput, $"no file {path}", out exitCode);
        if (read != ClaimResult.Claimed || !HeaderFileReader.TryReadRebuilding(bytes, id, out var header, out _, out error)) return Fail(ExitCode.DataError, $"{path}: {error}", out exitCode);
        var bodyPath = $"{folder}/{stem}-D";
        var opened = Posix.TryOpen(bodyPath, Posix.O_RDONLY, 0, out var handle);
        if (opened == Errno.ENOENT) return Fail(ExitCode.NoInput, $"{path} has no {stem}-D beside it", out exitCode);
        if (opened != 0) throw new PosixException(opened, "open", bodyPath);
        exitCode = ExitCode.Ok;
        return new MessageFile(handle!, bodyPath, header, 0, header.Id.BodyOffset, RandomAccess.GetLength(handle!), header.IsWireFormat);
    }

    private static MessageFile? OpenMessage(string name, out int exitCode)
    {
        var handle = name == "-" || !IsRegular(name) ? Copy(name) : File.OpenHandle(name, share: FileShare.ReadWrite | FileShare.Delete);
        var length = RandomAccess.GetLength(handle);
        for (var look = FirstLook; ; look *= 4)
        {
            var bytes = new byte[Math.Min(look, length)];
            var got = Read(handle, bytes, name);
            if (HeaderSection.Read(bytes.AsMemory(0, got), isWhole: got == length) is { } section)
            {
                exitCode = ExitCode.Ok;
                return new MessageFile(handle, name, Describe(section, handle, name), section.Start, section.BodyStart, length, section.IsWireFormat);
            }
            if (look < MaxHeaderSection) continue;
            handle.Dispose();
            return Fail(ExitCode.DataError, $"{name}: the header is above {MaxHeaderSection} bytes; is it a mail message?", out exitCode);
        }
    }

    private static HeaderFile Describe(HeaderSection section, SafeFileHandle handle, string name)
    {
        var header = new HeaderFile
        {
            Id = Placeholder,
            Login = "spoolworker"u8.ToArray(),
            Uid = 0,
            Gid = 0,
            Sender = default,
            ReceivedTime = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds(),
            WarningCount = 0,
            Headers = section.Lines,
        };
        // A file with both line ends came from somewhere that mixed them up: then each ends a line, as for other verifiers.
        return section.IsWireFormat || HasCrlf(handle, section.BodyStart, name) ? header.WithFlag("spool_file_wireformat") : header;
    }

    private static bool HasCrlf(SafeFileHandle handle, long at, string name)
    {
        var piece = new byte[FirstLook];
        for (int n; (n = Posix.Read(handle, piece, at, name)) > 0; at += n)
        {
            if (piece.AsSpan(0, n).IndexOf("\r\n"u8) >= 0) return true;
            // A pair may lie across two pieces.
            if (n > 1 && piece[n - 1] == '\r') at--;
        }
        return false;
    }

    private static bool IsRegular(string path)
    {
        var target = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? Path.GetFullPath(path);
        return Posix.TryStatus(target, out var status) == 0 && status.IsRegular;
    }

    // A pipe cannot be read twice, and passes read a body as often as they need.
    private static SafeFileHandle Copy(string name)
    {
        var handle = ScratchFile.Create();
        using var from = name == "-" ? Console.OpenStandardInput() : new FileStream(name, FileMode.Open, FileAccess.Read);
        var buffer = new byte[FirstLook];
        long at = 0;
        for (int n; (n = from.Read(buffer)) > 0; at += n) RandomAccess.Write(handle, buffer.AsSpan(0, n), at);
        return handle;
    }

    private static int Read(SafeFileHandle handle, Span<byte> buffer, string name)
    {
        var got = 0;
        for (int n; got < buffer.Length && (n = Posix.Read(handle, buffer[got..], got, name)) > 0;) got += n;
        return got;
    }

    private void WriteLine(Stream output, HeaderLine line)
    {
        var text = line.Text.Span;
        if (!_writesCrlf)
        {
            output.Write(text);
            return;
        }
        while (!text.IsEmpty)
        {
            var end = text.IndexOf((byte)'\n');
            output.Write(end < 0 ? text : text[..end]);
            output.Write("\r\n"u8);
            text = end < 0 ? default : text[(end + 1)..];
        }
    }

    private static MessageFile? Fail(int code, string message, out int exitCode)
    {
        Console.Error.WriteLine($"spoolworker: {message}");
        exitCode = code;
        return null;
    }

    private sealed class FileBody(SafeFileHandle handle, string path, long start, long length, bool isWire) : IMessageBody
    {
        public long Length => length;

        public bool IsWireFormat => isWire;

        public Stream OpenRead() => new BodyStream(handle, path, start, length);
    }
}
