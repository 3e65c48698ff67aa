namespace SpoolWorker.Passes.Mime;

/// <summary>What is left to spend on archives of a message, and where they are unpacked to.</summary>
/// <param name="facts">Where it is told when nothing is left.</param>
internal sealed class ArchiveBudget(MimeFacts facts)
{
    private long _bytes = MimeLimits.ArchiveBytes;
    private int _members = MimeLimits.Members;

    /// <summary>A file without a name: it is gone with its handle, whatever happens to the program.</summary>
    /// <exception cref="IOException">There is no room, or none may be made there.</exception>
    public static Stream NewFile()
    {
#pragma warning disable RS0030 // no file of anybody's: what is unpacked needs a place that can be read from both ends, and memory is none
        var path = Path.Combine(Path.GetTempPath(), $"spoolworker-{Guid.NewGuid():N}");
        var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
        File.Delete(path);
        return file;
#pragma warning restore RS0030
    }

    /// <summary>Whether so many bytes may be unpacked.</summary>
    public bool TakeBytes(long count)
    {
        if ((_bytes -= count) >= 0) return true;
        facts.Fail($"its archives come to more than {MimeLimits.ArchiveBytes >> 20} MiB");
        return false;
    }

    /// <summary>Whether one more name may be read.</summary>
    public bool TakeMember()
    {
        if (--_members >= 0) return true;
        facts.Fail($"its archives have more than {MimeLimits.Members} members");
        return false;
    }

    /// <summary>Unpacks a stream into a file, and sets it to its beginning.</summary>
    /// <exception cref="IOException">It cannot be written.</exception>
    /// <exception cref="InvalidDataException">What is packed is damaged.</exception>
    public bool TryUnpack(Stream packed, Stream file)
    {
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent(64 * 1024);
        try
        {
            for (int read; (read = packed.Read(buffer)) > 0;)
            {
                if (!TakeBytes(read)) return false;
                file.Write(buffer, 0, read);
            }
            file.Position = 0;
            return true;
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
