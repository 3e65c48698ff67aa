// Held:Keep and Held:MaxBytes: what has lain in held/ for too long, or is too much, is thrown away, what has lain longest first. It deletes nothing itself:
// for each message a row is written as an operator's delete writes one, and executed under the message's lock by whoever works on it (VerbJudge). So
// nothing is deleted that something else is wanted of, a kill leaves the row, and the row is the audit. What the audit does not take is not deleted.
using System.Globalization;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Target;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.HeldMail;
using SpoolWorker.Options;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Spool;

namespace SpoolWorker.Schedule;

/// <summary>Throws old held mail away.</summary>
internal sealed class HeldKeeper(MessageLedger ledger, Settings settings, TimeProvider clock, ILogger<HeldKeeper> log)
{
    /// <summary>Who did it, in the audit.</summary>
    public const string Actor = "Held:Keep";

    // One large transaction would hold up the commits.
    private const int Portion = 1000;

    // A row without header lines; JSON writes line ends and angle brackets longer than they are.
    private const int RowBytes = 1024, Escaping = 2;

    private readonly string _path = Places.Full(settings.Held.Path);

    /// <summary>Whether anything is ever thrown away.</summary>
    public static bool IsOn(FolderOptions options) => options.Keep > TimeSpan.Zero || options.MaxBytes > 0;

    /// <summary>Orders what is to be deleted now. Returns how many messages that is.</summary>
    /// <exception cref="IOException">The ledger, or the directory, cannot be read.</exception>
    public int Run()
    {
        var troubles = new List<string>();
        var pairs = HeldSurvey.Read(_path, troubles);
        foreach (var trouble in troubles) log.NotLookedAt(Actor, trouble);
        // What something is wanted of comes first, and may be gone soon.
        var wanted = ledger.Verbs.Waiting().Where(r => r.Intake == _path).Select(r => r.Id).ToHashSet();
        var rows = Chosen([.. pairs.Where(p => !wanted.Contains(p.Id.ToString())).OrderBy(p => p.Since).ThenBy(p => p.Id)]);
        if (rows.Count == 0) return 0;
        foreach (var portion in rows.Chunk(Portion)) ledger.Verbs.Add(portion);
        VerbSignal.Give(settings.Ledger.Path);
        log.ThrownAway(Actor, rows.Count);
        return rows.Count;
    }

    private List<VerbRow> Chosen(IReadOnlyList<HeldPair> pairs)
    {
        var (options, now, room) = (settings.Held, clock.GetUtcNow(), ledger.Verbs.Room(settings.Audit.MaxBytes));
        var left = pairs.Sum(p => p.Size);
        var rows = new List<VerbRow>();
        foreach (var pair in pairs)
        {
            var isOld = options.Keep > TimeSpan.Zero && now - pair.Since > options.Keep;
            if (!isOld && (options.MaxBytes == 0 || left <= options.MaxBytes)) break;
            room -= RowBytes + Escaping * pair.HeaderSize;
            if (room < 0)
            {
                log.AuditFull(Actor);
                break;
            }
            left -= pair.Size;
            rows.Add(new VerbRow
            {
                Verb = VerbKind.Delete,
                Intake = _path,
                Id = pair.Id.ToString(),
                Pair = pair.Pair,
                Actor = Actor,
                Uid = Posix.EffectiveUser,
                Time = now.ToUnixTimeMilliseconds(),
                Reason = isOld ? $"held for longer than {Duration.Text(options.Keep)}"
                    : string.Create(CultureInfo.InvariantCulture, $"held/ takes more than {options.MaxBytes} bytes (Held:MaxBytes)"),
            });
        }
        return rows;
    }
}
