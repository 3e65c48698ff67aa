// Which directories a list goes through.
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Conditions;

namespace SpoolWorker.Operations.Listing;

/// <summary>The places to list, by what they are to the worker.</summary>
internal sealed record ListPlaces(bool Intake, bool Held, bool Corrupt, bool Target)
{
    /// <summary>What passes found, or which of them hold a message, is asked for of held mail too.</summary>
    public bool WithRecords { get; init; }

    /// <summary>Whether the ledger is looked at.</summary>
    public bool NeedsLedger => Intake || (Held && WithRecords);

    /// <summary>What a condition may ask for in all of them; see <see cref="ConditionNames.OfMail"/> for the passes.</summary>
    public ConditionNames Names(Func<IEnumerable<PassRegistration>> passes) => Corrupt ? ConditionNames.OfCorrupt(passes) : Intake || Held ? ConditionNames.OfMail(passes) : ConditionNames.OfPairs(passes);

    /// <summary>Sections and keys of the configuration that say where they are.</summary>
    public IReadOnlyList<string> Keys =>
        [.. new[] { (Intake, "Intakes"), (NeedsLedger, "Ledger"), (Held, "Held"), (Corrupt, "Corrupt"), (Target, "Target:Path") }.Where(n => n.Item1).Select(n => n.Item2)];

    /// <summary>Their directories with pairs: <c>corrupt/</c>, which has none, comes apart.</summary>
    /// <param name="settings">Where they are.</param>
    /// <param name="ledger">What the worker knows of the messages in the intakes; null: it is not asked.</param>
    public IEnumerable<ListSource> Sources(Settings settings, LedgerGlance? ledger)
    {
        if (Intake)
        {
            // An Exim makes its queues' directories itself; where there are others, the name is more likely mistyped.
            foreach (var (path, isExims) in settings.Intakes.SelectMany(i => Places.IntakePaths(i).Select(path => (Path: path, IsExims: i.Kind != IntakeKind.Queuefile))).DistinctBy(i => i.Path))
                yield return new ListSource("intake", path, ListKind.Spool, ledger is null ? null : id => ledger.Find(path, id)) { MayBeMissing = isExims && NearbyPaths.Of(path).Count == 0 };
        }
        if (Held) yield return new ListSource("held", Places.Full(settings.Held.Path), ListKind.Held, null) { MayBeMissing = true, Records = ledger is null ? null : ledger.Whole };
        if (Target) yield return new ListSource("target", Places.TargetPath(settings.Target), ListKind.Spool, null);
    }

    /// <summary><c>corrupt/</c>.</summary>
    public static ListSource CorruptSource(Settings settings) => new("corrupt", Places.Full(settings.Corrupt.Path), ListKind.Spool, null) { MayBeMissing = true };
}
