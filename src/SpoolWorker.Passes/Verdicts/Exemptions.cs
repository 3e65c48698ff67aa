// Whose mail is asked about: not local and authenticated mail, unless the settings say so, exempt hosts, senders and recipients, and what is too
// large. A table that cannot be read is told as a reason, so that the message waits.
using System.Globalization;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Services;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts;

/// <summary>Whether and for whom an engine is asked.</summary>
/// <param name="Skipped">Why not at all; null: it is.</param>
/// <param name="IsTooLarge">That is why.</param>
/// <param name="Unavailable">A list that cannot be read; null: all could.</param>
/// <param name="Recipients">For whom.</param>
internal sealed record VerdictPlan(string? Skipped, bool IsTooLarge, string? Unavailable, IReadOnlyList<Recipient> Recipients);

/// <summary>The exempt lists of a section.</summary>
internal sealed class Exemptions
{
    private static readonly (string Key, LookupKind Kind, Func<VerdictOptions, List<string>> Items)[] All =
    [
        (nameof(VerdictOptions.ExemptHosts), LookupKind.Network, o => o.ExemptHosts),
        (nameof(VerdictOptions.ExemptSenders), LookupKind.Address, o => o.ExemptSenders),
        (nameof(VerdictOptions.ExemptRecipients), LookupKind.Address, o => o.ExemptRecipients),
    ];

    private readonly VerdictOptions _options;
    private readonly LookupList _hosts, _senders, _recipients;

    /// <exception cref="ArgumentException">A list has a fault; <see cref="Faults"/> was not asked before.</exception>
    public Exemptions(VerdictOptions options, TimeProvider clock)
    {
        _options = options;
        var lists = All.Select(list => LookupList.TryParse(list.Items(options), list.Kind, out var parsed, out var error, clock)
            ? parsed : throw new ArgumentException($"{list.Key}: {error}", nameof(options))).ToArray();
        (_hosts, _senders, _recipients) = (lists[0], lists[1], lists[2]);
    }

    /// <summary>What is wrong with the lists.</summary>
    public static IEnumerable<string> Faults(VerdictOptions options)
    {
        foreach (var (key, kind, items) in All)
        {
            if (!LookupList.TryParse(items(options), kind, out _, out var error)) yield return $"{key} = {error}";
        }
    }

    /// <summary>Looks at what can be said without the engine.</summary>
    public VerdictPlan Plan(PassContext context)
    {
        string? unavailable = null;
        var message = context.Message;
        VerdictPlan Skip(string why, bool isTooLarge = false, IReadOnlyList<Recipient>? recipients = null) => new(unavailable is null ? why : null, isTooLarge, unavailable, recipients ?? []);
        var ip = message.ClientAddress?.ToString();
        if (ip is null && _options.SkipLocal) return Skip("local mail");
        if (ip is not null && _options.SkipAuthenticated && message.IsAuthenticated) return Skip("authenticated sender");
        if (ip is not null && IsIn(_hosts.Find(ip), ref unavailable)) return Skip($"exempt host {ip}");
        if (IsIn(_senders.Find(message.Sender.Span), ref unavailable)) return Skip("exempt sender");
        var asked = context.Recipients.Where(r => !IsIn(_recipients.Find(r.Address.Span), ref unavailable)).ToList();
        if (asked.Count == 0) return Skip("exempt recipients");
        return unavailable is null && TooLarge(context) is { } tooLarge ? Skip(tooLarge, isTooLarge: true, asked) : new VerdictPlan(null, false, unavailable, asked);
    }

    private string? TooLarge(PassContext context) => _options.MaxSize > 0 && new WireMessage(context.Message, context.Body).IsAbove(_options.MaxSize, out var size)
        ? string.Create(CultureInfo.InvariantCulture, $"{size} bytes are above {_options.MaxSize}") : null;

    private static bool IsIn(LookupAnswer answer, ref string? unavailable)
    {
        if (answer.State == LookupState.Unavailable) unavailable ??= answer.Reason ?? "a list cannot be read";
        return answer.IsFound;
    }
}
