// A condition over what is known of a message: the envelope, -H's variables and header lines, what passes found, where it lies. An unset
// name is an empty string. Evaluating fails only by PatternTimeException, when the patterns together take too long for one
// message: whether they match is then unknown, and must not read as "no".
//
//   condition = test | "not" condition | condition "and" condition | condition "or" condition | "(" condition ")"
//   test      = name                           set and neither empty, "0", "no" nor "false"
//             | name ("=" | "!=") list         list: value{:value}, as in spf_result=fail:softfail
//             | name ("~" | "!~") pattern      a regular expression, any case, without what needs backtracking
//             | name ("<" | "<=" | ">" | ">=") number[unit]
//
// A value may hold "*" for any text, stands in '…' when it holds blanks, colons or parentheses, and with "!" before it
// means all but itself. A list matches when one of its values does, a name of several values when one of them fits. Case does not matter,
// but in an id. "and" binds tighter than "or". docs/conditions.md tells it to operators.
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.RegularExpressions;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Conditions;

/// <summary>A parsed condition. Immutable; for any number of threads.</summary>
public abstract class Condition
{
    private protected Condition()
    {
    }

    /// <summary>Whether it asks for a recipient, so that in a rule each recipient has an answer of its own.</summary>
    public bool AsksRecipient => Needs.HasFlag(ConditionNeeds.Recipient);

    /// <summary>What has to be known of a message to answer it.</summary>
    public abstract ConditionNeeds Needs { get; }

    /// <summary>Parses a condition.</summary>
    /// <param name="text">The condition.</param>
    /// <param name="names">What it may ask for.</param>
    /// <param name="condition">Set when it can be used.</param>
    /// <param name="error">What is wrong and where, with what may stand there.</param>
    public static bool TryParse(string text, ConditionNames names, [NotNullWhen(true)] out Condition? condition, [NotNullWhen(false)] out string? error) =>
        new ConditionParser(text, names).TryParse(out condition, out error);

    /// <summary>Whether it holds for a message in a pass.</summary>
    /// <param name="context">The message.</param>
    /// <param name="recipient">The recipient in question, for a condition that asks for one, or for what was found for him.</param>
    /// <param name="clock">The time for patterns; the same for all conditions and recipients of a message.</param>
    /// <exception cref="PatternTimeException">The patterns took too long.</exception>
    public bool Matches(PassContext context, Recipient? recipient = null, PatternClock? clock = null) => Matches(new PassFacts(context, recipient), clock);

    /// <summary>Whether it holds: where it asks for a recipient, a test holds when it does for one of them.</summary>
    /// <param name="facts">What is known of the message.</param>
    /// <param name="clock">The time for patterns; the same for all conditions of a message.</param>
    /// <exception cref="PatternTimeException">The patterns took too long.</exception>
    public bool Matches(MessageFacts facts, PatternClock? clock = null) => Holds(facts, clock ?? new PatternClock()) == true;

    /// <summary>Null: it is unknown, as a pass was skipped.</summary>
    internal abstract bool? Holds(MessageFacts facts, PatternClock clock);

    // Flat: a condition of any number of parts costs the stack of one.
    internal sealed class And(IReadOnlyList<Condition> parts) : Condition
    {
        public override ConditionNeeds Needs { get; } = All(parts);

        internal override bool? Holds(MessageFacts facts, PatternClock clock)
        {
            bool? all = true;
            foreach (var part in parts)
            {
                var holds = part.Holds(facts, clock);
                if (holds == false) return false;
                all = holds is null ? null : all;
            }
            return all;
        }
    }

    internal sealed class Or(IReadOnlyList<Condition> parts) : Condition
    {
        public override ConditionNeeds Needs { get; } = All(parts);

        internal override bool? Holds(MessageFacts facts, PatternClock clock)
        {
            bool? any = false;
            foreach (var part in parts)
            {
                var holds = part.Holds(facts, clock);
                if (holds == true) return true;
                any = holds is null ? null : any;
            }
            return any;
        }
    }

    internal sealed class Not(Condition inner) : Condition
    {
        public override ConditionNeeds Needs => inner.Needs;

        internal override bool? Holds(MessageFacts facts, PatternClock clock) => !inner.Holds(facts, clock);
    }

    /// <summary>A test of one name.</summary>
    internal abstract class Test(ConditionName name) : Condition
    {
        public sealed override ConditionNeeds Needs => name.Needs;

        protected ConditionName Name => name;

        internal sealed override bool? Holds(MessageFacts facts, PatternClock clock)
        {
            if (name.Needs.HasFlag(ConditionNeeds.Results) && facts.IsUnknown(name.Name)) return null;
            var holds = Is(facts, clock);
            // What was read of a message is there; what could not be read may be, too.
            return !holds && name.Needs == ConditionNeeds.Parts && facts.Parts.Error is not null ? null : holds;
        }

        protected abstract bool Is(MessageFacts facts, PatternClock clock);
    }

    internal sealed class IsSet(ConditionName name) : Test(name)
    {
        // A time that has come is one all the same.
        protected override bool Is(MessageFacts facts, PatternClock clock) => Name.Values(facts).Any(v => Name.Kind == ValueKind.Time || !SaysNo(v));

        private static bool SaysNo(string value) =>
            value is "" or "0" || value.Equals("no", StringComparison.OrdinalIgnoreCase) || value.Equals("false", StringComparison.OrdinalIgnoreCase);
    }

    internal sealed class OneOf(ConditionName name, IReadOnlyList<ListItem> list) : Test(name)
    {
        protected override bool Is(MessageFacts facts, PatternClock clock)
        {
            var any = false;
            foreach (var value in Name.Values(facts))
            {
                if (Fits(value)) return true;
                any = true;
            }
            return !any && Fits("");
        }

        private bool Fits(string value)
        {
            foreach (var item in list)
            {
                if (item.Pattern.Matches(value) != item.AllBut) return true;
            }
            return false;
        }
    }

    /// <summary>A value of a list.</summary>
    internal sealed record ListItem(Wildcard Pattern, bool AllBut);

    internal sealed class Like(ConditionName name, Regex pattern) : Test(name)
    {
        // A header line of a megabyte is searched once, not once for each of a thousand recipients.
        protected override bool Is(MessageFacts facts, PatternClock clock) =>
            AsksRecipient || facts.Own(Name.Name) is not null ? IsMatch(facts, clock) : clock.Once(this, () => IsMatch(facts, clock));

        private bool IsMatch(MessageFacts facts, PatternClock clock) => Name.Values(facts).Any(value => clock.IsMatch(pattern, value));
    }

    internal sealed class Compare(ConditionName name, string comparison, double number) : Test(name)
    {
        protected override bool Is(MessageFacts facts, PatternClock clock) =>
            Name.Values(facts).Any(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && comparison switch
            {
                "<" => value < number,
                "<=" => value <= number,
                ">" => value > number,
                _ => value >= number,
            });
    }

    private static ConditionNeeds All(IReadOnlyList<Condition> parts)
    {
        var needs = ConditionNeeds.Id;
        foreach (var part in parts) needs |= part.Needs;
        return needs;
    }
}
