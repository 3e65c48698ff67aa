// What init would do to a Debian machine: files with their bytes, nothing done yet. What an administrator has made himself is kept and said.
using System.Text;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Init;

/// <summary>What becomes of a file.</summary>
internal enum FileFate
{
    /// <summary>It is made.</summary>
    New,

    /// <summary>Lines are added to it.</summary>
    Changed,

    /// <summary>It is there already, as it would be made.</summary>
    Same,

    /// <summary>It is the administrator's own.</summary>
    Kept,
}

/// <summary>One file.</summary>
/// <param name="Path">Where.</param>
/// <param name="Fate">What becomes of it.</param>
/// <param name="Rights">Owner and mode it has then.</param>
internal sealed record PlannedFile(string Path, FileFate Fate, SpoolOwnership Rights)
{
    /// <summary>Its bytes then; null for a key, which is made when it is written, and for what is kept.</summary>
    public byte[]? Content { get; init; }

    /// <summary>What is added, for people.</summary>
    public string Added { get; init; } = "";

    /// <summary>The key it is to hold.</summary>
    public WantedKey? Key { get; init; }

    /// <summary>What there is to say of it.</summary>
    public string Note { get; init; } = "";

    public bool IsWritten => Fate is FileFate.New or FileFate.Changed;
}

/// <summary>The plan.</summary>
internal sealed record DebianPlan(DebianExim Exim, string Queue, IReadOnlyList<PlannedFile> Files)
{
    // rw-r-----, rw-r--r--
    private const uint GroupReads = 0b110_100_000, AllRead = 0b110_100_100;

    private const uint Root = 0;

    /// <summary>The intake.</summary>
    public string Intake => $"{Exim.SpoolDirectory}/{Queue}/input";

    /// <summary>Plans; null with the reason when nothing can be done here.</summary>
    public static DebianPlan? Make(DebianExim exim, InitChoices choices, out Trouble? trouble)
    {
        trouble = null;
        if (exim.IsByHand)
        {
            trouble = new Trouble(TroubleKind.Configuration, $"{DebianExim.ByHand} is there: Exim is configured by hand, and what exim4-config generates is not read. 'spoolworker exim-config named-queue' prints what belongs into it");
            return null;
        }
        var own = new SpoolOwnership(Root, exim.Gid, GroupReads);
        var files = new List<PlannedFile>();
        var queue = choices.Queue;
        if (FileChanges.Read(ConfigurationFile.SystemFile) is { } there)
        {
            var configuration = choices.Configuration(exim);
            var isSame = there.AsSpan().SequenceEqual(Encoding.UTF8.GetBytes(configuration));
            if (QueueOf(exim, queue, out trouble) is not { } named) return null;
            queue = named;
            files.Add(new PlannedFile(ConfigurationFile.SystemFile, isSame ? FileFate.Same : FileFate.Kept, FileChanges.RightsOf(ConfigurationFile.SystemFile)!) { Note = isSame ? "" : "it is there and stays as it is; passes and keys are as it says" });
        }
        else
        {
            foreach (var key in choices.Keys)
                files.Add(FileChanges.RightsOf(key.Path) is { } rights ? new PlannedFile(key.Path, FileFate.Kept, rights) { Key = key, Note = "it is there and is taken" }
                    : new PlannedFile(key.Path, FileFate.New, own) { Key = key, Added = $"a new RSA key of 2048 bits for {key.RecordName}\n" });
            var text = choices.Configuration(exim);
            files.Add(new PlannedFile(ConfigurationFile.SystemFile, FileFate.New, own) { Content = Encoding.UTF8.GetBytes(text), Added = text });
        }
        files.Add(Split(queue));
        files.Add(LocalMacros(queue));
        return new DebianPlan(exim, queue, files);
    }

    private static PlannedFile Split(string queue)
    {
        var (text, rights) = (Encoding.ASCII.GetBytes(EximMacros.Text(queue)), new SpoolOwnership(Root, Root, AllRead));
        if (FileChanges.Read(EximMacros.SplitFile) is not { } there) return new PlannedFile(EximMacros.SplitFile, FileFate.New, rights) { Content = text, Added = EximMacros.Text(queue) };
        return there.AsSpan().SequenceEqual(text) ? new PlannedFile(EximMacros.SplitFile, FileFate.Same, rights)
            : new PlannedFile(EximMacros.SplitFile, FileFate.Kept, FileChanges.RightsOf(EximMacros.SplitFile)!) { Note = "it is there and says something else; it stays as it is" };
    }

    // Behind a link the file itself is changed, and the link stays.
    private static PlannedFile LocalMacros(string queue)
    {
        var path = RealPath(DebianExim.LocalMacros);
        var there = FileChanges.Read(path);
        var rights = FileChanges.RightsOf(path) ?? new SpoolOwnership(Root, Root, AllRead);
        if (there is not null && EximMacros.IsBroken(there)) return new PlannedFile(path, FileFate.Kept, rights) { Note = "a block of spoolworker in it has lost a mark; take what is left of it out, and say this again" };
        if (there is not null && EximMacros.Cut(there, out var rest))
        {
            return EximMacros.Add(rest, queue).AsSpan().SequenceEqual(there) ? new PlannedFile(path, FileFate.Same, rights)
                : new PlannedFile(path, FileFate.Kept, rights) { Note = "its block of spoolworker says something else; it stays as it is" };
        }
        return new PlannedFile(path, there is null ? FileFate.New : FileFate.Changed, rights) { Content = EximMacros.Add(there, queue), Added = EximMacros.Text(queue) };
    }

    /// <summary>Where a link leads; the path itself when it is none.</summary>
    public static string RealPath(string path) => new FileInfo(path).LinkTarget is null ? path : File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;

    // One of the configuration that is there: that which Exim has already, or that which was asked for, or the first.
    private static string? QueueOf(DebianExim exim, string wanted, out Trouble? trouble)
    {
        trouble = null;
        var loaded = ConfigurationLoader.Load(ConfigurationFile.Find(null, null, ConfigurationFile.SystemFile), [], Registrations.None, Needs.Of("Intakes"));
        if (loaded.Faults.Count > 0)
        {
            trouble = new Trouble(TroubleKind.Configuration, $"{ConfigurationFile.SystemFile} cannot be used: {loaded.Faults[0]}");
            return null;
        }
        var intakes = loaded.Settings.Intakes.Where(i => i.Kind == IntakeKind.NamedQueue).Select(Places.IntakePath).ToList();
        var queues = intakes.Select(Places.SpoolOf).Where(q => Places.SpoolOf(q) == exim.SpoolDirectory).Select(q => Path.GetFileName(q)).ToList();
        if (queues.Count > 0) return DebianRemoval.Wiring().Select(f => EximMacros.QueueIn(FileChanges.Read(f)!)).FirstOrDefault(q => q is not null && queues.Contains(q)) ?? (queues.Contains(wanted) ? wanted : queues[0]);
        trouble = new Trouble(TroubleKind.Configuration, $"{ConfigurationFile.SystemFile} is there, and none of its intakes is a named queue of this Exim; add {{ \"Path\": \"{exim.SpoolDirectory}/{InitChoices.DefaultQueue}/input\", \"Kind\": \"named-queue\" }} to Intakes");
        return null;
    }
}
