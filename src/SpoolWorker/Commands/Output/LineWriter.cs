using System.Buffers;
using System.Text;

namespace SpoolWorker.Commands.Output;

/// <summary>Writes text that comes from many threads, in UTF-8 and in the order in which it came; what comes within a moment by one call. A kill loses that moment, as it loses what waits for
/// .NET's own thread.</summary>
internal sealed class LineWriter : IDisposable
{
    // Nobody who reads along sees it, and at 3,000 messages a second it is fifteen lines.
    private static readonly TimeSpan Moment = TimeSpan.FromMilliseconds(5);

    // Where nobody reads (a journal that starts anew), those who write wait then: neither memory without end nor a line that is lost.
    private const int Most = 1 << 20;

    private readonly Stream _to;
    private readonly Thread _thread;
    private readonly object _lock = new();
    private readonly Encoder _encoder = Encoding.UTF8.GetEncoder();
    private ArrayBufferWriter<byte> _gathered = new(), _other = new();
    private bool _ends, _hasEnded;

    /// <param name="to">Not closed.</param>
    public LineWriter(Stream to)
    {
        _to = to;
        _thread = new Thread(Run) { IsBackground = true, Name = "log" };
        _thread.Start();
    }

    /// <summary>Adds text; waits where too much waits already. Behind the end it writes at once.</summary>
    public void Write(StringBuilder text)
    {
        lock (_lock)
        {
            while (_gathered.WrittenCount >= Most && !_ends) Monitor.Wait(_lock);
            var isFirst = _gathered.WrittenCount == 0;
            // A character may lie in two pieces.
            foreach (var piece in text.GetChunks()) _encoder.Convert(piece.Span, _gathered, flush: false, out _, out _);
            _encoder.Convert([], _gathered, flush: true, out _, out _);
            if (_hasEnded) Flush(_gathered);
            else if (isFirst || _gathered.WrittenCount >= Most) Monitor.PulseAll(_lock);
        }
    }

    /// <summary>Returns when all is written.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _ends = true;
            Monitor.PulseAll(_lock);
        }
        _thread.Join();
    }

    private void Run()
    {
        while (true)
        {
            lock (_lock)
            {
                while (_gathered.WrittenCount == 0)
                {
                    if (_ends)
                    {
                        _hasEnded = true;
                        return;
                    }
                    Monitor.Wait(_lock);
                }
                if (!_ends && _gathered.WrittenCount < Most) Monitor.Wait(_lock, Moment);
                (_gathered, _other) = (_other, _gathered);
                Monitor.PulseAll(_lock);
            }
            Flush(_other);
        }
    }

    private void Flush(ArrayBufferWriter<byte> bytes)
    {
        try
        {
            _to.Write(bytes.WrittenSpan);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Whoever read it is gone: mail goes on.
        }
        bytes.ResetWrittenCount();
    }
}
