// Digest: a summary of held mail, sent by the clock. Which mail it tells of is seen in held/ as `list --held --where` sees it. The run is on record with
// the letter (LetterDesk), so a kill neither loses nor doubles one. Where nothing is held nothing is sent, and the run counts all the same.
using Microsoft.Extensions.Logging;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Notices;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.HeldMail;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Options;
using SpoolWorker.Passes.Dsn.Writing;

namespace SpoolWorker.Schedule;

/// <summary>Sends digests.</summary>
internal sealed class DigestSender(SpoolEngine engine, MessageLedger runs, Settings settings, DsnOrigin origin, TimeProvider clock, ILogger<DigestSender> log)
{
    /// <summary>Sends one. Returns how many messages it tells of; 0: none was sent.</summary>
    /// <exception cref="IOException">The ledger or a directory cannot be read or written; none was sent.</exception>
    public int Run(DigestPlan plan)
    {
        var troubles = new List<string>();
        var pairs = HeldSurvey.Read(Places.Full(settings.Held.Path), troubles);
        var found = ScheduledSearch.Find(settings, plan.Where, new ListPlaces(Intake: false, Held: true, Corrupt: false, Target: false), withReasons: true, clock.GetUtcNow());
        foreach (var trouble in troubles.Concat(found.Troubles.Select(t => t.Text)).Distinct()) log.NotLookedAt(DigestReader.Name, trouble);
        var last = runs.Runs.Find(DigestReader.Name) is { } run
            ? DateTimeOffset.FromUnixTimeMilliseconds(run.Began) : (DateTimeOffset?)null;
        if (HeldDigest.Of(found.Messages, pairs, last, settings.Digest.MaxMessages, origin.Host) is not { } digest) return 0;
        var id = engine.Letters.Send(new Letter(origin, plan.To, digest.Subject, digest.Text), DigestReader.Name, digest.Messages);
        log.DigestSent(id, digest.Messages, string.Join(", ", plan.To.Select(t => t.Address)));
        return digest.Messages;
    }
}
