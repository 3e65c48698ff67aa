// Corrupt:Keep and Corrupt:MaxBytes: what has lain in corrupt/ for too long, or is too much, is thrown away, what has lain longest first, under the lock
// that moves into corrupt/ take. No message processor knows what lies there, so the row of the audit is written first, then the files go: a kill between
// the two leaves one row more, never a message that nothing tells of. What the audit does not take stays.
using System.Globalization;
using System.Text;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Options;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Spool;

namespace SpoolWorker.Schedule;

/// <summary>Throws old corrupt mail away.</summary>
internal sealed class CorruptKeeper(MessageLedger ledger, Settings settings, TimeProvider clock, ILogger<CorruptKeeper> log)
{
    /// <summary>Who did it, in the audit.</summary>
    public const string Actor = "Corrupt:Keep";

    private readonly string _path = Places.Full(settings.Corrupt.Path);
    private readonly CorruptStore _store = new(new SpoolDirectory(settings.Corrupt.Path) { Name = "corrupt" }, clock);

    /// <summary>Throws away what is to go now. Returns how many messages that were.</summary>
    /// <exception cref="IOException">The ledger, or the directory, cannot be read or written.</exception>
    public int Run(CancellationToken cancellationToken)
    {
        if (!Posix.Exists(_path)) return 0;
        var (options, now, gone) = (settings.Corrupt, clock.GetUtcNow(), 0);
        var entries = CorruptFolder.Read(_path).OrderBy(e => e.Moved).ThenBy(e => e.Name, StringComparer.Ordinal).ToList();
        var left = entries.Sum(e => e.Size);
        foreach (var entry in entries)
        {
            var isOld = options.Keep > TimeSpan.Zero && now - entry.Moved > options.Keep;
            if (cancellationToken.IsCancellationRequested || (!isOld && (options.MaxBytes == 0 || left <= options.MaxBytes))) break;
            var why = isOld ? $"in corrupt/ for longer than {Duration.Text(options.Keep)}"
                : string.Create(CultureInfo.InvariantCulture, $"corrupt/ takes more than {options.MaxBytes} bytes (Corrupt:MaxBytes)");
            var isFull = false;
            if (_store.Remove(entry.Name, entry.Id, entry.Field("from"), header => !(isFull = !TryNote(entry, why, header))))
            {
                left -= entry.Size;
                gone++;
            }
            if (!isFull) continue;
            log.AuditFull(Actor);
            break;
        }
        if (gone > 0) log.ThrownAway(Actor, gone);
        return gone;
    }

    private bool TryNote(CorruptEntry entry, string why, ReadOnlyMemory<byte> header)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var row = new VerbRow
        {
            Verb = VerbKind.Delete,
            Intake = _path,
            Id = entry.Id.ToString(),
            Actor = Actor,
            Uid = Posix.EffectiveUser,
            Time = now,
            Reason = why,
            Result = VerbResult.Done,
            Executed = now,
            Told = string.Create(CultureInfo.InvariantCulture,
                $"deleted {entry.Name}, {entry.Size} bytes; {entry.Field("kind")}: {entry.Field("reason")}; from {entry.Field("from")}"),
            // Nothing can be read of its envelope: the beginning of the file tells what it may.
            Headers = header.IsEmpty ? null : Encoding.Latin1.GetString(header.Span),
        };
        if (!ledger.Verbs.HasRoom(row, settings.Audit.MaxBytes)) return false;
        ledger.Verbs.Note([row]);
        return true;
    }
}
