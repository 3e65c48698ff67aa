// Which names a condition may ask for, where it is asked. What could never be there is a fault when the condition is read, and no condition
// that never holds: a result of a pass that does not run before, what the worker knows of mail that waits, asked in a pass.
namespace SpoolWorker.Passes.Conditions;

/// <summary>Names in conditions: those of the message, and the results that the passes declare.</summary>
public sealed class ConditionNames
{
    // A list of a thousand messages is no place to read a thousand bodies.
    private const ConditionNeeds OfWaiting = (ConditionNeeds)~0 & ~(ConditionNeeds.Parts | ConditionNeeds.PartsError);

    private const int MostNearest = 3, MostEdits = 3, MostLetters = 60;

    // What the place where it is asked can know.
    private readonly ConditionNeeds _known;
    private readonly string _where;
    private readonly Func<IEnumerable<PassRegistration>>? _passes;
    private readonly PassPlace? _place;

    private ConditionNames(ConditionNeeds known, string where, Func<IEnumerable<PassRegistration>>? passes, PassPlace? place = null) =>
        (_known, _where, _passes, _place) = (known, where, passes, place);

    /// <summary>For conditions whose names are known to be right.</summary>
    public static ConditionNames Checked { get; } = new((ConditionNeeds)~0, "", null);

    /// <summary>For conditions of a pass in its place: only what passes before it find can ever be set, and nothing of waiting is known.</summary>
    public static ConditionNames At(PassPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        return new(ConditionNeeds.Envelope | ConditionNeeds.Recipient | ConditionNeeds.Header | ConditionNeeds.Body | ConditionNeeds.Delivery | ConditionNeeds.Attempt | ConditionNeeds.Results | ConditionNeeds.Parts | ConditionNeeds.PartsError, "in a pass",
            () => place.Known, place);
    }

    /// <summary>For mail that is being held, when its passes are done: what they found, and who holds it for what.</summary>
    /// <param name="place">Behind all passes.</param>
    public static ConditionNames OfHeld(PassPlace place)
    {
        ArgumentNullException.ThrowIfNull(place);
        return new(ConditionNeeds.Envelope | ConditionNeeds.Recipient | ConditionNeeds.Header | ConditionNeeds.Body | ConditionNeeds.Delivery | ConditionNeeds.Results | ConditionNeeds.Place | ConditionNeeds.Reasons, "of mail that is being held",
            () => place.Known, place);
    }

    /// <summary>For messages in the worker's own places: everything.</summary>
    /// <param name="passes">All that could have run; asked for when a name is none of the message's.</param>
    public static ConditionNames OfMail(Func<IEnumerable<PassRegistration>> passes) => new(OfWaiting, "of mail that waits", passes);

    /// <summary>For messages of which there is the pair and no record: in the target, or any spool.</summary>
    /// <param name="passes">As for <see cref="OfMail"/>.</param>
    public static ConditionNames OfPairs(Func<IEnumerable<PassRegistration>> passes) =>
        new(ConditionNeeds.Envelope | ConditionNeeds.Recipient | ConditionNeeds.Header | ConditionNeeds.Body | ConditionNeeds.Delivery | ConditionNeeds.Place | ConditionNeeds.Reasons, "of a message in another spool", passes);

    /// <summary>For what could not be read: its id, its files, and the note beside them.</summary>
    /// <param name="passes">As for <see cref="OfMail"/>.</param>
    public static ConditionNames OfCorrupt(Func<IEnumerable<PassRegistration>> passes) =>
        new(ConditionNeeds.Body | ConditionNeeds.Place | ConditionNeeds.Reasons, "of what lies in corrupt/, as its -H could not be read", passes);

    /// <summary>For mail that comes, before its first pass: what -H tells.</summary>
    /// <param name="passes">As for <see cref="OfMail"/>; none where the names were checked before.</param>
    public static ConditionNames OfHeader(Func<IEnumerable<PassRegistration>> passes) =>
        new(ConditionNeeds.Envelope | ConditionNeeds.Recipient | ConditionNeeds.Header | ConditionNeeds.Delivery, "before the first pass, where -H alone is looked at", passes);

    /// <summary>For what operators did: id, recipients, age, reason and state, and of a deletion the sender.</summary>
    /// <param name="passes">As for <see cref="OfMail"/>.</param>
    public static ConditionNames OfAudit(Func<IEnumerable<PassRegistration>> passes) => new(ConditionNeeds.Envelope | ConditionNeeds.Recipient | ConditionNeeds.Reasons, "in the audit", passes);

