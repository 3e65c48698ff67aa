// What lies in held/ and what became of it. A release requeues a held pair as an intake's and records it under (held/, id); the pair, its
// note and that record go together: a release that died between its commit and the removal leaves a pair that looks held
// though it is delivered, and the record is what keeps it from being sent again. So whoever starts removes such pairs, and
// the record outlives them (see Forgetting). Failing to remove is no error: the next start tries again.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>The held/ directory.</summary>
internal sealed class HeldStore(string path, MessageLedger ledger, ILogger<HeldStore> log) : IDisposable
{
    private const string Note = ".reason", HeldAs = "held ";
    private readonly Intake _intake = new(path, IntakeKind.Spool);

    /// <summary>Names it in the ledger, as an intake of verbs.</summary>
    public string Path => _intake.Path;

    /// <summary>As verbs take from it: never scanned, and locked only for their time.</summary>
    public Intake Intake => _intake;

    public void Dispose() => _intake.Dispose();

    /// <summary>Removes what is left of releases whose commit is known to be durable.</summary>
    /// <param name="undecidable">Messages that are not to be touched.</param>
    public void Tidy(IReadOnlySet<(string Intake, string Id)> undecidable)
    {
        try
        {
            var ids = _intake.Directory.Names('H').Concat(_intake.Directory.Names('D')).Concat(Notes()).Distinct().ToList();
            foreach (var id in ids.Where(id => !undecidable.Contains((Path, id.ToString())))) TidyOrTell(id);
        }
        catch (IOException e)
        {
            log.NotLookedThrough(Path, e.Message);
        }
    }

    // One that is not ours to open (brought back by root, say) is no reason to leave all others.
    private void TidyOrTell(MessageId id)
    {
        try
        {
            TidyReleased(id);
        }
        catch (PosixException e)
        {
            log.NotLookedThrough($"{Path}/{id}", e.Message);
        }
    }

    /// <summary>Records of messages of which a part was served, and which somebody has taken away since: nothing is left to do for them.</summary>
    /// <param name="expires">When they may be forgotten, Unix milliseconds.</param>
    public void CloseGone(long expires)
    {
        try
        {
            var gone = ledger.Open().Where(e => e.Intake == Path && e.Staged.Count == 0 && MessageId.TryParse(e.Id.AsSpan(), out var id) && !Holds(id)).ToList();
            if (gone.Count > 0) ledger.Commit(gone.Select(e => e with { Expires = expires }), []);
        }
        catch (PosixException e)
        {
            log.NotLookedThrough(Path, e.Message);
        }
    }

    /// <summary>Removes what is left of one release. True when there was something.</summary>
    public bool TidyReleased(MessageId id)
    {
        if (ReleaseOf(id) is not { Staged.Count: 0 } release) return false;
        var pairFolder = _intake.Directory.FolderWith(id, 'H');
        if (pairFolder is not null && !TryRemovePair(id, release)) return false;
        var removed = pairFolder is not null;
        foreach (var folder in _intake.Directory.OpenFolders())
        {
            using (folder)
            {
                // Names of a pair that is being staged under that id anew are not ours to touch.
                if (folder.Exists(id.HeaderName) || folder.Exists(SpoolStage.StagedHeaderName(id, ledger.Tag))) continue;
                removed |= Remove(folder, id.BodyName) | Remove(folder, SpoolStage.NoteName(id));
            }
        }
        if (removed) log.ReleaseTidied(id, release.Done.Values.First(), Path);
        return removed;
    }

    /// <summary>The record of a release that is committed; null when there was none.</summary>
    public LedgerEntry? ReleaseOf(MessageId id) => ledger.Find(Path, id) is { Expires: > 0, Done.Count: > 0 } entry ? entry : null;

    /// <summary>True while anything of that id lies here.</summary>
    public bool Holds(MessageId id) => _intake.Directory.Holds(id) || _intake.Directory.Has(SpoolStage.NoteName(id));

