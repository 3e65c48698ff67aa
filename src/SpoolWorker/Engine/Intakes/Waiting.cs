// What the engine knows, in memory only, of messages it leaves in the intake: deferred ones and their time, frozen ones,
// half-written ones and since when, ones that cannot be moved. Lost at a restart and found again by looking.
// The ledger keeps a next try as a date, which outlives a restart; here it is a timestamp of the monotonic clock: a date that
// is set back stops no message, and one that is set forth does not bring them all at once.
using System.Collections.Concurrent;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>Messages left where they are.</summary>
internal sealed class Waiting(TimeProvider clock)
{
    // What a pass wants may be the end of all time, which no timestamp holds.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(36500);

    private readonly ConcurrentDictionary<MessageKey, Wait> _deferred = new();
    private readonly ConcurrentDictionary<MessageKey, (ulong Inode, DateTimeOffset Modified)> _frozen = new();
    private readonly ConcurrentDictionary<MessageKey, long> _partial = new();
    private readonly ConcurrentDictionary<MessageKey, (long Size, DateTimeOffset Modified, long Since)> _changing = new();
    private readonly ConcurrentDictionary<MessageKey, bool> _stuck = new(), _undecidable = new(), _forbidden = new();

    public int Deferred => _deferred.Count;

    public int Frozen => _frozen.Count;

    public int Partial => _partial.Count;

    /// <summary>Cheap test before a claim: deferred to a later time, or frozen and unchanged.</summary>
    public bool IsWaiting(MessageKey key)
    {
        if (_deferred.TryGetValue(key, out var wait) && !IsDue(wait)) return true;
        if (_stuck.ContainsKey(key) || _undecidable.ContainsKey(key)) return true;
        if (!_frozen.TryGetValue(key, out var seen)) return false;
        using var folder = key.Intake.Directory.OpenFolderWith(key.Id, 'H');
        if (folder is not null && folder.TryStatus(key.Id.HeaderName, out var status) == 0 && (status.Inode, status.Modified) == seen) return true;
        _frozen.TryRemove(key, out _);
        return false;
    }

    /// <summary>Leaves a message until its next try: as far away as the date says now, and counted by the monotonic clock from here on.</summary>
    public void Defer(MessageKey key, Deferral deferral)
    {
        var left = deferral.Left(clock.GetUtcNow());
        var ticks = (long)((left < LongestWait ? left : LongestWait).TotalSeconds * clock.TimestampFrequency);
        _deferred[key] = new Wait(deferral.Pass, clock.GetTimestamp() + ticks);
    }

    /// <summary>True when we have waited for a deferred message long enough, or were told not to wait, whatever the date says.</summary>
    public bool HasWaited(MessageKey key) => _deferred.TryGetValue(key, out var wait) && IsDue(wait);

    /// <summary>Remembers a frozen message; true the first time.</summary>
    public bool LeaveFrozen(MessageKey key, FileStatus header)
    {
        var first = !_frozen.ContainsKey(key);
        _frozen[key] = (header.Inode, header.Modified);
        return first;
    }

    /// <summary>Starts, or looks at, the time a message has been half written. By timestamps: the date may jump.</summary>
    public bool IsOverdue(MessageKey key, TimeSpan limit) => clock.GetElapsedTime(_partial.GetOrAdd(key, clock.GetTimestamp())) >= limit;

    /// <summary>True when -D has not changed for the settle time: by its date, or, where that lies ahead of ours, by what we saw.</summary>
    public bool HasSettled(MessageKey key, FileStatus data, TimeSpan settle)
    {
        var age = clock.GetUtcNow() - data.Modified;
        if (age >= TimeSpan.Zero) return age >= settle;
        var seen = _changing.AddOrUpdate(key, _ => (data.Size, data.Modified, clock.GetTimestamp()),
            (_, old) => old.Size == data.Size && old.Modified == data.Modified ? old : (data.Size, data.Modified, clock.GetTimestamp()));
        return clock.GetElapsedTime(seen.Since) >= settle;
    }

    /// <summary>A message nothing can be concluded about: withheld until the next start, wherever its files are meanwhile.</summary>
    public void Withhold(MessageKey key) => _undecidable[key] = true;

    /// <summary>Remembers a message whose files we may not touch; true the first time.</summary>
    public bool LeaveForbidden(MessageKey key) => _forbidden.TryAdd(key, true);

    public void Stick(MessageKey key) => _stuck[key] = true;

    public bool IsStuck(MessageKey key) => _stuck.ContainsKey(key);

    /// <summary>Whether there are messages that cannot be moved to corrupt/, or whose files we may not touch.</summary>
    public bool HasStuck => !_stuck.IsEmpty || !_forbidden.IsEmpty;

    public void Forget(MessageKey key)
    {
        _partial.TryRemove(key, out _);
        _changing.TryRemove(key, out _);
        _deferred.TryRemove(key, out _);
    }

    /// <summary>Deferred messages whose time has come.</summary>
    public IReadOnlyList<MessageKey> Due() => [.. _deferred.Where(d => IsDue(d.Value)).OrderBy(d => d.Value.Due).Select(d => d.Key)];

    /// <summary>Makes what a pass deferred due at once, whatever time the ledger says.</summary>
    public IReadOnlyList<MessageKey> MakeDue(string pass)
    {
        var keys = _deferred.Where(d => d.Value.Pass == pass).Select(d => d.Key).ToList();
        foreach (var key in keys) _deferred[key] = new Wait(pass, clock.GetTimestamp());
        return keys;
    }

    /// <summary>Forgets messages that are no longer in their intake.</summary>
    public void Keep(Intake intake, IReadOnlySet<MessageId> present)
    {
        foreach (var key in _deferred.Keys.Concat(_frozen.Keys).Concat(_partial.Keys).Concat(_stuck.Keys).Concat(_changing.Keys).Concat(_forbidden.Keys))
        {
            if (!key.Intake.Equals(intake) || present.Contains(key.Id)) continue;
            _deferred.TryRemove(key, out _);
            _frozen.TryRemove(key, out _);
            _partial.TryRemove(key, out _);
            _stuck.TryRemove(key, out _);
            _changing.TryRemove(key, out _);
            _forbidden.TryRemove(key, out _);
        }
    }

    private bool IsDue(Wait wait) => clock.GetTimestamp() >= wait.Due;

    // Due: timestamp of the clock.
    private readonly record struct Wait(string Pass, long Due);
}
