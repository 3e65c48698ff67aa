// Reads a pair that lies in somebody else's directory, under Exim's lock on its -D, and says why it may not be taken. A message is believed as far as those are who can
// write where it lies: root, Exim's user, whoever asks. Known are what lies in held/ already and what was released from there: neither is taken again.
using SpoolWorker.Characters;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Reading;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Quarantine;

/// <summary>A pair that may be taken, locked until disposed; or one that was taken before.</summary>
/// <param name="Pair">Where it lies; null: it is in held/ and nowhere else.</param>
/// <param name="Header">Its -H, with those its -J names among the non-recipients, and those that were served before.</param>
/// <param name="Fingerprint">See <see cref="Engine.Commit.Fingerprint"/>.</param>
/// <param name="Before">What is known of the message in held/; null: nothing.</param>
/// <param name="IsTaken">It lies in held/.</param>
internal sealed record SetAsidePair(SpoolPair? Pair, HeaderFile Header, string Fingerprint, LedgerEntry? Before, bool IsTaken) : IDisposable
{
    public void Dispose() => Pair?.Dispose();
}

/// <summary>Reads pairs that were set aside.</summary>
/// <param name="settings">The worker's places.</param>
/// <param name="records">What the ledger knows of a message in held/.</param>
/// <param name="clock">The age of what may be half copied.</param>
internal sealed class SetAsideReader(Settings settings, Func<MessageId, LedgerEntry?> records, TimeProvider clock)
{
    private const uint OthersWrite = 0b000_000_010, Root = 0;

    // MailScanner copies -H, then -D, without a lock. A copy that has not grown for so long grows no more.
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private readonly string _held = Places.Full(settings.Held.Path);

    /// <summary>What a release of it says in notes, ledger and log.</summary>
    public static string ReasonOf(SetAsideFile file) => $"taken from {SafeText.Of(file.Path)}";

    /// <summary>Reads one; null with the reason.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public SetAsidePair? Read(SetAsideFile file, out Trouble? trouble)
    {
        trouble = null;
        var opened = SpoolFolder.TryOpen(file.Folder, out var folder);
        if (opened is Errno.ENOENT or Errno.ENOTDIR) return Gone(file, out trouble);
        if (opened != 0) throw new PosixException(opened, "open", file.Folder);
        using (folder)
        {
            if (!folder!.Exists(file.Id.HeaderName, out var header)) return Gone(file, out trouble);
            trouble = OwnPlace(folder, file) ?? (header.IsRegular ? null : new Trouble(TroubleKind.BadData, $"{SafeText.Of(file.Path)} is no regular file")) ?? Distrust(folder.Status, SafeText.Of(file.Folder)) ?? Distrust(header, SafeText.Of(file.Path));
            // What cannot go from there would be sent again.
            if (trouble is null && !Posix.CanWriteInto(file.Folder))
                trouble = new Trouble(TroubleKind.NotPermitted, $"{SafeText.Of(file.Folder)} cannot be written: {file.Id} is moved from there, so that nobody sends it again. Run this as root, or copy the pair into a directory of its own");
            return trouble is null ? Claim(file, folder, out trouble) : null;
        }
    }

    private SetAsidePair? Claim(SetAsideFile file, SpoolFolder folder, out Trouble? trouble)
    {
        var (claim, path) = (SpoolPair.Claim(folder, file.Id, out var pair, out var error), SafeText.Of(file.Path));
        // Of two names that were removed a power cut may bring back one.
        if (claim == ClaimResult.Incomplete && IsTakenFrom(file, records(file.Id))) return Gone(file, out trouble);
        trouble = claim switch
        {
            ClaimResult.Claimed => Distrust(pair!.DataStatus, SafeText.Of(pair.BodyPath)),
            ClaimResult.Busy => new Trouble(TroubleKind.NotNow, $"{path}: another process works on it (Exim's lock on {file.Id.BodyName}); try again"),
            ClaimResult.Incomplete => new Trouble(TroubleKind.BadData, $"{path} has no {file.Id.BodyName} beside it: there is no body to send"),
            ClaimResult.Gone => new Trouble(TroubleKind.NotFound, $"no file {path} any more"),
            _ => new Trouble(TroubleKind.BadData, $"{path}: {error}"),
        };
        SetAsidePair? read = null;
        try
        {
            return trouble is null ? read = Read(file, pair!, out trouble) : null;
        }
        finally
        {
            if (read is null) pair?.Dispose();
        }
    }

