// Takes back what init did. A named queue is nobody's but the worker's: while mail lies in an intake and no worker takes it out, nothing is taken back. Where one runs, Exim's part
// goes first, as on a busy machine an intake is never empty before; then the worker has a minute for what is left. Configuration and keys stay where anything of
// them has been changed since, and the directory of ledger and held mail where anything is in it.
using System.Text;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Init;

/// <summary>What was taken back.</summary>
/// <param name="Removed">Files that are gone, or have lost what init added.</param>
/// <param name="Kept">Files that stay, and why.</param>
internal sealed record RemovalDone(IReadOnlyList<string> Removed, IReadOnlyList<string> Kept);

/// <summary>An intake with mail.</summary>
internal sealed record FullIntake(string Path, int Messages)
{
    public override string ToString() => $"{Path} ({Characters.Amount.Of(Messages, "message")})";
}

/// <summary>Takes back what init did.</summary>
internal static class DebianRemoval
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Exim's files that init would change: those in which its part stands.</summary>
    public static IReadOnlyList<string> Wiring()
    {
        var local = DebianPlan.RealPath(DebianExim.LocalMacros);
        return
        [
            .. FileChanges.Read(EximMacros.SplitFile) is { } split && EximMacros.IsOurs(split) ? new[] { EximMacros.SplitFile } : [],
            .. FileChanges.Read(local) is { } macros && EximMacros.Cut(macros, out _) ? new[] { local } : [],
        ];
    }

    /// <summary>Takes it back; null with the trouble when it is not, or not all of it.</summary>
    /// <param name="wiringOnly">Exim's part alone: configuration and keys stay.</param>
    /// <param name="trouble">What went wrong.</param>
    public static RemovalDone? Remove(bool wiringOnly, out Trouble? trouble)
    {
        if (Settings(out trouble) is not { } settings) return null;
        if (!TryFull(settings, "nothing is taken back", out var full, out trouble)) return null;
        var runs = LedgerLocks.HolderOf(Places.Full(settings.Ledger.Path)) is not null;
        if (full.Count > 0 && !runs)
        {
            trouble = new Trouble(TroubleKind.NotNow, $"nothing is taken back: mail lies in {string.Join(", ", full)}, and nobody else takes it from there. Start the worker, or run 'spoolworker run --once', and say it again");
            return null;
        }
        var (removed, kept) = (new List<string>(Wiring()), new List<string>());
        if (removed.Count > 0 && (trouble = Unwire(removed, kept)) is not null) return null;
        var soFar = removed.Count == 0 ? "nothing is taken back" : $"Exim's part is taken back, and all else is as it was{(kept.Count > 0 ? $" ({string.Join("; ", kept)})" : "")}";
        if (HandWiring.Find(settings.Intakes) is { Count: > 0 } lines)
        {
            trouble = new Trouble(TroubleKind.Configuration, $"{soFar}: mail still goes into an intake by what init did not make and does not undo: {string.Join("; ", lines)}. Nobody but the worker takes it from there: take that out of Exim's configuration, 'update-exim4.conf && systemctl reload exim4', and say it again");
            return null;
        }
        for (var waited = TimeSpan.Zero; ; waited += Pause)
        {
            if (!TryFull(settings, soFar, out full, out trouble)) return null;
            if (full.Count == 0) break;
            if (!runs || waited >= Patience)
            {
                trouble = StillFull(removed.Count > 0, full);
                return null;
            }
            Thread.Sleep(Pause);
        }
        if (!wiringOnly && (trouble = Forget(soFar, removed, kept)) is not null) return null;
        return new RemovalDone(removed, kept);
    }

    /// <summary>Says that an intake does not become empty.</summary>
    /// <param name="isUnwired">Exim's part of init was there, and is taken back; else the wiring is somebody's own, and goes on.</param>
    /// <param name="full">Where mail lies.</param>
    internal static Trouble StillFull(bool isUnwired, IReadOnlyList<FullIntake> full)
    {
        const string Then = "let the worker finish it ('spoolworker list' says what it waits for), and say it again";
        var where = string.Join(", ", full);
        return new Trouble(TroubleKind.NotNow, isUnwired ? $"Exim's part is taken back and no more mail comes, but some lies in {where}: {Then}"
            : $"nothing is taken back: mail lies in {where}, and what brings it is no wiring of init. Take that out of Exim's configuration, {Then}");
    }

    // What init did not write goes with what it wrote: it is put beside, where Debian does not read it.
    private static void Save(FileChanges changes, string file, List<string> kept)
    {
        const string Suffix = ".spoolworker-removed";
        var content = FileChanges.Read(file)!;
        var text = file == EximMacros.SplitFile ? Encoding.Latin1.GetString(content) : EximMacros.Block(content);
        if (text is null || EximMacros.QueueIn(content) is { } queue && text == EximMacros.Text(queue)) return;
        changes.Write(file + Suffix, Encoding.Latin1.GetBytes(text), FileChanges.RightsOf(file)!);
        kept.Add($"{file}{Suffix}: what was taken out of {file}, as it had been changed since");
    }

    private static Trouble? Unwire(IReadOnlyList<string> files, List<string> kept)
    {
        var changes = new FileChanges();
        void Cut()
        {
            foreach (var file in files)
            {
                Save(changes, file, kept);
                if (file == EximMacros.SplitFile || !EximMacros.Cut(FileChanges.Read(file)!, out var rest) || rest is null) changes.Remove(file);
                else changes.Write(file, rest, FileChanges.RightsOf(file)!);
            }
        }

        try
        {
            // Exim may have been taken away before, or be configured by hand now.
            if (DebianExim.Find(out _) is { IsByHand: false }) EximMaking.Change(changes, null, Cut);
            else Cut();
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return DebianInit.TakenBack(e, changes);
        }
    }

    // Configuration and keys belong together: what the one names the other must not lose.
    private static Trouble? Forget(string soFar, List<string> removed, List<string> kept)
    {
        var record = InitRecord.Read();
        var changes = new FileChanges();
        try
        {
            if (record.Files.FirstOrDefault(f => Posix.Exists(f) && !record.IsAsMade(f)) is { } changed)
            {
                kept.AddRange(record.Files.Where(Posix.Exists).Select(f => f == changed ? $"{f}: it has been changed since" : $"{f}: it belongs to {changed}"));
                return null;
            }
            if (record.Files.Count > 0 && WorkerUnit.IsActive) changes.Do(WorkerUnit.Stop, WorkerUnit.Start);
            foreach (var file in record.Files.Where(Posix.Exists).Append(InitRecord.FilePath).Where(Posix.Exists).ToList())
            {
                changes.Remove(file);
                removed.Add(file);
            }
            foreach (var directory in record.Directories)
            {
                if (FileChanges.RemoveEmpty(directory)) removed.Add(directory);
                else kept.Add($"{directory}: something is in it");
            }
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return DebianInit.TakenBack(e, changes, soFar);
        }
    }

    // Without a configuration the queue is what Exim's part names.
    private static Settings? Settings(out Trouble? trouble)
    {
        trouble = null;
        var file = ConfigurationFile.Find(null, null, ConfigurationFile.SystemFile);
        var loaded = ConfigurationLoader.Load(file, [], Registrations.None, Needs.Of("Intakes", "Ledger"));
        if (!file.IsNone && loaded.Faults.Count > 0)
        {
            trouble = new Trouble(TroubleKind.Configuration, $"nothing is taken back: whether mail lies in an intake cannot be told: {loaded.Faults[0]}");
            return null;
        }
        var settings = loaded.Settings;
        if (!file.IsNone) return settings;
        var spool = DebianExim.Setting("spool_directory") ?? "/var/spool/exim4";
        settings.Intakes = [.. Wiring().Select(f => EximMacros.QueueIn(FileChanges.Read(f)!)).OfType<string>().Distinct().Select(q => new IntakeOptions { Path = $"{spool}/{q}/input", Kind = IntakeKind.NamedQueue })];
        return settings;
    }

    private static bool TryFull(Settings settings, string soFar, out List<FullIntake> full, out Trouble? trouble)
    {
        full = [];
        trouble = null;
        foreach (var path in settings.Intakes.SelectMany(i => Places.IntakePaths(i)).Distinct().Where(Posix.Exists))
        {
            try
            {
                using var names = MessageNames.Read(path);
                if (names.Unread.Count > 0) throw names.Unread[0];
                if (names.Names.Length > 0) full.Add(new FullIntake(path, names.Names.Length));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                trouble = Trouble.Of(e, $"{soFar}: whether mail lies in an intake cannot be told: ");
                return false;
            }
        }
        return true;
    }
}
