// What the passes made of a message, and how each of them came to it: data alone.
using SpoolWorker.Ledger;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>A recipient and what became of it.</summary>
/// <param name="Original">Its address as it came in: the ledger's key.</param>
/// <param name="Current">As it is after the passes' edits.</param>
/// <param name="Disposition">What to do with it.</param>
/// <param name="Pass">The pass that decided; empty when none did.</param>
internal sealed record RecipientVerdict(ReadOnlyMemory<byte> Original, Recipient Current, Disposition Disposition, string Pass)
{
    /// <summary>It waits for the hours of a pass, or for its turn: deferred, but not by anything that went wrong.</summary>
    public bool Waits { get; init; }

    /// <summary>Set: it only gets a copy, of what these recipients get (their originals); of whom, for one of an earlier attempt, is not known any more.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>>? CopyOf { get; init; }

    /// <summary>What passes found for this one alone.</summary>
    public IReadOnlyDictionary<string, string> Own { get; init; } = System.Collections.Immutable.ImmutableDictionary<string, string>.Empty;

    /// <summary>Where the chain was when it was decided; null: no pass was asked.</summary>
    public ChainPoint? At { get; init; }
}

/// <summary>A message as it was behind a pass, for one recipient: what those behind that pass edit, on behalf of others, is not in it.</summary>
/// <param name="Behind">The pass; empty: before the first.</param>
/// <param name="Header">-H.</param>
/// <param name="Body">The body a pass put in place of the incoming one; null when none did.</param>
/// <param name="Recipient">The recipient.</param>
/// <param name="Results">What was found by then.</param>
internal sealed record ChainPoint(string Behind, HeaderFile Header, IMessageBody? Body, Recipient Recipient, IReadOnlyDictionary<string, string> Results)
{
    /// <summary>Results that are unknown by then, as passes were skipped.</summary>
    public IReadOnlySet<string> Unknown { get; init; } = System.Collections.Immutable.ImmutableHashSet<string>.Empty;

    /// <summary>Whether another has the same -H and results, so that what is made of them is.</summary>
    public bool HasSame(ChainPoint other) => ReferenceEquals(Header, other.Header) && ReferenceEquals(Results, other.Results);
}

/// <summary>Where a message that is let go begins: behind a pass, with what was found by then. From there on passes edit, and decide nothing.</summary>
/// <param name="Behind">The pass; empty: before the first.</param>
/// <param name="Results">What was found by then.</param>
internal sealed record Resume(string Behind, IReadOnlyDictionary<string, string> Results)
{
    /// <summary>What was found for single recipients by then; null: nothing.</summary>
    public IReadOnlyList<OwnFindings>? Own { get; init; }

    /// <summary>What is unknown by then; null: nothing.</summary>
    public IReadOnlyList<string>? Unknown { get; init; }
}

/// <summary>What the passes made of a message.</summary>
/// <param name="Received">-H before any of them.</param>
/// <param name="Header">-H with their edits.</param>
/// <param name="Recipients">What becomes of each recipient.</param>
/// <param name="Results">What they found.</param>
/// <param name="ServiceDown">A service behind one of them could not answer.</param>
internal sealed record Verdict(HeaderFile Received, HeaderFile Header, IReadOnlyList<RecipientVerdict> Recipients, IReadOnlyDictionary<string, string> Results, bool ServiceDown)
{
    /// <summary>The body a pass put in place of the incoming one; null when none did.</summary>
    public IMessageBody? Body { get; init; }

    /// <summary>The passes that ran, in their order.</summary>
    public IReadOnlyList<PassRun> Runs { get; init; } = [];

    /// <summary>The pass some recipients wait at, for its hours or the end of its pause; null: none do.</summary>
    public PassWait? Wait { get; init; }

    /// <summary>What passes would have decided about a message that was let go, and which it goes without.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>Results that are unknown, as passes were skipped.</summary>
    public IReadOnlySet<string> Unknown { get; init; } = System.Collections.Immutable.ImmutableHashSet<string>.Empty;

    /// <summary>When the message is old enough to go without the pass that deferred it; null: it never is.</summary>
    public DateTimeOffset? SkipAt { get; init; }

