using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>Reads small files whole. Throws IOException.</summary>
internal static class BoundedFile
{
    /// <summary>The bytes of a file; a link, what is no file, and what is larger is refused.</summary>
    public static byte[] Read(string path, int most)
    {
        using var handle = Posix.Open(path, Posix.O_RDONLY);
        return Read(handle, path, most);
    }

    /// <inheritdoc cref="Read(string, int)"/>
    public static byte[] Read(Microsoft.Win32.SafeHandles.SafeFileHandle handle, string path, int most)
    {
        var status = Posix.Status(handle, path);
        if (!status.IsRegular) throw new IOException($"{path}: no file");
        if (status.Size > most) throw new IOException($"{path}: {status.Size} bytes, more than {most}");
        var (bytes, filled) = (new byte[(int)status.Size], 0);
        while (filled < bytes.Length && Posix.Read(handle, bytes.AsSpan(filled), filled, path) is var read and > 0) filled += read;
        return bytes[..filled];
    }
}
