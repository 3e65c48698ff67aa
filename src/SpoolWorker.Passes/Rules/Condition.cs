// A condition over what is known of a message: what passes found, envelope, client, header lines, ACL variables. An unset
// name is an empty string. Evaluating fails only by PatternTimeException, when the patterns together take too long for one
// message: whether they match is then unknown, and must not read as "no".
//
//   condition = test | "not" condition | condition "and" condition | condition "or" condition | "(" condition ")"
//   test      = name                           set and neither empty, "0", "no" nor "false"
//             | name ("=" | "!=") list         list: value{:value}, as in spf_result=fail:softfail
//             | name ("~" | "!~") pattern      a regular expression, any case, without what needs backtracking
//             | name ("<" | "<=" | ">" | ">=") number[K|M|G]
//
// A value may hold "*" for any text, stands in '…' when it holds blanks, colons or parentheses, and with "!" before it
// means all but itself. A list matches when one of its values does. Case does not matter. "and" binds tighter than "or".
using System.Globalization;
using System.Text.RegularExpressions;

namespace SpoolWorker.Passes.Rules;

/// <summary>A parsed condition.</summary>
public abstract class Condition
{
    private protected Condition()
    {
    }

    /// <summary>Whether it asks for a recipient, so that each recipient has an answer of its own.</summary>
    public abstract bool AsksRecipient { get; }

    /// <summary>Parses a condition.</summary>
    /// <param name="text">The condition.</param>
    /// <param name="names">What it may ask for.</param>
    /// <param name="condition">Set when it can be used.</param>
    /// <param name="error">What is wrong and where, with what may stand there.</param>
    public static bool TryParse(string text, RuleNames names, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Condition? condition, [System.Diagnostics.CodeAnalysis.NotNullWhen(false)] out string? error) =>
        new ConditionParser(text, names).TryParse(out condition, out error);

    /// <summary>Whether it holds.</summary>
    /// <param name="context">The message.</param>
    /// <param name="recipient">The recipient in question, for a condition that asks for one.</param>
    /// <param name="clock">The time for patterns; the same for all conditions and recipients of a message.</param>
    /// <exception cref="PatternTimeException">The patterns took too long.</exception>
    public bool Matches(PassContext context, SpoolWorker.Spool.Recipient? recipient = null, PatternClock? clock = null) => Holds(new RuleValues(context, recipient, clock ?? new PatternClock()));

    internal abstract bool Holds(RuleValues values);

    // Flat: a condition of any number of parts costs the stack of one.
    internal sealed class And(IReadOnlyList<Condition> parts) : Condition
    {
        public override bool AsksRecipient { get; } = parts.Any(p => p.AsksRecipient);

        internal override bool Holds(RuleValues values) => parts.All(p => p.Holds(values));
    }

    internal sealed class Or(IReadOnlyList<Condition> parts) : Condition
    {
        public override bool AsksRecipient { get; } = parts.Any(p => p.AsksRecipient);

        internal override bool Holds(RuleValues values) => parts.Any(p => p.Holds(values));
    }

    internal sealed class Not(Condition inner) : Condition
    {
        public override bool AsksRecipient => inner.AsksRecipient;

        internal override bool Holds(RuleValues values) => !inner.Holds(values);
    }

    internal sealed class IsSet(string name) : Condition
    {
        public override bool AsksRecipient => RuleNames.IsOfRecipient(name);

        internal override bool Holds(RuleValues values) => values.Of(name).Any(v => v.ToUpperInvariant() is not ("" or "0" or "NO" or "FALSE"));
    }

    internal sealed class OneOf(string name, IReadOnlyList<(Wildcard Pattern, bool AllBut)> list) : Condition
    {
        public override bool AsksRecipient => RuleNames.IsOfRecipient(name);

        internal override bool Holds(RuleValues values) => values.Of(name).DefaultIfEmpty("").Any(value => list.Any(item => item.Pattern.Matches(value) != item.AllBut));
    }

    internal sealed class Like(string name, Regex pattern) : Condition
    {
        public override bool AsksRecipient => RuleNames.IsOfRecipient(name);

        // A header line of a megabyte is searched once, not once for each of a thousand recipients.
        internal override bool Holds(RuleValues values) => AsksRecipient ? IsMatch(values) : values.Clock.Once(this, () => IsMatch(values));

        private bool IsMatch(RuleValues values) => values.Of(name).Any(value => values.Clock.IsMatch(pattern, value));
    }

    internal sealed class Compare(string name, string comparison, double number) : Condition
    {
        public override bool AsksRecipient => RuleNames.IsOfRecipient(name);

        internal override bool Holds(RuleValues values) => values.Of(name).Any(text => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && comparison switch
        {
            "<" => value < number,
            "<=" => value <= number,
            ">" => value > number,
            _ => value >= number,
        });
    }
}
