// Every kind of finding there is; docs/doctor.md is written from this list.
using System.Reflection;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor.Exims;
using SpoolWorker.Operations.Doctor.Host;
using SpoolWorker.Operations.Doctor.Probing;
using SpoolWorker.Operations.Doctor.Records;
using SpoolWorker.Operations.Doctor.Services;

namespace SpoolWorker.Operations.Doctor;

/// <summary>Kinds of findings.</summary>
internal static class FindingKinds
{
    /// <summary>Groups of them, by what they are about.</summary>
    public static IReadOnlyList<(string About, IReadOnlyList<FindingKind> Kinds)> Groups { get; } =
    [
        ("The configuration and the worker's own files", Of(typeof(ConfigurationKinds))), ("Directories", Of(typeof(PlaceKinds))), ("The target's Exim", Of(typeof(TargetKinds))), ("Exims that run", Of(typeof(EximKinds))),
        ("The host", Of(typeof(HostKinds))), ("DNS and records", Of(typeof(RecordKinds))), ("Daemons that passes ask", Of(typeof(ServiceKinds))), ("The probe", Of(typeof(ProbeKinds))),
    ];

    /// <summary>All.</summary>
    public static IReadOnlyList<FindingKind> All { get; } = [.. Groups.SelectMany(g => g.Kinds)];

    /// <summary>The one of a name; null: none is called so.</summary>
    public static FindingKind? Find(string name) => All.FirstOrDefault(k => k.Name == name);

    private static List<FindingKind> Of(Type type) => [.. type.GetFields(BindingFlags.Static | BindingFlags.Public).Select(f => f.GetValue(null)).OfType<FindingKind>()];
}