    /// <summary>A settled record in which recipients whose held copy was released are what the release made of them: their fate is known
    /// also when the release's own record is forgotten.</summary>
    public LedgerEntry Resolve(LedgerEntry entry) => Released(entry) is { Count: > 0 } released ? entry with { Done = With(entry.Done, released) } : entry;

    /// <summary>As <see cref="Resolve"/>; and those whose held copy is gone without a release are to be served again: somebody took it
    /// out of held/ and, as the pair is back, put it into the intake.</summary>
    public LedgerEntry Reconsider(LedgerEntry entry)
    {
        entry = Resolve(entry);
        var gone = entry.Done.Where(d => HeldId(d.Value) is { } id && !Holds(id)).Select(d => d.Key).ToHashSet();
        return gone.Count == 0 ? entry : entry with { Done = entry.Done.Where(d => !gone.Contains(d.Key)).ToDictionary() };
    }

    private Dictionary<string, string> Released(LedgerEntry entry)
    {
        var fates = new Dictionary<string, string>();
        foreach (var (recipient, what) in entry.Done)
        {
            if (HeldId(what) is { } id && FateOf(id)?.Done.TryGetValue(recipient, out var fate) == true) fates[recipient] = fate;
        }
        return fates;
    }

    // With a pair there, a release that is over was another message's of that id; one of a part has an open record.
    private LedgerEntry? FateOf(MessageId id) => ledger.Find(Path, id) is { Staged.Count: 0 } entry && (entry.Expires == 0 || _intake.Directory.FolderWith(id, 'H') is null) ? entry : null;

    private static Dictionary<string, string> With(Dictionary<string, string> done, Dictionary<string, string> fates) =>
        done.ToDictionary(d => d.Key, d => fates.GetValueOrDefault(d.Key, d.Value));

    private static MessageId? HeldId(string what) => what.StartsWith(HeldAs, StringComparison.Ordinal) && MessageId.TryParse(what.AsSpan(HeldAs.Length), out var id) ? id : null;

    private bool TryRemovePair(MessageId id, LedgerEntry release)
    {
        var claim = SpoolPair.Claim(_intake.Directory, id, out var pair, out _);
        if (claim == ClaimResult.Incomplete) return TryRemoveHeader(id, release);
        using (pair)
        {
            // Another message may be held under the same id since, and one that cannot be read or is locked proves nothing.
            if (claim != ClaimResult.Claimed || !HeaderFileReader.TryRead(pair!.HeaderBytes, id, out var header, out _) || Fingerprint.Of(header, pair.DataStatus.Size) != release.Fingerprint) return false;
            // A part was served, and the pair was away for a while (another file system, an operator's hand): whoever is still to be served is not what was released.
            if (header.Pending.Any(r => !release.Done.ContainsKey(LedgerEntry.Text(r.Address.Span)))) return false;
            pair.Remove();
            return true;
        }
    }

    // A power cut may bring back one name of two that were removed; without a body there is nothing to send.
    private bool TryRemoveHeader(MessageId id, LedgerEntry release)
    {
        using var folder = _intake.Directory.OpenFolderWith(id, 'H');
        if (folder is null || SpoolPair.ReadBounded(folder, id.HeaderName, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out _) != ClaimResult.Claimed) return false;
        if (!HeaderFileReader.TryRead(bytes, id, out var header, out _) || header.Pending.Any(r => !release.Done.ContainsKey(LedgerEntry.Text(r.Address.Span)))) return false;
        folder.Unlink(id.HeaderName);
        return true;
    }

    private List<MessageId> Notes()
    {
        var found = new List<MessageId>();
        foreach (var file in _intake.Directory.FilesEndingWith(Note))
        {
            if (MessageId.TryParse(System.IO.Path.GetFileName(file.AsSpan())[..^Note.Length], out var id)) found.Add(id);
        }
        return found;
    }

    private static bool Remove(SpoolFolder folder, string name)
    {
        var error = folder.TryUnlink(name);
        if (error is not 0 and not Errno.ENOENT) throw new PosixException(error, "unlink", folder.PathOf(name));
        return error == 0;
    }
}
