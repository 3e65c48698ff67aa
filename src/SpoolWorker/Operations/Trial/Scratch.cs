// The scratch directory of a trial: intakes filled with copies, a spool, held/, corrupt/, a ledger. Copies only files that
// are named like spool files, symlinks as symlinks; fifos and the like are passed over. Removed when disposed, unless kept.
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Trial;

/// <summary>A message of a trial.</summary>
/// <param name="Sample">The folder it came from, for people.</param>
/// <param name="Intake">Its scratch intake.</param>
/// <param name="Id">Its message id.</param>
internal sealed record TrialMessage(string Sample, string Intake, MessageId Id);

/// <summary>Where a trial takes place.</summary>
internal sealed class Scratch : IDisposable
{
    private const string ResourcePrefix = "spool-samples/";
    private static readonly char[] Suffixes = ['H', 'D', 'J'];
    private readonly bool _keep;

    private Scratch(string path, bool keep)
    {
        Path = path;
        _keep = keep;
    }

    public string Path { get; }

    public string Target => $"{Path}/spool/input";

    public string Held => $"{Path}/held";

    public string Corrupt => $"{Path}/corrupt";

    public bool IsKept => _keep;

    public static Scratch Make(bool keep)
    {
        var scratch = new Scratch(Directory.CreateTempSubdirectory("spoolworker-try-").FullName, keep);
        foreach (var path in new[] { scratch.Target, $"{scratch.Path}/spool/msglog", $"{scratch.Path}/spool/db", scratch.Held, scratch.Corrupt }) Owned.EnsureDirectory(path);
        return scratch;
    }

    /// <summary>Settings that keep the trial inside; they go over all others.</summary>
    public IReadOnlyList<string> Overrides() =>
    [
        $"--Intakes:0:Path={Path}/intake", "--Intakes:0:Kind=spool", $"--Target:Path={Target}", "--Target:Layout=flat", "--Target:Wake=none", "--Target:MessageId=auto",
        // As if the target could see ids of either length; nobody is asked.
        "--Target:EximVersion=4.97", "--Target:Exim=", "--Target:EximConfig=", "--Target:Owner=", "--Target:Group=", "--Target:Mode=0640",
        $"--Held:Path={Held}", $"--Corrupt:Path={Corrupt}", $"--Ledger:Path={Path}/ledger", "--Ledger:MapSize=1073741824",
        "--Engine:IncompleteAfter=00:00:00", "--Engine:SettleTime=00:00:00",
    ];

    /// <summary>Copies the pairs of a directory, or the built-in samples, each folder into an intake of its own.</summary>
    /// <param name="from">The directory; null: the samples.</param>
    /// <param name="hostile">Of the samples those that may not be taken, in place of the good ones.</param>
    public IReadOnlyList<TrialMessage> Fill(string? from, bool hostile)
    {
        var messages = new SortedDictionary<(string Sample, MessageId Id), TrialMessage>(Comparer<(string Sample, MessageId Id)>.Create(static (a, b) =>
            string.CompareOrdinal(a.Sample, b.Sample) is not 0 and var order ? order : a.Id.CompareTo(b.Id)));
        foreach (var (folder, name, copyTo) in from is null ? Samples(hostile ? "hostile/" : "valid/") : Files(System.IO.Path.GetFullPath(from)))
        {
            var id = IdOf(name);
            if (id == default) continue;
            var intake = $"{Path}/intake/{(folder.Length == 0 ? "pairs" : folder)}/input";
            Owned.EnsureDirectory(intake);
            copyTo($"{intake}/{name}");
            messages.TryAdd((folder, id), new TrialMessage(folder, intake, id));
        }
        return [.. messages.Values];
    }

    public void Dispose()
    {
        if (!_keep) Directory.Delete(Path, recursive: true);
    }

    private static IEnumerable<(string Folder, string Name, Action<string> CopyTo)> Samples(string kind)
    {
        var assembly = typeof(Scratch).Assembly;
        foreach (var resource in assembly.GetManifestResourceNames().Where(n => n.StartsWith(ResourcePrefix + kind, StringComparison.Ordinal)))
        {
            var path = resource[ResourcePrefix.Length..].Replace('\\', '/');
            var slash = path.LastIndexOf('/');
            if (slash < 0) continue;
            yield return (path[..slash], path[(slash + 1)..], to =>
            {
                using var content = assembly.GetManifestResourceStream(resource)!;
                using var file = File.Create(to);
                content.CopyTo(file);
            }
            );
        }
    }

    private static IEnumerable<(string Folder, string Name, Action<string> CopyTo)> Files(string root)
    {
        foreach (var path in Directory.EnumerateFiles(root, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0, IgnoreInaccessible = false }))
        {
            yield return (System.IO.Path.GetRelativePath(root, System.IO.Path.GetDirectoryName(path)!) is var folder && folder == "." ? "" : folder, System.IO.Path.GetFileName(path), to => Copy(path, to));
        }
    }

    private static void Copy(string from, string to)
    {
        if (Posix.TryStatus(from, out var status) != 0) return;
        if (status.IsSymlink) File.CreateSymbolicLink(to, new FileInfo(from).LinkTarget!);
        else if (status.IsRegular) File.Copy(from, to);
    }

    private static MessageId IdOf(string name)
    {
        foreach (var suffix in Suffixes)
        {
            if (MessageId.TryParseFileName(name, suffix, out var id)) return id;
        }
        return default;
    }
}