    private SetAsidePair? Read(SetAsideFile file, SpoolPair pair, out Trouble? trouble)
    {
        var path = SafeText.Of(file.Path);
        trouble = null;
        if (!HeaderFileReader.TryReadRebuilding(pair.HeaderBytes, file.Id, out var header, out _, out var error)) return Bad($"{path}: {error}", out trouble);
        if (header.Recipients.IsEmpty) return Bad($"{path} names no recipients", out trouble);
        // As queuefile writes: -D may be half there. What is left of lines in -H is counted anew.
        switch (PairReadiness.Of(pair, header, IntakeKind.Queuefile, () => clock.GetUtcNow() - pair.DataStatus.Modified > Settled, out var counted, out error))
        {
            case Readiness.Broken: return Bad($"{SafeText.Of(pair.BodyPath)}: {error!.Reason}", out trouble);
            case Readiness.Partial:
                trouble = new Trouble(TroubleKind.NotNow, $"{SafeText.Of(pair.BodyPath)} is cut short, or is being copied still{(error is null ? "" : $": {error.Reason}")}");
                return null;
        }
        if (!pair.TryReadJournal(out var delivered, out error)) return Bad($"{path}: {error}", out trouble);
        header = counted.WithDone(delivered);
        var fingerprint = Fingerprint.Of(header, pair.DataStatus.Size);
        var before = records(file.Id) is { } known && known.Fingerprint == fingerprint ? known : null;
        if (HeldHeader(file.Id, out var held) is { } there)
        {
            // Taken by a command that was killed before it was gone from here.
            if (there == fingerprint && Fingerprint.OfRecipients(held!) == Fingerprint.OfRecipients(header)) return new SetAsidePair(pair, held!, fingerprint, before, IsTaken: true);
            trouble = new Trouble(TroubleKind.NotNow, $"{path}: {_held} holds another message under that id; release or delete that one first (spoolworker show {file.Id})");
            return null;
        }
        var served = before is { Done.Count: > 0 } ? header.WithDone(before.Done.Keys.Select(address => (ReadOnlyMemory<byte>)System.Text.Encoding.Latin1.GetBytes(address))) : header;
        if (served.Pending.Any()) return new SetAsidePair(pair, served, fingerprint, before, IsTaken: false);
        return Bad(before is null ? $"{path}: nobody is left to be served, all recipients are done" : $"{path} {Told(before)}; it is not sent again. To send it once more, say first: spoolworker forget {file.Id}", out trouble);
    }

    // The fingerprint of what lies in held/ under the id; null: nothing does, "": nobody can tell.
    private string? HeldHeader(MessageId id, out HeaderFile? header)
    {
        header = null;
        using var directory = new SpoolDirectory(_held);
        using var folder = directory.OpenFolderWith(id, 'H');
        if (folder is null) return null;
        if (SpoolPair.ReadBounded(folder, id.HeaderName, SpoolLimits.MaxHeaderFileBytes, out var bytes, out _, out _) != ClaimResult.Claimed) return "";
        return folder.TryStatus(id.BodyName, out var body) == 0 && HeaderFileReader.TryReadRebuilding(bytes, id, out header, out _, out _) ? Fingerprint.Of(header, body.Size) : "";
    }

    // By whom, and whether this very command began with it.
    private SetAsidePair? Gone(SetAsideFile file, out Trouble? trouble)
    {
        trouble = null;
        var path = SafeText.Of(file.Path);
        var record = records(file.Id);
        var isOurs = IsTakenFrom(file, record);
        var held = HeldHeader(file.Id, out var header);
        if (isOurs && header is not null && held == record!.Fingerprint) return new SetAsidePair(null, header, held, record, IsTaken: true);
        trouble = new Trouble(TroubleKind.NotFound, isOurs && record!.Done.Count > 0 ? $"{path}: it {Told(record)}"
            : held is not null ? $"no file {path}; a message of that id is held: spoolworker show {file.Id}" : $"no file {path}");
        return null;
    }

    private static bool IsTakenFrom(SetAsideFile file, LedgerEntry? record) => record?.Held?.Reason == ReasonOf(file);

    private static string Told(LedgerEntry record) => $"was taken before, and settled {DateTimeOffset.FromUnixTimeMilliseconds(record.Decided):yyyy-MM-dd HH:mm} UTC ({string.Join(", ", record.Done.Values.Distinct())})";

    // A place of the worker's own has ways of its own; corrupt/ has none, and what is mended there may go.
    private Trouble? OwnPlace(SpoolFolder folder, SetAsideFile file)
    {
        var real = folder.RealPath() ?? folder.Path;
        if (IsIn(_held)) return new Trouble(TroubleKind.BadData, $"{SafeText.Of(file.Path)} is held mail: spoolworker release {file.Id}");
        if (settings.Intakes.SelectMany(i => Places.IntakePaths(i)).Any(IsIn)) return new Trouble(TroubleKind.BadData, $"{SafeText.Of(file.Path)} lies in an intake: spoolworker release {file.Id} --intake");
        return IsIn(Places.TargetPath(settings.Target)) ? new Trouble(TroubleKind.BadData, $"{SafeText.Of(file.Path)} lies in the target, where the commands of its Exim act on it (exim -M, -Mrm, ...)") : null;

        bool IsIn(string place)
        {
            if (place.Length == 0 || SpoolFolder.TryOpen(place, out var own) != 0) return false;
            using (own)
            {
                var top = own!.RealPath() ?? place;
                return real == top || real.StartsWith(top + "/", StringComparison.Ordinal);
            }
        }
    }

    private Trouble? Distrust(in FileStatus status, string shown)
    {
        if ((status.Permissions & OthersWrite) != 0) return new Trouble(TroubleKind.NotPermitted, $"{shown} may be written by everybody: who put this message there is not known. Look at it (spoolworker show), then take that right away (chmod o-w)");
        if (status.Uid is Root || status.Uid == Posix.EffectiveUser || status.Uid == EximUser()) return null;
        return new Trouble(TroubleKind.NotPermitted, $"{shown} belongs to {Places.UserName(status.Uid)}, who can write what it says; where that is to be believed, give it to root or {Places.UserName(EximUser())} (chown)");
    }

    // Before its first mail an Exim has no input.
    private uint EximUser() => Posix.Exists(Places.TargetPath(settings.Target)) ? Places.Ownership(settings.Target).Uid : Places.OwnerOfNew(settings.Target).Uid;

    private static SetAsidePair? Bad(string text, out Trouble? trouble)
    {
        trouble = new Trouble(TroubleKind.BadData, text);
        return null;
    }
}
