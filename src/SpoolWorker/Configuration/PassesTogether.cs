// What is wrong between the settings of several passes, each of which is right on its own.
using SpoolWorker.Passes;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Authentication;

namespace SpoolWorker.Configuration;

/// <summary>Faults of passes that do not fit together.</summary>
internal static class PassesTogether
{
    public static IEnumerable<string> Faults(IReadOnlyList<string> names, IReadOnlyDictionary<string, PassOptions> options, IReadOnlyDictionary<Type, object> sections)
    {
        var seals = names.Contains("arc-seal");
        if (!seals && sections.TryGetValue(typeof(ArcOptions), out var arc) && ((ArcOptions)arc).Mode == ArcMode.Seal) yield return "Arc:Mode = 'seal': name arc-seal last in Passes";
        if (seals && names.Contains("authenticate") && options["arc-seal"] is ArcSealOptions seal && options["authenticate"] is AuthenticateOptions own
            && !own.OwnIds.Prepend(own.EffectiveId).Contains(seal.AdmdId, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"Arc:Seal:AdmdId = '{seal.AdmdId}': Authenticate:AuthservId is '{own.EffectiveId}'. Make them the same, or name it in Authenticate:OwnIds; else forged lines under it would be sealed";
        }
    }
}
