// These tests need a real Exim and root: Exim gives spool files to its own user, and only root may do the same.
// Elsewhere they are skipped with the reason, never silently green.
namespace SpoolWorker.EndToEnd;

internal static class Prerequisites
{
    public static string? Missing()
    {
        if (!File.Exists(EximInstance.Program))
        {
            return $"{EximInstance.Program} is not installed (Debian: exim4-daemon-heavy)";
        }

        return Native.EffectiveUser() == 0 ? null : "needs root: spool files belong to the Exim user";
    }
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class EximFactAttribute : FactAttribute
{
    public EximFactAttribute() => Skip = Prerequisites.Missing();
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class EximTheoryAttribute : TheoryAttribute
{
    public EximTheoryAttribute() => Skip = Prerequisites.Missing();
}
