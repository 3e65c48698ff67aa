// Types by the first bytes, for what rules are about: programs, archives, documents, and what passes for them. Names are those of IANA's registry, or
// those that file(1) prints where it has none.
namespace SpoolWorker.Passes.Mime;

/// <summary>Knows types by their first bytes.</summary>
internal static class MagicNumbers
{
    public const string Zip = "application/zip", Gzip = "application/gzip", Tar = "application/x-tar", Tnef = "application/vnd.ms-tnef";

    private const int IsoAt = 32769;

    private static readonly (byte[] Bytes, string Type)[] Starts =
    [
        ("MZ"u8.ToArray(), "application/x-dosexec"),
        ("\u007fELF"u8.ToArray(), "application/x-executable"),
        ([0xFE, 0xED, 0xFA, 0xCE], "application/x-mach-binary"),
        ([0xFE, 0xED, 0xFA, 0xCF], "application/x-mach-binary"),
        ([0xCE, 0xFA, 0xED, 0xFE], "application/x-mach-binary"),
        ([0xCF, 0xFA, 0xED, 0xFE], "application/x-mach-binary"),
        ([0xCA, 0xFE, 0xBA, 0xBE], "application/x-java-applet"),
        // MS-SHLLINK 2.1: HeaderSize, LinkCLSID
        ([0x4C, 0, 0, 0, 0x01, 0x14, 0x02, 0], "application/x-ms-shortcut"),
        ("#!"u8.ToArray(), "text/x-shellscript"),
        ("PK\u0003\u0004"u8.ToArray(), Zip),
        ("PK\u0005\u0006"u8.ToArray(), Zip),
        ([0x1F, 0x8B], Gzip),
        ("BZh"u8.ToArray(), "application/x-bzip2"),
        ([0xFD, .. "7zXZ\0"u8], "application/x-xz"),
        ([0x28, 0xB5, 0x2F, 0xFD], "application/zstd"),
        ([.. "7z"u8, 0xBC, 0xAF, 0x27, 0x1C], "application/x-7z-compressed"),
        ("Rar!\u001a\u0007"u8.ToArray(), "application/vnd.rar"),
        ("MSCF"u8.ToArray(), "application/vnd.ms-cab-compressed"),
        ([0x60, 0xEA], "application/x-arj"),
        // MS-CFB 2.2: documents of older Office, and installers
        ([0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1], "application/x-ole-storage"),
        ([0x78, 0x9F, 0x3E, 0x22], Tnef),
        ("{\\rt"u8.ToArray(), "text/rtf"),
        ("%PDF-"u8.ToArray(), "application/pdf"),
        ("ITSF"u8.ToArray(), "application/vnd.ms-htmlhelp"),
        ([0x89, .. "PNG\r\n"u8, 0x1A, 0x0A], "image/png"),
        ([0xFF, 0xD8, 0xFF], "image/jpeg"),
        ("GIF8"u8.ToArray(), "image/gif"),
    ];

    /// <summary>The type of what begins so; empty: none of those known.</summary>
    public static string Of(ReadOnlySpan<byte> head)
    {
        foreach (var (bytes, type) in Starts)
        {
            if (head.StartsWith(bytes)) return type;
        }
        if (TarNames.IsHeader(head)) return Tar;
        return head.Length > IsoAt && head[IsoAt..].StartsWith("CD001"u8) ? "application/x-iso9660-image" : "";
    }
}
