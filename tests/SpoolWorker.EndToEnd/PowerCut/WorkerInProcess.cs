// The program, run in the process of the test: a hundred times as often as processes could be started. It is the same entry, so
// nothing is left out but the runtime's start.
using SpoolWorker.Commands;

namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>Runs commands of the worker.</summary>
internal static class WorkerInProcess
{
    /// <summary>Runs one to its end.</summary>
    /// <returns>The exit code, and all that it wrote.</returns>
    public static (int ExitCode, string Output) Run(params string[] arguments)
    {
        var (output, error) = (Console.Out, Console.Error);
        using var written = new StringWriter();
        try
        {
            Console.SetOut(written);
            Console.SetError(written);
            var code = (int)typeof(RunCommand).Assembly.EntryPoint!.Invoke(null, [arguments])!;
            return (code, written.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
