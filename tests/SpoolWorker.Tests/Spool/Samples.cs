using System.Runtime.CompilerServices;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

/// <summary>The folders under <c>spool-samples</c>, found by listing: a new case needs no code.</summary>
internal static class Samples
{
    public static readonly string Root = Path.GetFullPath(Path.Combine(SourceFolder(), "../../../spool-samples"));

    public static IEnumerable<string> Folders(string kind) =>
        Directory.EnumerateDirectories(Path.Combine(Root, kind)).Select(folder => Path.GetFileName(folder)).Order(StringComparer.Ordinal);

    /// <summary>The -H file of a valid sample with the id in its name.</summary>
    public static (byte[] Bytes, MessageId Id) HeaderFile(string folder)
    {
        var path = Directory.EnumerateFiles(Path.Combine(Root, "valid", folder), "*-H").Single();
        MessageId.TryParseFileName(Path.GetFileName(path), 'H', out var id).Should().BeTrue();
        return (File.ReadAllBytes(path), id);
    }

    /// <summary>A valid sample as read.</summary>
    public static HeaderFile Read(string folder)
    {
        var (bytes, id) = HeaderFile(folder);
        return Read(bytes, id);
    }

    public static HeaderFile Read(byte[] bytes, MessageId id = default)
    {
        HeaderFileReader.TryRead(bytes, id, out var header, out var error).Should().BeTrue("{0}", error);
        return header!;
    }

    /// <summary>What is read back of a value.</summary>
    public static HeaderFile Read(HeaderFile written) => Read(HeaderFileWriter.ToArray(written));

    public static byte[] Bytes(string text) => Encoding.Latin1.GetBytes(text);

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);

    /// <summary>What is written, one Latin-1 character a byte, so that failures show readable text.</summary>
    public static string Written(HeaderFile header) => Text(HeaderFileWriter.ToArray(header));

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
