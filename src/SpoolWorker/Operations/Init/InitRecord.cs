// What init made, with the digest of each file: what has been changed since is an administrator's own and stays. Written before the files themselves, so that a run that was
// killed is gone on with. Lines as sha256sum(1) writes them, for `sha256sum -c`; directories in comments.
using System.Security.Cryptography;
using System.Text;

namespace SpoolWorker.Operations.Init;

/// <summary>The record of what was made.</summary>
internal sealed class InitRecord
{
    public const string FilePath = $"{InitChoices.Directory}/init.made";

    private const string Heading = "# What 'spoolworker init' made. '--remove' takes away what has not changed since.", DirectoryMark = "# directory ", Gap = "  ";

    private readonly Dictionary<string, string> _files = [];
    private readonly List<string> _directories = [];

    /// <summary>Directories that init made.</summary>
    public IReadOnlyList<string> Directories => _directories;

    /// <summary>Files that init made.</summary>
    public IReadOnlyCollection<string> Files => _files.Keys;

    /// <summary>The record there is; an empty one when there is none.</summary>
    public static InitRecord Read()
    {
        var record = new InitRecord();
        if (FileChanges.Read(FilePath) is not { } bytes) return record;
        foreach (var line in Encoding.UTF8.GetString(bytes).Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith(DirectoryMark, StringComparison.Ordinal)) record._directories.Add(line[DirectoryMark.Length..]);
            else if (line.Split(Gap, 2) is [{ Length: > 0 } digest, { Length: > 0 } path] && line[0] != '#') record._files[path] = digest;
        }
        return record;
    }

    public void AddFile(string path, byte[] content) => _files[path] = DigestOf(content);

    public void AddDirectory(string path)
    {
        if (!_directories.Contains(path)) _directories.Add(path);
    }

    /// <summary>Whether a file is there as init made it.</summary>
    public bool IsAsMade(string path) => _files.TryGetValue(path, out var digest) && FileChanges.Read(path) is { } content && DigestOf(content) == digest;

    /// <summary>As it is written.</summary>
    public byte[] Content() => Encoding.UTF8.GetBytes(string.Concat(_directories.Select(d => DirectoryMark + d).Prepend(Heading).Concat(_files.Select(f => f.Value + Gap + f.Key)).Select(l => l + "\n")));

    private static string DigestOf(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
