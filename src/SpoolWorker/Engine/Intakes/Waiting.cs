// What the engine knows, in memory only, of messages it leaves in the intake: deferred ones and their time, frozen ones,
// half-written ones and since when, ones that cannot be moved. Lost at a restart and found again by looking. One record a message,
// none for those there is nothing to say of.
// The ledger keeps a next try as a date, which outlives a restart; here it is a timestamp of the monotonic clock: a date that
// is set back stops no message, and one that is set forth does not bring them all at once.
using System.Collections.Concurrent;
using SpoolWorker.Engine.Orders;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Orders;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>How a message of an intake waits.</summary>
/// <param name="OnPurpose">An operator wants it to: for the hours of a pass, or the end of a pause.</param>
/// <param name="ForPause">It waits for the end of a pause of the worker or its intake, and for nothing else.</param>
internal readonly record struct IntakeWait(bool OnPurpose, bool ForPause);

/// <summary>Messages left where they are.</summary>
internal sealed class Waiting(TimeProvider clock, OrdersInForce? orders = null)
{
    // What a pass wants may be the end of all time, which no timestamp holds.
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(36500);

    // What is further away than this waits for an operator's word.
    private static readonly TimeSpan Never = LongestWait / 2;

    private readonly ConcurrentDictionary<MessageKey, LeftMessage> _left = new();

    public int Deferred => _left.Count(m => m.Value is { DeferredBy: not null, IsPlanned: false });

    /// <summary>Messages that wait for the hours of a pass, or the end of its pause.</summary>
    public int Planned => _left.Count(m => m.Value is { DeferredBy: not null, IsPlanned: true });

    public int Frozen => _left.Count(m => m.Value.Frozen is not null);

    public int Partial => _left.Count(m => m.Value.Partial is not null);

    /// <summary>How long until the first deferred message is tried again; null: there is none.</summary>
    public TimeSpan? NextTry
    {
        get
        {
            var due = _left.Where(m => m.Value.DeferredBy is not null).Select(m => (long?)m.Value.Due).Min();
            if (due is not { } next) return null;
            var left = clock.GetTimestamp() is var now && next > now ? clock.GetElapsedTime(now, next) : TimeSpan.Zero;
            return left < Never ? left : null;
        }
    }

    /// <summary>The order that keeps a message from being worked on, unless an operator asks for it by name; null: none does.</summary>
    public OrderRow? PauseOf(MessageKey key) => orders?.PauseOf(key.Intake.Path);

    /// <summary>How a message of an intake waits.</summary>
    public IntakeWait WaitOf(MessageKey key)
    {
        var (left, isPaused) = (Of(key), PauseOf(key) is not null);
        return new IntakeWait(isPaused || left is { DeferredBy: not null, IsPlanned: true }, isPaused && left is { DeferredBy: null, Frozen: null, Partial: null });
    }

    /// <summary>Cheap test before a claim: paused, deferred to a later time, or frozen and unchanged.</summary>
    public bool IsWaiting(MessageKey key)
    {
        if (PauseOf(key) is not null) return true;
        if (!_left.TryGetValue(key, out var left)) return false;
        if (left.DeferredBy is not null && !IsDue(left)) return true;
        if (left.IsStuck || left.IsUndecidable) return true;
        if (left.Frozen is not { } seen) return false;
        using var folder = key.Intake.Directory.OpenFolderWith(key.Id, 'H');
        if (folder is not null && folder.TryStatus(key.Id.HeaderName, out var status) == 0 && FrozenHeader.Of(status) == seen) return true;
        Change(key, static l => l with { Frozen = null });
        return false;
    }

    /// <summary>Leaves a message until its next try: as far away as the date says now, and counted by the monotonic clock from here on.</summary>
    public void Defer(MessageKey key, Deferral deferral)
    {
        var left = deferral.Left(clock.GetUtcNow());
        var due = clock.GetTimestamp() + (long)((left < LongestWait ? left : LongestWait).TotalSeconds * clock.TimestampFrequency);
        Change(key, l => l with { DeferredBy = deferral.Pass, Due = due, IsPlanned = deferral.IsPlanned });
    }

    /// <summary>True when we have waited for a deferred message long enough, or were told not to wait, whatever the date says.</summary>
    public bool HasWaited(MessageKey key) => Of(key) is { DeferredBy: not null } left && IsDue(left);

    /// <summary>Remembers a frozen message; true the first time.</summary>
    public bool LeaveFrozen(MessageKey key, FileStatus header)
    {
        var first = Of(key).Frozen is null;
        Change(key, l => l with { Frozen = FrozenHeader.Of(header) });
        return first;
    }

    /// <summary>Starts, or looks at, the time a message has been half written. By timestamps: the date may jump.</summary>
    public bool IsOverdue(MessageKey key, TimeSpan limit)
    {
        var now = clock.GetTimestamp();
        var left = Change(key, l => l with { Partial = l.Partial ?? new HalfWritten(now) });
        return clock.GetElapsedTime(left.Partial!.Since) >= limit;
    }

