// Runs a program to its end with its output in files (a pipe would make us part of what is measured) and tells what it
// used. One at a time, since getrusage counts all children together.
using System.Diagnostics;

namespace SpoolWorker.Benchmarks.Support;

/// <summary>How a process ended.</summary>
internal sealed record ChildResult(int ExitCode, double Wall, CpuTime Cpu);

/// <summary>Whole processes.</summary>
internal static class ChildProcess
{
    // As packaging/spoolworker.service has it; commands run without.
    private static readonly string[] AsService = ["env", "DOTNET_TC_CallCountingDelayMs=0"];

    /// <summary>This program again, for a part that wants a process of its own, with the environment of the service.</summary>
    public static string[] Self(params string[] arguments)
    {
        var program = Environment.ProcessPath!;
        return Path.GetFileNameWithoutExtension(program) == "dotnet"
            ? [.. AsService, program, Path.Combine(AppContext.BaseDirectory, "SpoolWorker.Benchmarks.dll"), .. arguments]
            : [.. AsService, program, .. arguments];
    }

    /// <summary>The program that is measured, as the service that it is.</summary>
    public static string[] Service(string? published, params string[] arguments) => [.. AsService, .. SpoolWorker(published, arguments)];

    /// <summary>The program that is measured: a published one, or the one built beside this.</summary>
    public static string[] SpoolWorker(string? published, params string[] arguments)
    {
        var path = published is null ? Path.Combine(AppContext.BaseDirectory, "spoolworker.dll") : Path.GetFullPath(published);
        if (Directory.Exists(path)) path = Path.Combine(path, "spoolworker");
        return path.EndsWith(".dll", StringComparison.Ordinal) ? ["dotnet", path, .. arguments] : [path, .. arguments];
    }

    /// <summary>Runs to the end.</summary>
    public static ChildResult Run(IReadOnlyList<string> command, string output, string errors, string input = "/dev/null")
    {
        var before = Resources.Children();
        var watch = Stopwatch.StartNew();
        using var process = Start(command, output, errors, input);
        process.WaitForExit();
        return new ChildResult(process.ExitCode, watch.Elapsed.TotalSeconds, Resources.Children() - before);
    }

    /// <summary>Starts it, and leaves it running.</summary>
    public static Process Start(IReadOnlyList<string> command, string output, string errors, string input = "/dev/null")
    {
        // exec: the shell only redirects, then it is the program.
        var start = new ProcessStartInfo("/bin/sh", ["-c", "out=$1 err=$2 in=$3; shift 3; exec \"$@\" >\"$out\" 2>\"$err\" <\"$in\"", "sh", output, errors, input, .. command]);
        return Process.Start(start) ?? throw new IOException($"{command[0]} does not start");
    }
}
