// How many messages lie in each place, how old the oldest is and how much room its disk has: by their names alone, at most so many a place (no more
// are read then), and not more often than every few seconds, or for a small part of the time, whoever asks how often. What cannot be read is left out.
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Telemetry;

/// <summary>What lies in a place.</summary>
/// <param name="Place"><c>intake</c> (all of them together), <c>held</c>, <c>corrupt</c>, <c>target</c>.</param>
/// <param name="Messages">How many.</param>
/// <param name="Oldest">Unix time in seconds of the oldest, by its id; null: there is none.</param>
/// <param name="IsCapped">There are more than are counted.</param>
internal sealed record PlaceFigures(string Place, int Messages, long? Oldest, bool IsCapped)
{
    /// <summary>Of the intakes: as <see cref="Oldest"/>, without what waits as an operator wants it, for the hours of a pass or the end of a pause.</summary>
    public long? OldestUnplanned { get; init; }

    /// <summary>Of the intakes: those that wait for the end of a pause, and for nothing else.</summary>
    public int Paused { get; init; }
}

/// <summary>Room on the disk of a place.</summary>
/// <param name="Place">As in <see cref="PlaceFigures"/>.</param>
/// <param name="Path">Its directory.</param>
/// <param name="Device">The number of the file system; null: not known. Places of one have the same.</param>
/// <param name="Room">The room.</param>
internal sealed record PlaceRoom(string Place, string Path, ulong? Device, FileSystemRoom Room);

/// <summary>Counts.</summary>
/// <param name="settings">Where the places are.</param>
/// <param name="intakes">The intakes there are now.</param>
/// <param name="clock">Timestamps.</param>
internal sealed class PlaceSurvey(Settings settings, Func<IEnumerable<string>> intakes, TimeProvider clock)
{
    /// <summary>Counts are at most so old; reading the names of 100,000 messages takes some 50 ms.</summary>
    public static readonly TimeSpan MostAge = TimeSpan.FromSeconds(10);

    // What Recent may take of the time: a twentieth.
    private const int Share = 20;

    private const string Reason = ".reason";

    private readonly Lock _lock = new();
    private readonly string _target = Places.TargetPath(settings.Target);
    private IReadOnlyList<PlaceFigures> _figures = [];
    private long? _counted;
    private TimeSpan _took;

    /// <summary>Most that are counted in a place.</summary>
    public int CountAtMost => settings.Metrics.CountAtMost;

    /// <summary>Tells how messages of an intake wait; null: nobody knows.</summary>
    public Func<string, Func<MessageId, IntakeWait>>? WaitsIn { get; init; }

    /// <summary>What lies where; of places that cannot be read nothing.</summary>
    public IReadOnlyList<PlaceFigures> Figures => Within(MostAge);

    /// <summary>As <see cref="Figures"/>, counted anew for each who asks as long as that is quickly done: for people, who look again when they have done something.</summary>
    public IReadOnlyList<PlaceFigures> Recent
    {
        get
        {
            lock (_lock) return Within(_took * Share < MostAge ? _took * Share : MostAge);
        }
    }

    /// <summary>As <see cref="Figures"/>, at most so old.</summary>
    public IReadOnlyList<PlaceFigures> Within(TimeSpan age)
    {
        lock (_lock)
        {
            if (_counted is { } counted && clock.GetElapsedTime(counted) < age) return _figures;
            var began = clock.GetTimestamp();
            (_figures, _counted) = (Count(), clock.GetTimestamp());
            _took = clock.GetElapsedTime(began);
            return _figures;
        }
    }

    /// <summary>Room on the disks of the places.</summary>
    public IEnumerable<PlaceRoom> Rooms => new[] { ("ledger", Places.Full(settings.Ledger.Path)), ("held", Places.Full(settings.Held.Path)), ("corrupt", Places.Full(settings.Corrupt.Path)), ("target", _target) }
        .Select(p => (Name: p.Item1, Path: p.Item2, Room: Posix.Room(p.Item2))).Where(p => p.Room is not null).Select(p => new PlaceRoom(p.Name, p.Path, Posix.TryStatus(p.Path + "/.", out var status) == 0 ? status.Device : null, p.Room!.Value));

    private List<PlaceFigures> Count()
    {
        var figures = new List<PlaceFigures>();
        Add("intake", [.. intakes()], Of);
        Add("held", [Places.Full(settings.Held.Path)], Of);
        Add("corrupt", [Places.Full(settings.Corrupt.Path)], OfCorrupt);
        Add("target", [_target], Of);
        return figures;

        void Add(string place, string[] paths, TryId tryId)
        {
            var count = new Counting(settings.Metrics.CountAtMost);
            var isRead = false;
            foreach (var path in paths) isRead |= TryCount(path, tryId, count, place == "intake" ? WaitsIn?.Invoke(path) : null);
            if (isRead) figures.Add(new PlaceFigures(place, count.Messages, count.Oldest, count.IsCapped) { OldestUnplanned = count.OldestUnplanned, Paused = count.Paused });
        }
    }

    private static bool TryCount(string path, TryId tryId, Counting count, Func<MessageId, IntakeWait>? waits)
    {
        // Made with its first message: until then it is empty.
        if (!Posix.Exists(path)) return true;
        try
        {
            using var directory = new SpoolDirectory(path);
            foreach (var folder in directory.OpenFolders([]))
            {
                using (folder)
                {
                    if (!count.IsCapped) folder.ReadNamesWhile((name, _) => count.Sees(name, tryId, waits));
                }
            }
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static bool Of(ReadOnlySpan<byte> name, out MessageId id) => MessageId.TryParseFileName(name, 'H', out id);

    // Several may have come under one id: a number follows it.
    private static bool OfCorrupt(ReadOnlySpan<byte> name, out MessageId id)
    {
        id = default;
        if (name.Length < Reason.Length || !name[^Reason.Length..].SequenceEqual(".reason"u8)) return false;
        if (!TryBegin(name, MessageId.LongLength, out id)) TryBegin(name, MessageId.ShortLength, out id);
        return true;

        static bool TryBegin(ReadOnlySpan<byte> name, int length, out MessageId id)
        {
            id = default;
            return name.Length > length && MessageId.TryParse(name[..length], out id);
        }
    }

    private delegate bool TryId(ReadOnlySpan<byte> name, out MessageId id);

    private sealed class Counting(int most)
    {
        public int Messages { get; private set; }

        public long? Oldest { get; private set; }

        public long? OldestUnplanned { get; private set; }

        public int Paused { get; private set; }

        public bool IsCapped { get; private set; }

        /// <summary>False: no more of them are counted.</summary>
        public bool Sees(ReadOnlySpan<byte> name, TryId tryId, Func<MessageId, IntakeWait>? waits)
        {
            if (!tryId(name, out var id)) return true;
            if (Messages == most)
            {
                IsCapped = true;
                return false;
            }
            Messages++;
            if (id.Length == 0) return true;
            if (Oldest is not { } oldest || id.Seconds < oldest) Oldest = id.Seconds;
            var wait = waits?.Invoke(id) ?? default;
            if (wait.ForPause) Paused++;
            if (!wait.OnPurpose && (OldestUnplanned is not { } unplanned || id.Seconds < unplanned)) OldestUnplanned = id.Seconds;
            return true;
        }
    }
}
