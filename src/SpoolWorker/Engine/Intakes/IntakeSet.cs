// The intakes of a run: those the settings name, and of patterns those that match now. Looked through again with every
// scan and whenever the watcher says that a directory has come or gone, so that what appears later (an Exim's first mail,
// a directory that queuefile makes, one removed and made anew) is taken without a restart. Any thread may ask or refresh.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>An intake is locked by a worker with another ledger.</summary>
internal sealed class IntakeTakenException(string message) : IOException(message);

/// <summary>All intakes.</summary>
internal sealed class IntakeSet : IDisposable
{
    private readonly IReadOnlyList<IntakeOptions> _options;
    private readonly IReadOnlyList<string> _outputs;
    private readonly Dictionary<string, Intake> _known = [];
    private readonly HashSet<string> _fixed = [];
    private readonly Dictionary<string, string> _told = [];
    private readonly Lock _lock = new();
    private volatile Intake[] _all = [];
    private volatile string[] _looked = [];
    private bool _isOpen, _isDisposed;

    public IntakeSet(Settings settings)
    {
        _options = settings.Intakes;
        _outputs = [Places.TargetPath(settings.Target), Places.Full(settings.Held.Path), Places.Full(settings.Corrupt.Path), Places.Full(settings.Ledger.Path)];
        Expand();
    }

    /// <summary>Some of the settings' intakes: those a command executes verbs in.</summary>
    public IntakeSet(IEnumerable<Intake> some)
    {
        _options = [];
        _outputs = [];
        foreach (var intake in some)
        {
            _known[intake.Path] = intake;
            _fixed.Add(intake.Path);
        }
        Expand();
    }

    /// <summary>All of them, there or not.</summary>
    public IReadOnlyList<Intake> All => _all;

    /// <summary>Those that are there and locked by us: what may be read and taken from.</summary>
    public IEnumerable<Intake> Ours => _all.Where(i => i.State == IntakeState.Ours);

    /// <summary>Directories in which a new match of a pattern may appear.</summary>
    public IReadOnlyList<string> Looked => _looked;

    /// <summary>Intakes that are there and cannot be taken from.</summary>
    public bool HasClosed => _all.Any(i => i.State is IntakeState.Taken or IntakeState.Closed);

    /// <summary>Locks what is there, before anything is taken.</summary>
    /// <exception cref="IntakeTakenException">Another worker has one of them: which, and who.</exception>
    public void Open(ILogger log)
    {
        Refresh(log);
        _isOpen = true;
        if (_all.FirstOrDefault(i => i.State == IntakeState.Taken) is { } taken)
            throw new IntakeTakenException($"intake {taken.Path}: another worker takes from it: {taken.Reason}. Two workers with different ledgers would send mail twice; stop one of them");
    }

    /// <summary>Looks again what is there, and locks it.</summary>
    public void Refresh(ILogger log)
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            Expand();
            foreach (var intake in _all) Tell(log, intake, intake.Claim());
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (var intake in _known.Values) intake.Dispose();
        }
    }

    private void Expand()
    {
        var looked = new HashSet<string>();
        var now = new HashSet<string>(_fixed);
        // Patterns last: what is named in full is no match of theirs.
        foreach (var (options, isPattern) in _options.Select(o => (o, PathPattern.Is(Places.Full(o.Path)))).OrderBy(o => o.Item2))
        {
            foreach (var path in Places.IntakePaths(options, looked))
            {
                if (!isPattern) _fixed.Add(path);
                else if (_fixed.Contains(path) || IsAnothers(path)) continue;
                now.Add(path);
                if (!_known.ContainsKey(path)) _known[path] = new Intake(path, options.Kind, isPattern ? PathPattern.FixedPart(Places.Full(options.Path)) : null);
            }
        }
        foreach (var gone in _known.Keys.Where(path => !now.Contains(path)).ToList())
        {
            _known[gone].Dispose();
            _known.Remove(gone);
            _told.Remove(gone);
        }
        if (_all.Length != _known.Count || !_all.All(i => _known.TryGetValue(i.Path, out var same) && ReferenceEquals(same, i))) _all = [.. _known.Values];
        if (!looked.SetEquals(_looked)) _looked = [.. looked];
    }

    // A star matches what the worker itself writes into, too, and the subdirectories of a split intake.
    private bool IsAnothers(string path)
    {
        if (Posix.TryStatus(path, out var status) != 0) return true;
        var parent = Path.GetDirectoryName(path)!;
        return _outputs.Any(output => Posix.TryStatus(output + "/.", out var other) == 0 && (other.Inode, other.Device) == (status.Inode, status.Device))
            || (Path.GetFileName(path).Length == 1 && _fixed.Contains(parent))
            || _fixed.Any(f => Posix.TryStatus(f + "/.", out var other) == 0 && (other.Inode, other.Device) == (status.Inode, status.Device));
    }

    // Once for each state and reason, not at each look.
    private void Tell(ILogger log, Intake intake, IntakeState state)
    {
        var unlocked = state == IntakeState.Ours ? intake.Unlocked : null;
        var text = $"{state} {intake.Reason}{unlocked}";
        var before = _told.GetValueOrDefault(intake.Path, "");
        if (before == text) return;
        _told[intake.Path] = text;
        if (unlocked is not null) log.Unlocked(intake.Path, unlocked);
        switch (state)
        {
            case IntakeState.Ours when _isOpen:
                log.IsThere(intake.Path);
                break;
            case IntakeState.Missing:
                log.IsMissing(intake.Path, intake.Kind == IntakeKind.Queuefile ? "make it, owned by the Exim user" : "Exim makes it with its first message");
                break;
            case IntakeState.Taken:
                log.IsTaken(intake.Path, intake.Reason);
                break;
            case IntakeState.Closed:
                log.CannotBeRead(intake.Path, intake.Reason);
                break;
        }
    }
}
