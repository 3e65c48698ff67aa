// A message becomes a pair in an intake, as Exim would write it for one that is handed in on the command line: id, Received: line, owner and mode, and -H by
// rename, so that it is there as a whole or not at all. Nothing else is added to what was given. What a process that died has left
// has a name Exim and the scan pass over, and the worker removes it (Engine/Intakes/Injections).
using System.Globalization;
using System.Text;
using MimeKit.Utils;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Injecting;

/// <summary>A message to be put into an intake.</summary>
/// <param name="Headers">Its header lines.</param>
/// <param name="Body">Its body.</param>
/// <param name="Sender">Envelope sender, as bytes; empty for the null sender.</param>
/// <param name="Recipients">Envelope recipients, at least one.</param>
/// <param name="Login">Who hands it in.</param>
/// <param name="Host">This host's name.</param>
internal sealed record InjectedMessage(IReadOnlyList<HeaderLine> Headers, IMessageBody Body, byte[] Sender, IReadOnlyList<byte[]> Recipients, string Login, string Host);

/// <summary>Writes pairs into intakes.</summary>
internal static class Injector
{
    private const int MostIds = 20;

    /// <summary>The intake a message goes into; null with the reason.</summary>
    /// <param name="settings">The intakes.</param>
    /// <param name="wanted">A directory that is, or holds, one of them; null: the first.</param>
    /// <param name="trouble">Why there is none.</param>
    public static string? IntakeOf(Settings settings, string? wanted, out Trouble? trouble)
    {
        trouble = null;
        var paths = settings.Intakes.SelectMany(i => Places.IntakePaths(i)).Distinct().ToList();
        var full = wanted is null ? null : Places.Full(wanted);
        var found = full is null ? paths.FirstOrDefault() : paths.Find(p => p == full || p == $"{full}/input");
        if (found is null) trouble = new Trouble(TroubleKind.NotFound, wanted is null ? "no intake is configured" : $"{wanted} is none of the intakes: {string.Join(", ", paths)}");
        else if (!Posix.Exists(found)) trouble = new Trouble(TroubleKind.NotFound, $"intake {found} is not there yet: its Exim makes it with its first message");
        return trouble is null ? found : null;
    }

    /// <summary>Puts a message into an intake. Returns its id there; it is durable then.</summary>
    /// <exception cref="PosixException">The intake cannot be written.</exception>
    /// <exception cref="InvalidDataException">It is none that -H can hold; nothing was written.</exception>
    public static MessageId Inject(string intake, InjectedMessage message, TimeProvider clock)
    {
        using var directory = new SpoolDirectory(intake, SpoolDirectory.DetectLayout(intake)) { Name = "intake" };
        var stage = new SpoolStage(directory, SpoolOwnership.Of(intake), Injections.Tag);
        var ids = new MessageIdGenerator(clock, Environment.ProcessId);
        for (var i = 0; i < MostIds; i++)
        {
            // Seen by every Exim.
            var id = ids.Next(longForm: false);
            var header = HeaderFor(id, message, clock.GetUtcNow());
            if (HeaderFileWriter.FaultOf(header) is { } fault) throw new InvalidDataException(fault);
            using var body = message.Body.OpenRead();
            if (stage.TryStage(header, body) is not { } pair) continue;
            using (pair)
            {
                var isThere = false;
                try
                {
                    CrashPoint.Reach(CrashPoint.Staged);
                    pair.SyncFiles(source: null);
                    pair.Place.Sync();
                    CrashPoint.Reach(CrashPoint.Synced);
                    pair.Commit();
                    isThere = true;
                    CrashPoint.Reach(CrashPoint.Renamed);
                    pair.Place.Sync();
                }
                catch
                {
                    // Our lock is on -D still: nobody has seen it, and who is told that it failed may hand it in again.
                    if (isThere) pair.Uncommit();
                    pair.Abort();
                    throw;
                }
            }
            return id;
        }
        throw new PosixException(Errno.EEXIST, string.Create(CultureInfo.InvariantCulture, $"{MostIds} new message ids in a row are taken in"), intake);
    }

    // receive.c, spool_out.c: a message of a local user.
    private static HeaderFile HeaderFor(MessageId id, InjectedMessage message, DateTimeOffset now)
    {
        var only = message.Recipients is [var one] && Ascii.IsValid(one) ? $"\n\tfor {Encoding.ASCII.GetString(one)}" : "";
        // RFC 5321, 4.4; Exim's received_header_text.
        var received = $"Received: from {message.Login} by {message.Host} with local (SpoolWorker)\n\t(envelope-from <{Encoding.UTF8.GetString(message.Sender)}>)\n\tid {id}{only};\n\t{DateUtils.FormatDate(now.ToLocalTime())}\n";
        return new HeaderFile
        {
            Id = id,
            Login = Encoding.UTF8.GetBytes(message.Login),
            Uid = Posix.EffectiveUser,
            Gid = SpoolOwnership.Of("/proc/self").Gid,
            Sender = message.Sender,
            ReceivedTime = now.ToUnixTimeSeconds(),
            WarningCount = 0,
            Variables = LocalVariables.Of(now, message.Login, "local", longestLine: null, message.Body.IsWireFormat ? ["spool_file_wireformat", "deliver_firsttime"] : ["deliver_firsttime"]),
            Recipients = [.. message.Recipients.Select(r => new Recipient(r))],
            Headers = [HeaderLine.Create(received), .. message.Headers],
        };
    }
}