    /// <summary>True when -D has not changed for the settle time: by its date, or, where that lies ahead of ours, by what we saw.</summary>
    public bool HasSettled(MessageKey key, FileStatus data, TimeSpan settle)
    {
        var age = clock.GetUtcNow() - data.Modified;
        if (age >= TimeSpan.Zero) return age >= settle;
        var seen = new ChangingBody(data.Size, data.Modified, clock.GetTimestamp());
        var left = Change(key, l => l.Changing is { } old && old.Size == seen.Size && old.Modified == seen.Modified ? l : l with { Changing = seen });
        return clock.GetElapsedTime(left.Changing!.Since) >= settle;
    }

    /// <summary>A message nothing can be concluded about: withheld until the next start, wherever its files are meanwhile.</summary>
    public void Withhold(MessageKey key) => Change(key, static l => l with { IsUndecidable = true });

    /// <summary>Remembers a message whose files we may not touch; true the first time.</summary>
    public bool LeaveForbidden(MessageKey key)
    {
        var first = !Of(key).IsForbidden;
        Change(key, static l => l with { IsForbidden = true });
        return first;
    }

    public void Stick(MessageKey key) => Change(key, static l => l with { IsStuck = true });

    public bool IsStuck(MessageKey key) => Of(key).IsStuck;

    /// <summary>Whether there are messages that cannot be moved to corrupt/, or whose files we may not touch.</summary>
    public bool HasStuck => _left.Any(m => m.Value.IsStuck || m.Value.IsForbidden);

    /// <summary>It is being worked on: whatever it waited for is over.</summary>
    public void Forget(MessageKey key)
    {
        if (_left.ContainsKey(key)) Change(key, static l => l with { Partial = null, Changing = null, DeferredBy = null, Due = 0, IsPlanned = false });
    }

    /// <summary>Deferred messages whose time has come.</summary>
    public IReadOnlyList<MessageKey> Due() => [.. _left.Where(m => m.Value.DeferredBy is not null && IsDue(m.Value) && PauseOf(m.Key) is null).OrderBy(m => m.Value.Due).ThenBy(m => m.Key.Id).Select(m => m.Key)];

    /// <summary>Makes what a pass deferred due at once, whatever time the ledger says.</summary>
    /// <param name="pass">The pass.</param>
    /// <param name="isPlanned">What waits for its hours; else what it deferred.</param>
    public IReadOnlyList<MessageKey> MakeDue(string pass, bool isPlanned = false)
    {
        bool Is(LeftMessage left) => left.DeferredBy == pass && left.IsPlanned == isPlanned;
        var keys = _left.Where(m => Is(m.Value)).Select(m => m.Key).ToList();
        var now = clock.GetTimestamp();
        foreach (var key in keys) Change(key, l => Is(l) ? l with { Due = now } : l);
        return keys;
    }

    /// <summary>Makes a deferred message due, also one that an earlier process deferred and none of ours has looked at.</summary>
    public void MakeDue(MessageKey key)
    {
        var now = clock.GetTimestamp();
        Change(key, l => l with { DeferredBy = l.DeferredBy ?? "", Due = now });
    }

    /// <summary>Forgets messages that are no longer in their intake.</summary>
    public void Keep(Intake intake, IReadOnlySet<MessageId> present)
    {
        foreach (var (key, _) in _left)
        {
            if (key.Intake.Equals(intake) && !present.Contains(key.Id)) Change(key, static l => new LeftMessage { IsUndecidable = l.IsUndecidable });
        }
    }

    // Of a message there is nothing to say of, what says nothing.
    private LeftMessage Of(MessageKey key) => _left.GetValueOrDefault(key);

    private LeftMessage Change(MessageKey key, Func<LeftMessage, LeftMessage> change)
    {
        var left = _left.AddOrUpdate(key, static (_, c) => c(default), static (_, old, c) => c(old), change);
        // Only if it says nothing still.
        if (left == default) _left.TryRemove(KeyValuePair.Create(key, left));
        return left;
    }

    private bool IsDue(LeftMessage left) => clock.GetTimestamp() >= left.Due;

    // As small as the usual one, a deferred or a frozen message, allows: there may be a hundred thousand.
    private readonly record struct LeftMessage
    {
        /// <summary>The pass that deferred it, empty for the worker itself; null: it is not deferred.</summary>
        public string? DeferredBy { get; init; }

        /// <summary>Timestamp of the next try.</summary>
        public long Due { get; init; }

        /// <summary>It waits for the hours of that pass.</summary>
        public bool IsPlanned { get; init; }

        public FrozenHeader? Frozen { get; init; }

        public HalfWritten? Partial { get; init; }

        public ChangingBody? Changing { get; init; }

        public bool IsStuck { get; init; }

        public bool IsUndecidable { get; init; }

        public bool IsForbidden { get; init; }
    }

    // The -H that was frozen: another one may be thawed.
    private sealed record FrozenHeader(ulong Inode, long ModifiedTicks)
    {
        public static FrozenHeader Of(in FileStatus header) => new(header.Inode, header.Modified.UtcTicks);
    }

    private sealed record HalfWritten(long Since);

    private sealed record ChangingBody(long Size, DateTimeOffset Modified, long Since);
}
