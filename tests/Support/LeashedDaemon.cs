using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;

namespace SpoolWorker.Testing;

/// <summary>A daemon of another package in the foreground, which ends with us, however we end: its shell reads a pipe that we hold.</summary>
internal sealed class LeashedDaemon : IDisposable
{
    private const string Leash = "\"$@\" </dev/null & daemon=$!; read line; kill -TERM $daemon; wait $daemon";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly ConcurrentQueue<string> _said = new();
    private readonly Process _shell;

    public LeashedDaemon(params string[] command)
    {
        _shell = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Leash, "sh", .. command]) { RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        _shell.OutputDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        _shell.ErrorDataReceived += (_, line) => _said.Enqueue(line.Data ?? "");
        _shell.BeginOutputReadLine();
        _shell.BeginErrorReadLine();
    }

    /// <summary>What it wrote.</summary>
    public string Said => string.Join("\n", _said);

    /// <summary>Waits until it answers a question on its socket with something that begins so.</summary>
    public void UntilAnswers(string socket, byte[] question, byte[] answer)
    {
        // The sleep is the pace of the poll.
        for (var until = Environment.TickCount64 + (long)Patience.TotalMilliseconds; !Answers(socket, question, answer); Thread.Sleep(50))
        {
            if (Environment.TickCount64 > until || _shell.HasExited) throw new TimeoutException($"the daemon does not answer{(_shell.HasExited ? ", it has ended" : "")}: {Said}");
        }
    }

    public void Dispose()
    {
        _shell.StandardInput.Close();
        if (!_shell.WaitForExit(TimeSpan.FromSeconds(20))) _shell.Kill(entireProcessTree: true);
        _shell.Dispose();
    }

    private static bool Answers(string path, byte[] question, byte[] answer)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            socket.Send(question);
            var said = new byte[answer.Length];
            return socket.Receive(said) == said.Length && said.AsSpan().SequenceEqual(answer);
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
