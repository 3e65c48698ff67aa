// Reads clamd's answer to zINSTREAM: "stream: OK", "stream: NAME FOUND", "… ERROR", each with a NUL behind it (clamd(8); clamd/session.c,
// clamd/scanner.c of ClamAV 1.4). Everything else is refused.
using System.Text;
using SpoolWorker.Passes.Services;

namespace SpoolWorker.Passes.Verdicts.Clamd;

/// <summary>A valid answer.</summary>
/// <param name="Find">The name of what was found, cut and clean; null: nothing.</param>
/// <param name="IsTooLarge">The message is above the daemon's StreamMaxLength.</param>
internal sealed record ClamdAnswer(string? Find, bool IsTooLarge = false)
{
    /// <summary>What clamd says went wrong with this message, clean and cut: the daemon is there. Null: nothing.</summary>
    public string? Error { get; init; }

    /// <summary>A name of 60 kB is cut, not refused; what is longer is no answer.</summary>
    public const int MaxBytes = 64 * 1024;

    private static readonly byte[] Ok = "stream: OK"u8.ToArray(), Stream = "stream: "u8.ToArray(), Found = " FOUND"u8.ToArray(), Failed = "ERROR"u8.ToArray(),
        TooLarge = "INSTREAM size limit exceeded."u8.ToArray();

    /// <summary>Whether the NUL that ends it is there.</summary>
    public static bool IsWhole(ReadOnlySpan<byte> bytes) => bytes.Contains((byte)0);

    /// <exception cref="ServiceAnswerException">It is none.</exception>
    public static ClamdAnswer Read(ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf((byte)0);
        if (end < 0) throw new ServiceAnswerException($"the answer {EngineText.Quote(bytes)} ended before it was whole");
        if (end != bytes.Length - 1) throw new ServiceAnswerException($"something came behind the answer {EngineText.Quote(bytes[..end])}");
        var line = bytes[..end];
        if (line.SequenceEqual(Ok)) return new ClamdAnswer((string?)null);
        if (line.StartsWith(Stream) && line.EndsWith(Found) && line.Length > Stream.Length + Found.Length) return new ClamdAnswer(EngineText.Clean(line[Stream.Length..^Found.Length]));
        if (line.StartsWith(TooLarge)) return new ClamdAnswer(null, IsTooLarge: true);
        if (line.EndsWith(Failed)) return new ClamdAnswer((string?)null) { Error = EngineText.Clean(line) };
        throw new ServiceAnswerException($"{EngineText.Quote(line)} is no answer of clamd");
    }
}
