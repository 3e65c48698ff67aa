// Does what the plan says, in an order in which a kill leaves nothing half: the record first, then keys and configuration, then the worker, then Exim's files, and Exim last of all:
// no mail goes into the queue before somebody takes it out. What fails in the middle takes back what was done.
using System.Text;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Keys;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Init;

/// <summary>What was done.</summary>
/// <param name="Records">To publish in the DNS, of all keys, also of those that were there.</param>
/// <param name="IsLive">Whether Exim was told.</param>
/// <param name="Worker">Whether the worker was started.</param>
internal sealed record InitDone(IReadOnlyList<KeyToPublish> Records, bool IsLive, bool Worker);

/// <summary>Wires the worker to Debian's Exim.</summary>
internal static class DebianInit
{
    private const string State = "/var/lib/spoolworker";
    private const uint PrivateDirectory = 0b111_101_000, OpenDirectory = 0b111_101_101, GroupReads = 0b110_100_000;

    /// <summary>Does it; null with the trouble when it could not be done, and everything is as it was.</summary>
    /// <param name="plan">What to do.</param>
    /// <param name="known">All passes, to check the configuration by.</param>
    /// <param name="trouble">What went wrong.</param>
    public static InitDone? Apply(DebianPlan plan, Registrations known, out Trouble? trouble)
    {
        var changes = new FileChanges();
        trouble = null;
        try
        {
            return Apply(plan, known, changes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            trouble = TakenBack(e, changes);
            return null;
        }
    }

    /// <summary>Takes back what was done; the sentence says whether all is as it was.</summary>
    /// <param name="failure">What went wrong.</param>
    /// <param name="changes">What was done.</param>
    /// <param name="whole">What there is to say when all of it could be taken back.</param>
    public static Trouble TakenBack(Exception failure, FileChanges changes, string whole = "nothing is changed")
    {
        var left = changes.Undo();
        var sentence = left.Count == 0 ? whole : $"what was done before could not all be taken back: {string.Join("; ", left)}";
        return new Trouble(failure is CannotMakeException step ? step.Kind : Trouble.KindOf(failure), $"{failure.Message}; {sentence}");
    }

    private static InitDone Apply(DebianPlan plan, Registrations known, FileChanges changes)
    {
        var files = plan.Files.Select(f => f is { Fate: FileFate.New, Key: not null } ? f with { Content = Encoding.ASCII.GetBytes(PrivateKey.NewPem(KeyType.Rsa) + "\n") } : f).ToList();
        var ours = files.Where(f => f.Fate == FileFate.New && f.Path.StartsWith(InitChoices.Directory + "/", StringComparison.Ordinal)).ToList();
        if (ours.Count > 0) Record(plan, ours, changes);
        foreach (var file in ours) changes.Write(file.Path, file.Content!, file.Rights);
        if (ours.Count > 0) CheckConfiguration(known);
        var records = files.Where(f => f.Key is not null).Select(Published).ToList();

        var started = WorkerUnit.IsThere && !WorkerUnit.IsActive;
        if (started)
        {
            var state = new FreshState(State);
            changes.Do(WorkerUnit.Start, () =>
            {
                WorkerUnit.Stop();
                state.Restore();
            });
        }

        var wiring = files.Where(f => f.IsWritten && !ours.Contains(f)).ToList();
        if (wiring.Count == 0 && EximMaking.IsLive(plan.Queue)) return new InitDone(records, IsLive: false, started);
        EximMaking.Change(changes, plan.Queue, () =>
        {
            foreach (var file in wiring) changes.Write(file.Path, file.Content!, file.Rights);
        });
        return new InitDone(records, IsLive: true, started);
    }

    private static void Record(DebianPlan plan, List<PlannedFile> ours, FileChanges changes)
    {
        var record = InitRecord.Read();
        var root = new SpoolOwnership(0, 0, OpenDirectory);
        if (changes.MakeDirectory(InitChoices.Directory, root)) record.AddDirectory(InitChoices.Directory);
        if (changes.MakeDirectory(State, new SpoolOwnership(plan.Exim.Uid, plan.Exim.Gid, PrivateDirectory))) record.AddDirectory(State);
        foreach (var file in ours) record.AddFile(file.Path, file.Content!);
        changes.Write(InitRecord.FilePath, record.Content(), new SpoolOwnership(0, plan.Exim.Gid, GroupReads));
    }

    private static void CheckConfiguration(Registrations known)
    {
        var loaded = ConfigurationLoader.Load(ConfigurationFile.Find(null, null, ConfigurationFile.SystemFile), [], known);
        if (loaded.Faults.Count > 0) throw new CannotMakeException($"the configuration would not do: {string.Join("; ", loaded.Faults)}");
    }

    // What is published is what the file holds.
    private static KeyToPublish Published(PlannedFile file) => PrivateKey.TryLoad(file.Path, out var fault) is { } key
        ? new KeyToPublish(file.Key!.RecordName, $"v=DKIM1; k={key.Type.Token()}; p={key.PublicBase64()}") : throw new CannotMakeException($"{file.Path}: {fault}");
}
