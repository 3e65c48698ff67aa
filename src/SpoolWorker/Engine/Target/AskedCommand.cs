// Runs a command for its answer, within a time: standard output as far as it is of interest, and both outputs read to their
// end, or a command that fills the other one would wait for ever. Nothing throws; no answer is an answer.
using System.Diagnostics;

namespace SpoolWorker.Engine.Target;

/// <summary>Questions to commands.</summary>
internal static class AskedCommand
{
    // exim -bP of all settings has some 30 kB.
    private const int MostAnswer = 256 * 1024;

    /// <summary>What it says on standard output, and its exit code; null when it cannot be started or takes longer than the limit (then it is ended).</summary>
    public static (string Output, int ExitCode)? Ask(string command, IEnumerable<string> arguments, TimeSpan limit)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true })!;
            process.StandardInput.Close();
            var answer = ReadAsync(process.StandardOutput, MostAnswer);
            var errors = ReadAsync(process.StandardError, 0);
            if (Task.WhenAll(answer, errors, process.WaitForExitAsync()).Wait(limit)) return (answer.Result, process.ExitCode);
            // Its children hold the same pipes.
            process.Kill(entireProcessTree: true);
            return null;
        }
        catch (Exception e) when (e is System.ComponentModel.Win32Exception or IOException or InvalidOperationException or AggregateException)
        {
            return null;
        }
    }

    private static async Task<string> ReadAsync(StreamReader from, int most)
    {
        var kept = new System.Text.StringBuilder();
        var piece = new char[4096];
        for (int n; (n = await from.ReadAsync(piece).ConfigureAwait(false)) > 0;) kept.Append(piece, 0, Math.Min(n, most - kept.Length));
        return kept.ToString();
    }
}
