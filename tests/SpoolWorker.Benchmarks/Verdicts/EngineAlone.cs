// What an engine does by itself: threads that connect, send a question that lies ready in memory, read to the end of the answer, and begin again. Nothing of ours is in it.
using System.Diagnostics;
using System.Net.Sockets;

namespace SpoolWorker.Benchmarks.Verdicts;

/// <summary>Raw sockets.</summary>
internal static class EngineAlone
{
    private const int AnswerBytes = 64 * 1024;

    /// <summary>Answers a second with so many connections at a time.</summary>
    /// <param name="address">The engine's socket.</param>
    /// <param name="questions">Asked in turn.</param>
    /// <param name="connections">How many at a time.</param>
    /// <param name="time">How long questions are begun.</param>
    public static double Rate(string address, IReadOnlyList<byte[]> questions, int connections, TimeSpan time)
    {
        var asked = -1;
        var answered = 0;
        Exception? failed = null;
        var watch = Stopwatch.StartNew();
        var threads = Enumerable.Range(0, connections).Select(_ => new Thread(() =>
        {
            try
            {
                while (watch.Elapsed < time)
                {
                    Ask(address, questions[(Interlocked.Increment(ref asked) & int.MaxValue) % questions.Count]);
                    Interlocked.Increment(ref answered);
                }
            }
            catch (Exception e) when (e is SocketException or InvalidDataException)
            {
                failed = e;
            }
        })).ToList();
        threads.ForEach(t => t.Start());
        threads.ForEach(t => t.Join());
        return failed is null ? answered / watch.Elapsed.TotalSeconds : throw new InvalidDataException($"{address}: {failed.Message}", failed);
    }

    private static void Ask(string address, byte[] question)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Connect(new UnixDomainSocketEndPoint(address));
        for (var left = question.AsSpan(); !left.IsEmpty;) left = left[socket.Send(left)..];
        var answer = new byte[AnswerBytes];
        var length = 0;
        for (int n; length < answer.Length && (n = socket.Receive(answer.AsSpan(length))) > 0;) length += n;
        if (length == 0) throw new InvalidDataException("no answer");
    }
}
