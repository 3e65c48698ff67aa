// Notices of what could not be told of one by one: behind a flood the next virus may be weeks away. Sent as soon as one may go again, by the commit of letters (LetterDesk): what was told leaves
// the tally in the same transaction, so a kill neither loses nor doubles it.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine;
using SpoolWorker.Passes.Notices;

namespace SpoolWorker.Schedule;

/// <summary>Sends them.</summary>
internal sealed class UntoldSender(SpoolEngine engine, NoticesFeature feature, ILogger<UntoldSender> log)
{
    /// <summary>How often is looked: by default a notice may go again each three minutes.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    /// <summary>Sends one, where there is something to tell and one may go. Returns how many messages it tells of.</summary>
    /// <exception cref="IOException">The ledger or the target cannot be written; none was sent.</exception>
    public long Run()
    {
        var notices = engine.NoticesOf(feature);
        using var charge = notices.TakeForUntold();
        if (charge is null) return 0;
        var told = charge.Note.Told;
        var id = engine.Letters.Send(notices.OfUntold(charge), NoticesFeature.Name, (int)Math.Min(told, int.MaxValue), charge);
        log.UntoldTold(id, told, notices.To);
        return told;
    }
}
