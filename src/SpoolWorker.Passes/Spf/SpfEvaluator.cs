// Checks a client against the SPF policy of the sender's domain (RFC 7208). Every outcome is a result; only the caller's
// cancellation throws. A check is bounded: the limits of 4.6.4, and one deadline over all its lookups.
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Spf;

/// <summary>Evaluates SPF.</summary>
public sealed class SpfEvaluator(IDnsResolver dns, SpfOptions options, TimeProvider time)
{
    // The record of the guess: the policy of the section is checked at start.
    private readonly Lazy<SpfSelection> _guess = new(() => SpfSelection.Parse(Encoding.Latin1.GetBytes(ByteText.FromText(options.Guess))));

    /// <summary>The check of RFC 7208, 4, for MAIL FROM, or for HELO when the sender is null.</summary>
    public ValueTask<SpfOutcome> EvaluateAsync(SpfQuery query, CancellationToken cancellationToken) => EvaluateAsync(query, null, cancellationToken);

    /// <summary>What the operator's own policy, <see cref="SpfOptions.Guess"/>, gives for the domain. This is not SPF.</summary>
    public ValueTask<SpfOutcome> EvaluateGuessAsync(SpfQuery query, CancellationToken cancellationToken) => EvaluateAsync(query, _guess.Value, cancellationToken);

    private async ValueTask<SpfOutcome> EvaluateAsync(SpfQuery query, SpfSelection? given, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(query);
        // RFC 7208, 5: what came as IPv4 mapped into IPv6 is IPv4, in header lines too
        if (query.Client.IsIPv4MappedToIPv6) query = query with { Client = query.Client.MapToIPv4() };
        var subject = SpfSubject.Of(query);
        using var deadline = new CancellationTokenSource(options.Timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var check = new SpfCheck(dns, subject, time.GetUtcNow().ToUnixTimeSeconds(), either.Token);
        try
        {
            var verdict = await check.CheckHostAsync(subject.Domain, given);
            // RFC 7208, 6.2: only a fail is explained, by the record that gave it
            var explanation = verdict is { Result: SpfResult.Fail, Record.Explanation: { } spec } ? await ExplainAsync(check, spec, verdict.Domain, cancellationToken) : null;
            return new SpfOutcome(verdict.Result, explanation, verdict.Mechanism, verdict.Problem, subject.Identity, subject.Domain, query);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new SpfOutcome(SpfResult.TempError, null, null, $"took longer than {options.Timeout.TotalSeconds:0.#} seconds", subject.Identity, subject.Domain, query);
        }
    }

    // The result stands; an explanation that comes too late is none.
    private static async ValueTask<string?> ExplainAsync(SpfCheck check, MacroString spec, string domain, CancellationToken cancellationToken)
    {
        try
        {
            return await check.ExplainAsync(spec, domain);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }
}

/// <summary>Who is checked, taken apart (RFC 7208, 2.4 and 4.1).</summary>
/// <param name="Client">Not IPv4 mapped into IPv6.</param>
/// <param name="Identity">Whose domain.</param>
/// <param name="LocalPart">"postmaster" where there is none (RFC 7208, 4.3).</param>
/// <param name="Domain">The sender's, or HELO's; A-labels for U-labels (RFC 8616, 4).</param>
/// <param name="Helo">As said, A-labels for U-labels.</param>
/// <param name="Receiver">Our name.</param>
internal sealed record SpfSubject(IPAddress Client, SpfIdentity Identity, string LocalPart, string Domain, string Helo, string Receiver)
{
    public static SpfSubject Of(SpfQuery query)
    {
        var helo = WithoutDot(DomainName.ToALabels(query.Helo.Trim()));
        var receiver = query.Receiver.Length == 0 ? "unknown" : query.Receiver;
        var sender = query.Sender.Trim();
        if (sender.StartsWith('<') && sender.EndsWith('>')) sender = sender[1..^1];
        if (sender.Length == 0) return new(query.Client, SpfIdentity.Helo, "postmaster", helo, helo, receiver);
        // A quoted local part may hold '@'.
        var at = sender.LastIndexOf('@');
        var local = at <= 0 ? "postmaster" : sender[..at];
        return new(query.Client, SpfIdentity.MailFrom, local, WithoutDot(DomainName.ToALabels(sender[(at + 1)..])), helo, receiver);
    }

    // RFC 7208, 4.3: a final dot is no empty label
    private static string WithoutDot(string name) => name.EndsWith('.') ? name[..^1] : name;

    /// <summary>Whether macros of the local part can match anything (RFC 8616, 4).</summary>
    public bool LocalPartIsAscii { get; } = Ascii.IsValid(LocalPart);
}

/// <summary>The SPF record among the TXT records of a domain (RFC 7208, 4.5), kept as long as the answer is.</summary>
/// <param name="Record">Null: none, or not usable.</param>
/// <param name="Problem">Why there is none to use; null when there just is none.</param>
internal sealed record SpfSelection(SpfRecord? Record, string? Problem)
{
    private static readonly ConditionalWeakTable<DnsAnswer<ReadOnlyMemory<byte>>, SpfSelection> Known = [];

    public static SpfSelection Of(DnsAnswer<ReadOnlyMemory<byte>> answer) => Known.GetValue(answer, Select);

    public static SpfSelection Parse(ReadOnlySpan<byte> text) =>
        SpfRecordParser.TryParse(text, out var record, out var error) ? new(record, null) : new(null, $"at offset {error.Offset} {error.Reason}");

    private static SpfSelection Select(DnsAnswer<ReadOnlyMemory<byte>> answer)
    {
        var found = answer.Records.Where(r => SpfRecordParser.IsSpf(r.Span)).ToList();
        return found.Count switch
        {
            0 => new(null, null),
            1 => Parse(found[0].Span),
            _ => new(null, $"{found.Count} records begin with v=spf1"),
        };
    }
}
