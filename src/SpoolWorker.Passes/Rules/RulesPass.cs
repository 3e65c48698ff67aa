// The pass `rules`: what the operator wants done on what the passes before it found. Rules are tried in their order; the
// first that holds and acts decides, `tag` marks and goes on. A rule that asks for a recipient, or for what was found for single recipients, decides for that one alone.
// When the rules' patterns take too long the message is held: what no rule could be asked about must not pass as harmless. So is one that rules asked for
// its attachments, when they cannot all be read, unless a rule asks for that (mime_error). Throws IOException when the body cannot be read.
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Rules;

/// <summary>One rule.</summary>
public sealed class RuleOptions
{
    /// <summary>The condition.</summary>
    public string When { get; set; } = "";

    /// <summary>What is done where it holds.</summary>
    public PolicyAction Then { get; set; } = PolicyAction.Accept;

    /// <summary>Why, for log, hold and bounce. Empty: the condition.</summary>
    public string Reason { get; set; } = "";

    /// <summary>For <c>tag</c>: the header line to add.</summary>
    public string Header { get; set; } = "";
}

/// <summary>Settings of the pass.</summary>
public sealed class RulesOptions : PassOptions
{
    /// <summary>The rules, in their order. The first that holds and does anything but <c>tag</c> decides.</summary>
    public List<RuleOptions> List { get; set; } = [];
}

/// <summary>Carries out the operator's rules.</summary>
public sealed class RulesPass : IMessagePass
{
    private readonly IReadOnlyList<(Condition When, RuleOptions Rule)> _rules;
    private readonly TimeSpan? _patternTime;
    private readonly bool _asksParts, _asksError;

    /// <param name="options">Rules that <see cref="Faults"/> found nothing wrong with.</param>
    /// <param name="patternTime">Time for the patterns of one message; null: <see cref="PatternClock.Most"/>.</param>
    public RulesPass(RulesOptions options, TimeSpan? patternTime = null)
    {
        _patternTime = patternTime;
        _rules =
            [.. options.List.Select(rule => (Condition.TryParse(rule.When, ConditionNames.Checked, out var when, out var error) ? when : throw new ArgumentException(error, nameof(options)), rule))];
        _asksParts = _rules.Any(r => r.When.Needs.HasFlag(ConditionNeeds.Parts));
        _asksError = _rules.Any(r => r.When.Needs.HasFlag(ConditionNeeds.PartsError));
    }

    /// <inheritdoc/>
    public string Name => "rules";

    /// <summary>What is wrong with the settings, where the pass stands.</summary>
    public static IEnumerable<string> Faults(RulesOptions options, PassPlace place)
    {
        var names = ConditionNames.At(place);
        for (var i = 0; i < options.List.Count; i++)
        {
            var rule = options.List[i];
            if (!Condition.TryParse(rule.When, names, out var condition, out var error)) yield return $"List:{i}:When = '{rule.When}': {error}";
            if (rule.Then == PolicyAction.Tag && condition is { AsksRecipient: true }) yield return $"List:{i}:Then = 'tag': a header line is for all recipients, so When cannot ask for one";
            if (rule.Then == PolicyAction.Tag && !TryLine(rule.Header, out _)) yield return $"List:{i}:Header = '{rule.Header}': must be a header line, as in 'X-Suspect: yes'";
        }
    }

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
        var lines = new List<HeaderEdit>();
        var own = new List<(ReadOnlyMemory<byte>, Disposition)>();
        var undecided = context.Recipients.ToList();
        foreach (var (when, rule) in _rules)
        {
            // A line is for all of them; anything else is done with him for whom it was found.
            var isForEach = when.AsksRecipient || (rule.Then != PolicyAction.Tag && context.RecipientResults.Count > 0);
            var met = isForEach ? undecided.Where(r => when.Matches(context, r, clock)).ToList() : when.Matches(context, null, clock) ? undecided : [];
            if (met.Count == 0) continue;
            if (rule.Then == PolicyAction.Tag)
            {
                if (TryLine(rule.Header, out var line)) lines.Add(new HeaderEdit.AddAtEnd(line));
                continue;
            }
            var disposition = rule.Then.ToDisposition(rule.Reason.Length > 0 ? rule.Reason : rule.When);
            own.AddRange(met.Select(r => (r.Address, disposition)));
            undecided = [.. undecided.Except(met)];
            if (undecided.Count == 0) break;
        }
        if (!_asksError && context is { HasReadParts: true, Parts.Error: { } error })
            own.AddRange(undecided.Select(r => (r.Address, (Disposition)Disposition.Hold($"what is attached cannot be judged: {error}"))));
        return new PassResult { Headers = lines, Recipients = own };
    }

    private static bool TryLine(string text, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out HeaderLine? line)
    {
        line = null;
        try
        {
            line = HeaderLine.Create(text.TrimEnd('\n') + "\n");
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
