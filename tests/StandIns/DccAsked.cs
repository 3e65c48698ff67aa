// A request as dccifd reads it (dccifd.c, ascii_job and what it calls): which lines it takes, where it hangs up. Of the
// message only the beginning is kept, with size and digest, so that a large one costs no memory.
using System.Security.Cryptography;
using System.Text;

namespace SpoolWorker.StandIns;

/// <summary>What a client asked. Bytes are Latin-1 characters.</summary>
public sealed class DccAsked
{
    private const int KeptBytes = 64 * 1024;
    private static readonly HashSet<string> Known = new(StringComparer.OrdinalIgnoreCase)
        { "log", "spam", "body", "header", "cksums", "query", "grey-off", "no-grey", "grey-query", "no-reject", "rcvd-nxt", "rcvd-next" };

    private readonly StringBuilder _message = new();
    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    public IReadOnlyList<string> Options { get; private set; } = [];

    public string Client { get; private set; } = "";

    public string Helo { get; private set; } = "";

    public string Sender { get; private set; } = "";

    public List<string> Recipients { get; } = [];

    /// <summary>The beginning of the message.</summary>
    public string Message => _message.ToString();

    public long MessageBytes { get; private set; }

    public string Digest { get; private set; } = "";

    public bool WantsHeader => Options.Contains("header") || Options.Contains("cksums");

    /// <summary>Reads the options; false: the client ended early or said a word the daemon does not know.</summary>
    internal async Task<bool> ReadOptionsAsync(LineReader reader)
    {
        if (await reader.LineAsync() is not { } options) return false;
        Options = options.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        return Options.All(Known.Contains);
    }

    /// <summary>Reads the rest; false: the daemon would hang up.</summary>
    internal async Task<bool> ReadRestAsync(LineReader reader)
    {
        if (await reader.LineAsync() is not { } client || await reader.LineAsync() is not { } helo || await reader.LineAsync() is not { } sender) return false;
        (Client, Helo, Sender) = (client, helo, sender);
        while (true)
        {
            if (await reader.LineAsync() is not { } recipient) return false;
            if (recipient.Length == 0) break;
            if (recipient == "<>") return false;
            Recipients.Add(recipient.Split('\r')[0]);
            // MAX_RCPTS of cmn_defs.h
            if (Recipients.Count > 1024) return false;
        }
        for (ReadOnlyMemory<byte> piece; !(piece = await reader.PieceAsync()).IsEmpty;)
        {
            MessageBytes += piece.Length;
            _digest.AppendData(piece.Span);
            if (_message.Length < KeptBytes) _message.Append(Encoding.Latin1.GetString(piece.Span));
        }
        Digest = Convert.ToHexString(_digest.GetHashAndReset());
        return true;
    }
}

/// <summary>Lines, then raw pieces, from one connection.</summary>
internal sealed class LineReader(Stream stream)
{
    private readonly byte[] _buffer = new byte[16 * 1024];
    private int _start, _end;

    /// <summary>A line without its LF and the CRs before it; null when the client ends first.</summary>
    public async Task<string?> LineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync()) return null;
            var newline = Array.IndexOf(_buffer, (byte)'\n', _start, _end - _start);
            var end = newline < 0 ? _end : newline;
            line.Append(Encoding.Latin1.GetString(_buffer, _start, end - _start));
            _start = newline < 0 ? _end : newline + 1;
            if (newline >= 0) return line.ToString().TrimEnd('\r');
        }
    }

    /// <summary>Whatever is there; empty at the end.</summary>
    public async Task<ReadOnlyMemory<byte>> PieceAsync()
    {
        if (_start == _end && !await FillAsync()) return default;
        var piece = _buffer.AsMemory(_start, _end - _start);
        _start = _end;
        return piece;
    }

    private async Task<bool> FillAsync()
    {
        _start = 0;
        _end = await stream.ReadAsync(_buffer);
        return _end > 0;
    }
}
