// Secrets, one a file. A file that strangers can read is no secret, one with several lines is a misunderstanding (which of
// them signs?), and an empty one would sign with nothing: each is a fault that is told, and nothing of the content is.
using System.Security.Cryptography;

#pragma warning disable RS0030 // reads the operator's secrets

namespace SpoolWorker.Passes.Srs;

/// <summary>Reads files of secrets.</summary>
public static class SrsSecrets
{
    // A page is more than any generator writes; a larger file is another one.
    private const int MostBytes = 4096;

    /// <summary>The secret of a file without its line end.</summary>
    public static bool TryRead(string path, out byte[] secret, out string fault)
    {
        secret = [];
        fault = "";
        if (path.Length == 0 || path.Contains('\0', StringComparison.Ordinal)) return Fail("is no name of a file", out fault);
        try
        {
            // Its length is not asked for: a shell's <(...) is a pipe.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            var bytes = new byte[MostBytes + 1];
            var read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
            if (read > MostBytes) return Fail($"is larger than {MostBytes} bytes", out fault);
            secret = bytes.AsSpan(0, read).TrimEnd("\r\n"u8).ToArray();
            CryptographicOperations.ZeroMemory(bytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Fail($"cannot be read: {e.Message}", out fault);
        }
        if (secret.Length == 0) return Fail("is empty", out fault);
        if (secret.AsSpan().Contains((byte)'\n')) return Fail("holds more than one line; write one secret a file", out fault);
        // Exim and libsrs2 end a secret there.
        return !secret.AsSpan().Contains((byte)0) || Fail("holds a NUL", out fault);
    }

    /// <summary>Whether everybody on the host can read it.</summary>
    public static bool IsReadableByOthers(string path) => File.Exists(path) && (File.GetUnixFileMode(path) & UnixFileMode.OtherRead) != 0;

    private static bool Fail(string why, out string fault)
    {
        fault = why;
        return false;
    }
}
