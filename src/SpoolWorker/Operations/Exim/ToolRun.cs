// Runs a program of the system for what it does, within a time: both outputs kept, and a failure told in its own words. Nothing throws.
using System.ComponentModel;
using System.Diagnostics;

namespace SpoolWorker.Operations.Exim;

/// <summary>A program that ended.</summary>
/// <param name="Line">How it was called.</param>
/// <param name="ExitCode">What it ended with; null when it could not be started, or took too long and was ended.</param>
/// <param name="Output">Its standard output.</param>
/// <param name="Error">Its standard error, or why there is none.</param>
internal sealed record ToolRun(string Line, int? ExitCode, string Output, string Error)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    // In the words of the C library (strerror), untranslated: see Of.
    private static readonly string[] DiskFull = ["No space left on device", "Disk quota exceeded"];

    public bool IsGood => ExitCode == 0;

    /// <summary>It found no room.</summary>
    public bool IsDiskFull => !IsGood && DiskFull.Any(words => Error.Contains(words, StringComparison.Ordinal) || Output.Contains(words, StringComparison.Ordinal));

    /// <summary>What went wrong, on one line.</summary>
    public string Fault => $"{Line}: {(ExitCode is { } code ? $"exit code {code}" : "no answer")}: {string.Join(" ", (Error.Length > 0 ? Error : Output).Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))}";

    /// <summary>Runs it to its end.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="input">Its standard input.</param>
    public static ToolRun Of(string program, IReadOnlyList<string> arguments, string input = "")
    {
        var line = string.Join(' ', arguments.Prepend(program));
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, Environment = { ["LC_ALL"] = "C" } })!;
            var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
            Feed(process, input);
            if (Task.WhenAll(output, error, process.WaitForExitAsync()).Wait(Patience)) return new ToolRun(line, process.ExitCode, output.Result, error.Result);
            process.Kill(entireProcessTree: true);
            return new ToolRun(line, null, "", $"it ran longer than {Patience.TotalSeconds:0} s");
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException or AggregateException)
        {
            return new ToolRun(line, null, "", e.Message);
        }
    }

    private static void Feed(Process process, string input)
    {
        try
        {
            process.StandardInput.Write(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all: its exit code tells why.
        }
    }
}
