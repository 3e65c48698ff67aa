// Names in zip, tar and gz files, and in those of them that lie in each other. What is damaged, too deep or too much is an error of the facts, not an
// exception; one that is none of the three has no members. Throws IOException when the place for temporary files fails.
using System.IO.Compression;

namespace SpoolWorker.Passes.Mime;

/// <summary>Looks into archives.</summary>
/// <param name="facts">Where members are told.</param>
/// <param name="budget">For all archives of the message.</param>
/// <param name="cancelled">Ends the look.</param>
internal sealed class ArchiveReader(MimeFacts facts, ArchiveBudget budget, CancellationToken cancelled)
{
    private static readonly string[] ZipEndings = [".zip", ".jar"];

    /// <summary>Whether a type is looked into.</summary>
    public static bool Knows(string type) => type is MagicNumbers.Zip or MagicNumbers.Gzip or MagicNumbers.Tar or MagicNumbers.Tnef;

    /// <summary>What is wrong with a file that is called a zip file and begins as something else; null: nothing. A zip file is read from its end, so programs open it whatever stands
    /// before it.</summary>
    /// <param name="name">How it is called.</param>
    /// <param name="declared">The type it is said to have; empty: none.</param>
    /// <param name="type">The type by its first bytes.</param>
    public static string? HiddenZip(string name, string declared, string type) =>
        type != MagicNumbers.Zip && (ZipEndings.Any(e => name.EndsWith(e, StringComparison.OrdinalIgnoreCase)) || declared is MagicNumbers.Zip or "application/x-zip-compressed")
            ? $"the archive '{Last(name)}' does not begin as a zip file does" : null;

    /// <summary>Reads one.</summary>
    /// <param name="file">It, seekable, from its first byte.</param>
    /// <param name="name">How it is called, for what a gz file has no name for, and for errors.</param>
    /// <param name="prefix">What stands before the names of members.</param>
    /// <param name="depth">How many archives it lies in.</param>
    public void Read(Stream file, string name, string prefix = "", int depth = 0)
    {
        cancelled.ThrowIfCancellationRequested();
        var head = new byte[MimeLimits.Head];
        var type = MagicNumbers.Of(head.AsSpan(0, file.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)));
        file.Position = 0;
        if (!Knows(type)) return;
        if (depth >= MimeLimits.ArchiveDepth)
        {
            facts.Fail($"archives lie in each other more than {MimeLimits.ArchiveDepth} deep");
            return;
        }
        try
        {
            if (type == MagicNumbers.Zip) ReadZip(file, prefix, depth);
            else if (type == MagicNumbers.Tar) ReadTar(file, prefix, depth);
            else if (type == MagicNumbers.Tnef) ReadTnef(file, name, depth);
            else ReadGzip(file, name, prefix, depth);
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or NotSupportedException or ArgumentException)
        {
            facts.Fail($"the archive '{name}' cannot be read: {e.Message}");
        }
    }

    private void ReadZip(Stream file, string prefix, int depth)
    {
        // The directory is read into memory as a whole, and its length is whatever the file says.
        using var bounded = new FileSection(file, 0, file.Length) { Left = MimeLimits.ZipDirectory };
        using var zip = new ZipArchive(bounded, ZipArchiveMode.Read, leaveOpen: true);
        var entries = zip.Entries;
        bounded.Left = long.MaxValue;
        foreach (var entry in entries)
        {
            if (!Tell(prefix, entry.FullName, out var name)) return;
            if (entry.IsEncrypted)
            {
                facts.IsEncrypted = true;
                continue;
            }
            if (entry.Length == 0) continue;
            using var packed = entry.Open();
            if (!ReadMember(packed, name, depth)) return;
        }
    }

    private void ReadTar(Stream file, string prefix, int depth)
    {
        var tar = new TarNames(file);
        while (tar.Next(out var entry))
        {
            if (!Tell(prefix, entry, out var name)) return;
            using var data = tar.OpenData();
            if (!ReadMember(data, name, depth)) return;
        }
        if (tar.Error is { } fault) facts.Fail($"a tar file cannot be read: {fault}");
    }

    // What Outlook wraps so, its readers show as attachments of the message.
    private void ReadTnef(Stream file, string name, int depth)
    {
        var fault = TnefFile.Read(file, AddAttachment, (content, attached) =>
        {
            if (!budget.TakeMember()) return false;
            return ReadMember(content, FileName.Of(attached, out _), depth, isAttachment: true);
        });
        if (fault is not null) facts.Fail($"the archive '{name}' cannot be read: {fault}");
    }

    private bool AddAttachment(string attached)
    {
        if (!budget.TakeMember()) return false;
        facts.AddName(FileName.Of(attached, out var isCut));
        if (isCut) facts.Fail($"the name of an attachment has more than {MimeLimits.Name} characters");
        return true;
    }

    // RFC 1952: one member. gunzip calls it as the file without ".gz", others as the file's header says.
    private void ReadGzip(Stream file, string name, string prefix, int depth)
    {
        var outer = name.EndsWith(".gz", StringComparison.OrdinalIgnoreCase) ? name[..^3] : name.EndsWith(".tgz", StringComparison.OrdinalIgnoreCase) ? name[..^4] + ".tar" : "";
        var own = GzipName.Read(file);
        file.Position = 0;
        if (own.Length > 0 && outer.Length > 0 && !Tell(prefix, Last(own), out _)) return;
        if (!Tell(prefix, Last(outer.Length > 0 ? outer : own), out var whole)) return;
        using var unpacked = new GZipStream(file, CompressionMode.Decompress, leaveOpen: true);
        ReadMember(unpacked, whole, depth);
    }

    private static string Last(string path) => path[(path.LastIndexOf('/') + 1)..];

    // False: enough.
    private bool Tell(string prefix, string entry, out string name)
    {
        cancelled.ThrowIfCancellationRequested();
        name = prefix + FileName.Of(entry, out var isCut);
        if (isCut) facts.Fail($"a name in an archive has more than {MimeLimits.Name} characters");
        if (!budget.TakeMember()) return false;
        facts.AddMember(name);
        return true;
    }

    // Unpacked only when it is an archive itself: its first bytes tell.
    private bool ReadMember(Stream member, string name, int depth, bool isAttachment = false)
    {
        var head = new byte[MimeLimits.Head];
        var read = member.ReadAtLeast(head, 512, throwOnEndOfStream: false);
        if (!budget.TakeBytes(read)) return false;
        var type = MagicNumbers.Of(head.AsSpan(0, read));
        if (isAttachment) facts.AddType(type);
        if (HiddenZip(name, "", type) is { } fault) facts.Fail(fault);
        if (!Knows(type)) return true;
        using var file = ArchiveBudget.NewFile();
        file.Write(head, 0, read);
        if (!budget.TryUnpack(member, file)) return false;
        Read(file, name, isAttachment ? "" : name + "/", depth + 1);
        return true;
    }
}
