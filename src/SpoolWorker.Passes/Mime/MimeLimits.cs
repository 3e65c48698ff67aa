namespace SpoolWorker.Passes.Mime;

/// <summary>How far a message is looked into. Each is far above what mail has, and low enough that no message costs more than some seconds or megabytes.</summary>
internal static class MimeLimits
{
    /// <summary>Multiparts and messages within each other: forwards of forwards have some ten.</summary>
    public const int Depth = 64;

    /// <summary>Parts: a digest has some hundreds.</summary>
    public const int Parts = 2000;

    /// <summary>Bytes of a part's header, as many as Exim takes of a message's unless told otherwise (header_maxsize). MimeKit copies a field each time it grows.</summary>
    public const long Header = 1 << 20;

    /// <summary>Characters of a name: file systems take 255 bytes. Of a longer one the end is kept, where its kind stands.</summary>
    public const int Name = 1024;

    /// <summary>Archives within each other; MailScanner looks into eight at most, and by default into two.</summary>
    public const int ArchiveDepth = 8;

    /// <summary>Names in all archives of a message together.</summary>
    public const int Members = 10_000;

    /// <summary>Bytes that archives of a message may come to, each as it lies and what is unpacked of it: a bomb has a million times its size.</summary>
    public const long ArchiveBytes = 256L << 20;

    /// <summary>Bytes that are read of a zip to know its directory, which is kept in memory; ten thousand entries have some one MiB.</summary>
    public const int ZipDirectory = 4 << 20;

    /// <summary>First bytes of a part, for magic numbers: those of an ISO image stand behind 32 KiB.</summary>
    public const int Head = 36 * 1024;
}
