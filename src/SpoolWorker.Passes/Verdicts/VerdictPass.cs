// What the passes clamd, spamd and rspamd do alike: whom they ask about, in what order things happen, what becomes of a message that is too
// large, which arriving lines are removed. An engine that does not answer, or not properly, is Unavailable: never a decision.
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SpoolWorker.Passes.Services;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts;

/// <summary>The names of what such a pass finds.</summary>
/// <param name="Skipped">Why the engine was not asked.</param>
/// <param name="Recipients">What was decided for each recipient.</param>
internal sealed record VerdictNames(NamedResult Skipped, NamedResult Recipients);

/// <summary>What an engine's answers lead to.</summary>
/// <param name="Decisions">One for each recipient that was asked about.</param>
/// <param name="Results">Findings.</param>
internal sealed record Judgement(IReadOnlyList<Decision> Decisions, Dictionary<string, string> Results)
{
    /// <summary>Lines for all recipients, where <c>AddHeaders</c> is set.</summary>
    public IReadOnlyList<HeaderEdit> Headers { get; init; } = [];

    /// <summary>What the engine asks for and the settings allow.</summary>
    public IReadOnlyList<HeaderEdit> EngineHeaders { get; init; } = [];

    /// <summary>What was found for single recipients, where it is not the same for all.</summary>
    public IReadOnlyList<(ReadOnlyMemory<byte> Recipient, IReadOnlyDictionary<string, string> Results)> Own { get; init; } = [];

    /// <summary>Variables of -H.</summary>
    public IReadOnlyList<EnvelopeEdit> Envelope { get; init; } = [];

    /// <summary>The engine took the message for larger than it reads, for this reason; null: it did not.</summary>
    public string? TooLarge { get; init; }
}

/// <summary>A pass with a content engine.</summary>
public abstract class VerdictPass : IMessagePass
{
    private readonly VerdictOptions _options;
    private readonly Exemptions _exemptions;
    private readonly VerdictNames _names;
    private readonly IReadOnlyList<byte[]> _ownLines;

    /// <param name="options">Settings that nothing is wrong with.</param>
    /// <param name="clock">For time limits.</param>
    /// <param name="names">Names of what is found.</param>
    /// <param name="ownLines">Names of the header lines it may add.</param>
    /// <param name="log">Where answers are told.</param>
    private protected VerdictPass(VerdictOptions options, TimeProvider clock, VerdictNames names, IEnumerable<string> ownLines, ILogger? log)
    {
        _options = options;
        _exemptions = new Exemptions(options, clock);
        _names = names;
        _ownLines = [.. ownLines.Distinct(StringComparer.OrdinalIgnoreCase).Select(System.Text.Encoding.ASCII.GetBytes)];
        Log = log ?? NullLogger.Instance;
    }

    /// <inheritdoc/>
    public abstract string Name { get; }

    /// <summary>Where answers are told.</summary>
    private protected ILogger Log { get; }

    /// <inheritdoc/>
    public async ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(context);
        var plan = _exemptions.Plan(context);
        if (plan.Unavailable is { } reason) return PassResult.Unavailable(reason);
        if (plan.IsTooLarge) return TooLarge(context, plan, plan.Skipped!);
        if (plan.Skipped is { } skipped) return Skip(context, skipped);
        var (judgement, why) = await JudgeAsync(context, plan.Recipients, cancellationToken).ConfigureAwait(false);
        if (judgement is null) return PassResult.Unavailable(why);
        return judgement.TooLarge is { } tooLarge ? TooLarge(context, plan, tooLarge) : Carried(context, judgement);
    }

    /// <summary>Asks the engine, and holds its answers against the settings.</summary>
    /// <returns>Null, with the reason, when the engine or a list could not be asked.</returns>
    private protected abstract ValueTask<(Judgement? Judgement, string Reason)> JudgeAsync(PassContext context, IReadOnlyList<Recipient> recipients, CancellationToken cancellationToken);

    /// <summary>The client of a section's daemons.</summary>
    private protected static ServiceClient ClientOf(VerdictOptions options, IReadOnlyList<string> addresses, TimeProvider clock) =>
        new(ServiceAddress.All(addresses), LimitsOf(options), clock);

    /// <summary>How long its daemons are waited for.</summary>
    private protected static ServiceLimits LimitsOf(VerdictOptions options) => new(options.ConnectTimeout, options.WriteTimeout, options.ReadTimeout, options.BreakFor);

    /// <summary>The name of a header line of the settings; none for an empty one.</summary>
    private protected static IEnumerable<string> NameOf(Measure measure) => measure.Header.Length == 0 ? [] : [measure.Header.Split(':', 2)[0].TrimEnd()];

    private PassResult Skip(PassContext context, string why) =>
        new() { Headers = Removals(context.Message), Results = new Dictionary<string, string> { [_names.Skipped.Name] = why } };

    private PassResult TooLarge(PassContext context, VerdictPlan plan, string why)
    {
        // A tag without a line of its own: results tell.
        var measure = new Measure { Then = _options.OnTooLarge };
        var decided = Decisions.Apply(context, [.. plan.Recipients.Select(r => new Decision(r, measure, $"{Name} was not asked: {why}", new Diagnosis { Status = Mail.StatusDetail.MessageTooBig }))]);
        return decided with { Headers = Removals(context.Message), Results = new Dictionary<string, string> { [_names.Skipped.Name] = why }, Measures = [(measure.Word, plan.Recipients.Count)] };
    }

    private PassResult Carried(PassContext context, Judgement judgement)
    {
        // Recipients that were not asked about go with those for whom no line is added.
        var asked = judgement.Decisions.Select(d => d.Recipient.Address).ToHashSet(BytesComparer.Instance);
        Decision[] all = [.. judgement.Decisions, .. context.Recipients.Where(r => !asked.Contains(r.Address)).Select(r => new Decision(r, null, ""))];
        var decided = Decisions.Apply(context, all);
        // Nothing was found for those: what was for others must not be taken for theirs.
        var none = judgement.Results.Keys.Concat(judgement.Envelope.OfType<EnvelopeEdit.SetVariable>().Select(v => v.Name)).ToDictionary(name => name, _ => "");
        var unasked = context.Recipients.Where(r => !asked.Contains(r.Address)).Select(r => (r.Address, (IReadOnlyDictionary<string, string>)none));
        var measures = judgement.Decisions.GroupBy(d => d.Word).Select(g => (g.Key, g.Count())).ToList();
        judgement.Results[_names.Recipients.Name] = string.Join(", ", measures.Select(m => $"{m.Key} {m.Item2}"));
        return decided with
        {
            Headers = [.. Removals(context.Message), .. decided.Headers, .. judgement.EngineHeaders, .. _options.AddHeaders ? judgement.Headers : []],
            Envelope = [.. judgement.Envelope, .. decided.Envelope],
            Results = judgement.Results,
            RecipientResults = [.. judgement.Own, .. unasked],
            Measures = measures,
        };
    }

    // Anybody can write such a line: one from outside must not be taken for ours, also where nobody was asked.
    private List<HeaderEdit> Removals(HeaderFile message) =>
        [.. message.Headers.Where(line => !line.IsDeleted && _ownLines.Any(name => line.Is(name))).Select(line => new HeaderEdit.Delete(line))];
}