    /// <summary>The recipients of one disposition.</summary>
    public IReadOnlyList<RecipientVerdict> Of(DispositionKind kind) => [.. Recipients.Where(r => r.Disposition.Kind == kind)];

    /// <summary>The results that have a short word, each with a blank before it, as in " spf=pass dkim=pass"; empty when there are none.</summary>
    public string ResultsInShort { get; init; } = "";
}

/// <summary>One pass's work on one message.</summary>
/// <param name="Pass">Its name.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Verdict">What it decided, for the message or the first recipient it decided about.</param>
/// <param name="IsUnavailable">It failed, ran out of time or its service is down.</param>
internal sealed record PassRun(string Pass, TimeSpan Elapsed, DispositionKind Verdict, bool IsUnavailable)
{
    /// <summary>The message went on without it; null: it did not.</summary>
    public Skip? Skip { get; init; }

    /// <summary>What its settings had done with recipients, each word with their number.</summary>
    public IReadOnlyList<(string Word, int Recipients)> Measures { get; init; } = [];

    public static PassRun Of(string pass, TimeSpan elapsed, PassResult result, bool isUnavailable)
    {
        if (isUnavailable) return new PassRun(pass, elapsed, DispositionKind.Defer, IsUnavailable: true);
        var verdict = result.Disposition.Kind;
        foreach (var (_, own) in result.Recipients)
        {
            if (verdict == DispositionKind.Continue) verdict = own.Kind;
        }
        return new PassRun(pass, elapsed, verdict, IsUnavailable: false) { Measures = result.Measures };
    }
}

/// <summary>What passes found for single recipients, from one run of the chain to the next and into records: those who share it are named together, so that ten thousand recipients with two
/// kinds of settings are two findings.</summary>
internal static class RecipientFindings
{
    /// <summary>For a record; null when nothing was found for single ones.</summary>
    /// <param name="recipients">They, with the address each is known by.</param>
    public static IReadOnlyList<OwnFindings>? Of(IEnumerable<(ReadOnlyMemory<byte> Address, IReadOnlyDictionary<string, string> Own)> recipients)
    {
        var groups = recipients.Where(r => r.Own.Count > 0).GroupBy(r => r.Own, r => LedgerEntry.Text(r.Address.Span), ReferenceEqualityComparer.Instance)
            .Select(g => new OwnFindings([.. g], (IReadOnlyDictionary<string, string>)g.Key!)).ToList();
        return groups.Count > 0 ? groups : null;
    }

    /// <summary>Recipients with what a record has of them.</summary>
    public static List<RecipientVerdict> Given(IReadOnlyList<OwnFindings>? own, List<RecipientVerdict> recipients)
    {
        if (own is not { Count: > 0 }) return recipients;
        var byAddress = new Dictionary<string, IReadOnlyDictionary<string, string>>(StringComparer.Ordinal);
        foreach (var (addresses, results) in own)
        {
            foreach (var address in addresses) byAddress[address] = results;
        }
        return [.. recipients.Select(r => byAddress.TryGetValue(LedgerEntry.Text(r.Original.Span), out var results) ? r with { Own = results } : r)];
    }

    /// <summary>What is true of all of some recipients: what was found for each of them alike, else what was found for the message.</summary>
    public static IReadOnlyDictionary<string, string> Shared(IEnumerable<RecipientVerdict> recipients, IReadOnlyDictionary<string, string> message)
    {
        var kinds = recipients.Select(r => r.Own).Distinct(ReferenceEqualityComparer.Instance).Cast<IReadOnlyDictionary<string, string>>().ToList();
        if (kinds is [] || kinds[0].Count == 0) return message;
        var shared = new Dictionary<string, string>(message);
        foreach (var (name, value) in kinds[0])
        {
            if (!kinds.TrueForAll(k => k.TryGetValue(name, out var other) && other == value)) continue;
            if (value.Length > 0) shared[name] = value;
            else shared.Remove(name);
        }
        return shared;
    }

    /// <summary>What one pass found and then another.</summary>
    public static IReadOnlyDictionary<string, string> Merged(IReadOnlyDictionary<string, string> before, IReadOnlyDictionary<string, string> then)
    {
        var own = new Dictionary<string, string>(before);
        foreach (var (name, value) in then) own[name] = value;
        return own;
    }
}
