// Waiting for things that other processes do. Everything has a deadline: a broken scene fails with what was
// seen last, it never hangs. No fixed sleeps; the poll is short and the deadline generous.
using System.Diagnostics;

namespace SpoolWorker.EndToEnd;

internal static class Run
{
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static ProgramResult Program(string program, params string[] arguments) => new ProgramCall(program, arguments).Run();

    public static ProgramResult Program(TimeSpan deadline, string program, params string[] arguments) => new ProgramCall(program, arguments) { Deadline = deadline }.Run();

    /// <summary>Waits until the condition holds. The message is asked for only when the time is up, so it can show the end state.</summary>
    public static async Task Until(Func<bool> condition, Func<string> otherwise, TimeSpan? deadline = null, int pollMilliseconds = 20)
    {
        var clock = Stopwatch.StartNew();
        while (!condition())
        {
            if (clock.Elapsed > (deadline ?? Patience))
            {
                throw new TimeoutException($"after {clock.Elapsed.TotalSeconds:F1} s: {otherwise()}");
            }

            // The pace of the poll; the deadline is above.
            await Task.Delay(pollMilliseconds);
        }
    }
}