    /// <summary>Looks a name up.</summary>
    /// <param name="name">The name.</param>
    /// <param name="found">Set when it may be asked for.</param>
    /// <returns>What is wrong with asking for it; null: nothing.</returns>
    internal string? TryFind(string name, out ConditionName? found)
    {
        found = NamesOfMessage.Find(name);
        if (found is { } known) return (known.Needs & ~_known) == 0 ? null : $"'{name}' is not known {_where}. Ask for something else{InsteadOf(known)}";
        if (_passes is null)
        {
            found = Result(name);
            return null;
        }
        var finders = _passes().Where(pass => pass.Results.Any(r => r.Name == name)).Select(pass => pass.Name).ToList();
        if (finders.Count == 0) return Unknown(name);
        found = Result(name);
        if (!_known.HasFlag(ConditionNeeds.Results)) return $"'{name}' is what a pass finds, which is not known {_where}. Ask for something else";
        return _place is { } place && FaultOf(finders, place) is { } fault ? $"'{name}' is never set here: {fault}" : null;
    }

    /// <summary>Exim's words for SPF results (experimental-spec.txt) mean those of RFC 7208.</summary>
    internal static string Word(string value) => value.ToUpperInvariant() switch
    {
        "ERR_PERM" => "permerror",
        "ERR_TEMP" => "temperror",
        _ => value,
    };

    private static ConditionName Result(string name) =>
        new(name, ValueKind.Text, ConditionNeeds.Results, facts => facts.Result(name) is { } value ? [value] : []);

    private string InsteadOf(ConditionName known) => known.Needs switch
    {
        _ when !_known.HasFlag(ConditionNeeds.Header) => ": id, age, reason",
        ConditionNeeds.Body => ": recipients, age, a header line",
        ConditionNeeds.Place or ConditionNeeds.Reasons or ConditionNeeds.Delivery or ConditionNeeds.Attempt => ": sender, age, a header line",
        _ when known.Needs.HasFlag(ConditionNeeds.Parts) => ", or have a rule tag such mail as it comes, and look for the line",
        _ => "",
    };

    private string Unknown(string name)
    {
        if (name.Length > MostLetters) return $"what begins with '{name[..MostLetters]}' is no name";
        if (NamesOfMessage.CalledHere(name) is { } called) return $"'{name}' is called {called} here";
        if (name.StartsWith("h_", StringComparison.Ordinal) || name.StartsWith("acl_", StringComparison.Ordinal))
            return $"'{name}' is no whole name; header lines are h_subject, ACL variables acl_m_name or acl_c0";
        var all = NamesOfMessage.All.Concat(_passes!().SelectMany(pass => pass.Results.Select(r => r.Name)));
        // A name of a few letters is near to everything.
        var nearest = all.Distinct().Select(known => (Name: known, Edits: Distance(name, known)))
            .Where(n => n.Edits <= Math.Min(MostEdits, name.Length / 2)).OrderBy(n => n.Edits).ThenBy(n => n.Name, StringComparer.Ordinal)
            .Take(MostNearest).ToList();
        nearest.RemoveAll(n => n.Edits > nearest[0].Edits + 1);
        return nearest.Count > 0 ? $"'{name}' is no name; did you mean {string.Join(" or ", nearest.Select(n => n.Name))}?"
            : $"'{name}' is no name. Names are sender, recipient, size, age, h_subject, acl_m_name, what passes find, and those in docs/conditions.md";
    }

    private static int Distance(string name, string known) =>
        name.Length > 2 && known.StartsWith(name, StringComparison.OrdinalIgnoreCase) ? 1
            : Math.Abs(name.Length - known.Length) > MostEdits ? int.MaxValue : Spelling.Edits(name.ToLowerInvariant(), known.ToLowerInvariant());

    private static string? FaultOf(IReadOnlyList<string> passes, PassPlace place)
    {
        if (passes.Any(place.IsBefore)) return null;
        if (passes.FirstOrDefault(place.Order.Contains) is not { } late)
            return $"{string.Join(" or ", passes)}, which finds it, is not among Passes. Name it there, before {place.Name}";
        return late == place.Name ? $"{late} itself finds it, after this is asked. Ask for something else"
            : $"{late}, which finds it, runs behind {place.Name}. Name it before, where it may stand there, or ask for something else";
    }
}
