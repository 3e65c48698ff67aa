using System.Runtime.CompilerServices;

namespace SpoolWorker.Testing;

/// <summary>What whoever runs the tests asks for by environment variables. They are taken out of the environment at the start of the tests: the programs that are
/// tested would inherit them, and SPOOLWORKER_ begins the names of their own settings, of which an unknown one is a fault.</summary>
internal static class TestVariables
{
    /// <summary>SPOOLWORKER_KILL_LOOPS: how much longer the long loops are; 1 by default.</summary>
    public static string? KillLoops { get; private set; }

    /// <summary>SPOOLWORKER_CUTS: how many disks a recording, or "all".</summary>
    public static string? Cuts { get; private set; }

    /// <summary>SPOOLWORKER_HUGE: bodies of 5 GB are streamed in whole; by default of 160 MB, which does not fit into the heap either.</summary>
    public static bool IsHuge { get; private set; }

    /// <summary>SPOOLWORKER_COMMAND: the program that is tested end to end; by default the one just built.</summary>
    public static string? Command { get; private set; }

    /// <summary>SPOOLWORKER_PACKAGE: the package that is tested; by default one made now, which takes minutes.</summary>
    public static string? Package { get; private set; }

    /// <summary>SPOOLWORKER_WRITE_DOCS: generated pages are written instead of compared.</summary>
    public static bool WritesDocs { get; private set; }

    /// <summary>SPOOLWORKER_WRITE_BOUNCES: what the notifications of the corpus are read as is written instead of compared.</summary>
    public static bool WritesBounces { get; private set; }

    [ModuleInitializer]
    internal static void Take()
    {
        (KillLoops, Cuts) = (Taken("SPOOLWORKER_KILL_LOOPS"), Taken("SPOOLWORKER_CUTS"));
        IsHuge = Taken("SPOOLWORKER_HUGE") is { Length: > 0 };
        (Command, Package) = (Taken("SPOOLWORKER_COMMAND"), Taken("SPOOLWORKER_PACKAGE"));
        (WritesDocs, WritesBounces) = (Taken("SPOOLWORKER_WRITE_DOCS") is { Length: > 0 }, Taken("SPOOLWORKER_WRITE_BOUNCES") is { Length: > 0 });
    }

    private static string? Taken(string name)
    {
        var value = Environment.GetEnvironmentVariable(name);
        Environment.SetEnvironmentVariable(name, null);
        return value;
    }
}
