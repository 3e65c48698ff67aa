// Progress of long work, on standard error so that the data on standard output stays clean: a bar that is redrawn on a
// terminal, a plain line now and then elsewhere. Silent for work that is over at once. Cannot fail.
using System.Globalization;

namespace SpoolWorker.Commands.Output;

/// <summary>Shows how far work is; of what size is unknown (0), how much was done.</summary>
internal sealed class Progress(string what, long total, TimeProvider clock) : IDisposable
{
    private const int BarWidth = 30;
    private static readonly TimeSpan Silent = TimeSpan.FromMilliseconds(400), Redraw = TimeSpan.FromMilliseconds(100), PlainLine = TimeSpan.FromSeconds(10);
    private readonly long _start = clock.GetTimestamp();
    private long _last = clock.GetTimestamp();
    private bool _drawn;

    /// <summary>Tells how much is done, of how much there is.</summary>
    public void Report(long done, long of)
    {
        total = of;
        Report(done);
    }

    /// <summary>Tells how much is done; cheap enough to be called for each item.</summary>
    public void Report(long done)
    {
        if (clock.GetElapsedTime(_start) < Silent) return;
        var terminal = Terminal.ErrorIsTerminal;
        if (clock.GetElapsedTime(_last) < (terminal ? Redraw : PlainLine)) return;
        _last = clock.GetTimestamp();
        if (!terminal)
        {
            Console.Error.WriteLine(total > 0 ? string.Create(CultureInfo.InvariantCulture, $"spoolworker: {what}: {done} of {total}") : string.Create(CultureInfo.InvariantCulture, $"spoolworker: {what}: {done}"));
            return;
        }
        _drawn = true;
        if (total <= 0)
        {
            Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{what} {done} "));
            return;
        }
        var filled = (int)(BarWidth * Math.Min(done, total) / total);
        Console.Error.Write(string.Create(CultureInfo.InvariantCulture, $"\r{what} [{new string('#', filled)}{new string('.', BarWidth - filled)}] {done}/{total} "));
    }

    /// <summary>Wipes the bar.</summary>
    public void Dispose()
    {
        if (_drawn) Console.Error.Write("\r\u001b[K");
    }
}

/// <summary>Shows work of several phases, one after the other.</summary>
internal sealed class PhasedProgress(TimeProvider clock) : IDisposable
{
    private Progress? _phase;
    private string _what = "";

    /// <summary>Tells what is being done, how much of it is, and of how much.</summary>
    public void Report(string what, long done, long of)
    {
        if (what != _what)
        {
            _phase?.Dispose();
            (_phase, _what) = (new Progress(what, of, clock), what);
        }
        _phase!.Report(done);
    }

    /// <summary>Wipes the bar.</summary>
    public void Dispose() => _phase?.Dispose();
}
