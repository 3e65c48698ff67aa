// The pass `rules`: what the operator wants done on what the passes before it found. Rules are tried in their order, for each recipient: the first that holds
// for him and does anything but `tag` decides, and what it and those before it ask for is done, for him alone. One that asks neither for a recipient nor for what
// was found for single ones is asked once, for all. Whoever only gets a copy is asked about by no rule.
// When the rules' patterns take too long the message is held: what no rule could be asked about must not pass as harmless. So is one that rules asked for
// its attachments, when they cannot all be read, unless a rule asks for that (mime_error). Throws IOException when the body cannot be read.
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Marking;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Rules;

/// <summary>Carries out the operator's rules.</summary>
public sealed class RulesPass : IMessagePass
{
    private readonly IReadOnlyList<ParsedRule> _rules;
    private readonly TimeSpan? _patternTime;
    private readonly bool _asksParts, _asksError;

    /// <param name="options">Rules that <see cref="Faults"/> found nothing wrong with.</param>
    /// <param name="patternTime">Time for the patterns of one message; null: <see cref="PatternClock.Most"/>.</param>
    public RulesPass(RulesOptions options, TimeSpan? patternTime = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _patternTime = patternTime;
        _rules = [.. options.List.Select(rule => new ParsedRule(rule))];
        _asksParts = _rules.Any(r => r.When.Needs.HasFlag(ConditionNeeds.Parts));
        _asksError = _rules.Any(r => r.When.Needs.HasFlag(ConditionNeeds.PartsError));
    }

    /// <inheritdoc/>
    public string Name => "rules";

    /// <summary>What is wrong with the settings, where the pass stands.</summary>
    public static IEnumerable<string> Faults(RulesOptions options, PassPlace place) => RuleFaults.Of(options, place);

    /// <inheritdoc/>
    public ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken) =>
        // Reading a large body through takes its time, which the pass's is to bound.
        _asksParts ? new(Task.Run(() => RunAsync(context with { Cancelled = cancellationToken }).AsTask(), cancellationToken)) : RunAsync(context);

    private ValueTask<PassResult> RunAsync(PassContext context)
    {
        try
        {
            return ValueTask.FromResult(Run(context));
        }
        catch (PatternTimeException e)
        {
            return ValueTask.FromResult(PassResult.For(Disposition.Hold(e.Message)));
        }
    }

    private PassResult Run(PassContext context)
    {
        var clock = new PatternClock(_patternTime);
        var plans = context.Recipients.Where(r => !context.Copies.Contains(r.Address)).Select(r => new RecipientPlan(r, context.RecipientResults.GetValueOrDefault(r.Address))).ToList();
        var undecided = plans;
        foreach (var rule in _rules)
        {
            var met = Met(rule.When, undecided, context, clock);
            if (met.Count == 0) continue;
            foreach (var plan in met) plan.Take(rule);
            if (rule.Options.Then == PolicyAction.Tag) continue;
            undecided = [.. undecided.Where(p => p.Disposition is null)];
            if (undecided.Count == 0) break;
        }
        if (!_asksError && context is { HasReadParts: true, Parts.Error: { } error })
        {
            foreach (var plan in undecided) plan.Disposition = Disposition.Hold($"what is attached cannot be judged: {error}");
        }
        return plans.Count == 0 ? PassResult.Continue : Carried(context, plans);
    }

    // A condition that does not ask for the recipient has one answer for all of whom the same was found, so that a large header is not looked through for each of thousands.
    private static List<RecipientPlan> Met(Condition when, List<RecipientPlan> plans, PassContext context, PatternClock clock)
    {
        if (when.AsksRecipient) return [.. plans.Where(p => when.Matches(context, p.Recipient, clock))];
        if (context.RecipientResults.Count == 0) return when.Matches(context, null, clock) ? plans : [];
        return [.. plans.GroupBy(p => p.Found).Where(same => when.Matches(context, same.First().Recipient, clock)).SelectMany(same => same)];
    }

    private static PassResult Carried(PassContext context, List<RecipientPlan> plans)
    {
        HoldWithoutRoom(context.Message, plans);
        // Who only gets a copy goes with those whose turn it is.
        List<Share> shares = [.. plans.Select(p => p.Share)];
        var turn = Turns.TurnOf(context, shares, out _)!;
        shares.AddRange(context.Recipients.Where(r => context.Copies.Contains(r.Address)).Select(r => new Share(r, turn, Disposition.Continue)));
        var told = plans.Where(p => p.Lines.Equals(turn)).SelectMany(p => p.Words).CountBy(word => word).ToList();
        var result = Turns.Apply(context, shares);
        return told.Count == 0 ? result : result with
        {
            Results = new Dictionary<string, string>
            {
                [RulesResults.Result.Name] = string.Join(',', told.Select(t => t.Key)),
                [RulesResults.Recipients.Name] = string.Join(", ", told.Select(t => $"{t.Key} {t.Value}")),
            },
        };
    }

    // Nobody's copy is left out: who looks at a message that cannot have one is the operator.
    private static void HoldWithoutRoom(HeaderFile message, List<RecipientPlan> plans)
    {
        var copies = plans.SelectMany(p => p.Copies).Distinct(StringComparer.OrdinalIgnoreCase).Count();
        if (message.Recipients.Length + copies <= SpoolLimits.MaxRecipients) return;
        foreach (var plan in plans.Where(p => p.Copies.Count > 0)) plan.HoldWithoutCopy($"there is no room for a copy (CopyTo): Exim reads no message with more than {SpoolLimits.MaxRecipients} recipients");
    }
}
