// The pass dsn-info: gives the bounces and delay warnings that a stock Exim wrote the four fields that an Exim built with
// EXPERIMENTAL_DSN_INFO writes, from what Exim's logs tell. Every other byte of the body stays, and memory does not depend on its
// size. A bounce of which the logs know nothing goes on as it is. Logs that cannot be read count as a service that is down.
using System.Globalization;
using System.Net;
using SpoolWorker.Passes.EximLog;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.DsnInfo;

/// <summary>Enriches Exim's bounces.</summary>
public sealed class DsnInfoPass(DsnInfoOptions options, DeliveryHistorySource logs) : IMessagePass
{
    /// <summary>The name in <c>Passes</c>.</summary>
    public const string PassName = "dsn-info";
    private static readonly NamedResult Enriched = new("dsn_info", "Of an Exim's bounce: how many recipients got the fields, or why none did");
    private readonly HashSet<IPAddress> _relays = [.. options.Relays.Select(IPAddress.Parse)];

    /// <summary>What it may find.</summary>
    public static IReadOnlyList<NamedResult> Results { get; } = [Enriched];

    /// <inheritdoc/>
    public string Name => PassName;

    /// <inheritdoc/>
    public async ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
    {
        if (EximBounce.Of(context.Message, _relays, out _) is not { } bounce) return PassResult.Continue;
        if (StatusPart.Find(context.Body, bounce.Boundary) is not { } report) return Say("no report part that could be changed");
        DeliveryHistory? history;
        try
        {
            history = await FindAsync(bounce, report, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException e)
        {
            return PassResult.Unavailable(e.Message);
        }
        if (history is null) return Say("nothing known of the failed message");
        var enrichment = ReportEnricher.Enrich(report.Content, history);
        var said = Say(string.Create(CultureInfo.InvariantCulture, $"{enrichment.Enriched} of {enrichment.Recipients} recipients"));
        return enrichment.Enriched == 0 ? said
            : said with { Body = new SplicedBody(context.Body, [.. enrichment.Insertions.Select(i => i with { Offset = report.Offset + i.Offset })]) };
    }

    private async ValueTask<DeliveryHistory?> FindAsync(EximBounce bounce, StatusPart report, CancellationToken cancellationToken)
    {
        foreach (var id in bounce.Ids)
        {
            if (await logs(id, cancellationToken).ConfigureAwait(false) is { BounceOf.Length: > 0 } own && MessageId.TryParse(own.BounceOf.AsSpan(), out var failed))
                return await logs(failed, cancellationToken).ConfigureAwait(false);
        }
        // What came by SMTP is believed only when the log has its birth: anybody may write a Message-Id.
        return bounce.IsLocal && EximBounce.TryReturnedId(report.Returned, out var returned) ? await logs(returned, cancellationToken).ConfigureAwait(false) : null;
    }

    private static PassResult Say(string what) => new() { Results = new Dictionary<string, string> { [Enriched.Name] = what } };
}
