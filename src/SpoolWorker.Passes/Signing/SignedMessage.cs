// A message as signatures see it: header lines from the top, and the hashes of its body. Lines that Exim keeps but does not
// send are left out. The search for lines by name works on hashes of the names, computed once, so that a megabyte of header
// costs a signature a few milliseconds. Not for use by several threads at once.
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Signing;

/// <summary>Header lines and body of one message.</summary>
public sealed class SignedMessage
{
    private readonly HeaderLine[] _headers;
    private int[]? _names;

    /// <param name="headers">Lines that count, from the top.</param>
    /// <param name="body">Its body's hashes; share them between views of one message.</param>
    public SignedMessage(ImmutableArray<HeaderLine> headers, BodyHashes body)
    {
        _headers = ImmutableCollectionsMarshal.AsArray(headers) ?? [];
        Body = body;
    }

    /// <summary>The lines of a spool header that would be sent now.</summary>
    public static SignedMessage Live(HeaderFile message, BodyHashes body) => new(LiveLines(message.Headers), body);

    /// <inheritdoc cref="Live(HeaderFile, BodyHashes)"/>
    public static SignedMessage Live(HeaderFile message, IMessageBody body) => Live(message, BodyHashes.Of(body));

    /// <summary>
    /// The lines as they came in, as far as the spool tells; null when nothing was deleted or replaced. Exim keeps a line it
    /// removes as a deleted one; where it rewrites addresses, the new line stands directly behind the old (rewrite.c), and a
    /// second rewriting leaves two old ones. Lines that were added cannot be told from others.
    /// </summary>
    public static SignedMessage? AsReceived(HeaderFile message, BodyHashes body)
    {
        var headers = message.Headers;
        if (!headers.Any(h => h.IsDeleted)) return null;
        var lines = ImmutableArray.CreateBuilder<HeaderLine>(headers.Length);
        for (var i = 0; i < headers.Length; i++)
        {
            lines.Add(headers[i]);
            if (!headers[i].IsDeleted) continue;
            var next = i + 1;
            while (next < headers.Length && headers[next].IsDeleted && headers[next].Is(headers[i].Name)) next++;
            if (next < headers.Length && IsAddressLine(headers[next]) && headers[next].Is(headers[i].Name)) i = next;
        }
        return new SignedMessage(lines.ToImmutable(), body);
    }

    // Exim rewrites only these (rewrite_one_header): From, To, Cc, Bcc, Reply-To, Sender, and their Resent- forms.
    private static bool IsAddressLine(HeaderLine line) => line.Flag is 'F' or 'T' or 'C' or 'B' or 'R' or 'S';

    /// <summary>From the top.</summary>
    public ReadOnlySpan<HeaderLine> Headers => _headers;

    /// <summary>The body with its hashes, read once for all who ask.</summary>
    public BodyHashes Body { get; }

    /// <summary>The next line of that name above a position (at first the number of lines); -1 when there is none.</summary>
    public int LastBefore(ReadOnlySpan<byte> name, int position)
    {
        var names = _names ??= Names();
        var hash = HashOf(name);
        while (position > 0)
        {
            position = names.AsSpan(0, position).LastIndexOf(hash);
            if (position >= 0 && _headers[position].Is(name)) return position;
        }
        return -1;
    }

    private static ImmutableArray<HeaderLine> LiveLines(ImmutableArray<HeaderLine> headers)
    {
        foreach (var line in headers)
        {
            if (line.IsDeleted) return [.. headers.Where(h => !h.IsDeleted)];
        }
        return headers;
    }

    private int[] Names()
    {
        var names = new int[_headers.Length];
        for (var i = 0; i < names.Length; i++) names[i] = HashOf(_headers[i].Name);
        return names;
    }

    // FNV-1a over lower case; a collision costs a comparison.
    private static int HashOf(ReadOnlySpan<byte> name)
    {
        var hash = 2166136261u;
        foreach (var b in name) hash = (hash ^ (uint)(b | 0x20)) * 16777619;
        return (int)hash;
    }
}
