using System.Reflection;

namespace SpoolWorker.Operations;

/// <summary>The program's version.</summary>
internal static class ProgramVersion
{
    /// <summary>As in the assembly; a version of development has the commit behind a plus.</summary>
    public static string Text { get; } = typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "unknown";
}
