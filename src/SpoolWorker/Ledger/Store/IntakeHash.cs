// Intakes in keys: LMDB's are at most 511 bytes, and a path may be longer. Cannot fail.
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace SpoolWorker.Ledger.Store;

/// <summary>Short names of intakes.</summary>
internal static class IntakeHash
{
    // A handful: the intakes of the configuration and of those before it.
    private static readonly ConcurrentDictionary<string, string> Hashes = new();

    /// <summary>16 hexadecimal digits of the SHA-256 of its path.</summary>
    public static string Of(string intake) => Hashes.GetOrAdd(intake, static path => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(path)).AsSpan(0, 8)));
}
