// Stands between a client and an Exim, and hangs up when Exim has answered to the message: the message is taken, and the client does not know.
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.EndToEnd.Doctor;

internal sealed class AnswerlessRelay : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _relaying;

    public AnswerlessRelay(int exim)
    {
        _listener.Start();
        _relaying = RelayAsync(exim);
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>The answer that was not passed on.</summary>
    public string Swallowed { get; private set; } = "";

    public void Dispose()
    {
        _listener.Dispose();
        try
        {
            _relaying.Wait(ProgramCall.Patience);
        }
        catch (AggregateException e) when (e.InnerException is IOException or SocketException or ObjectDisposedException)
        {
            // Nobody came, or somebody hung up.
        }
    }

    private async Task RelayAsync(int exim)
    {
        using var client = await _listener.AcceptTcpClientAsync();
        using var server = new TcpClient();
        await server.ConnectAsync(IPAddress.Loopback, exim);
        using var fromClient = new StreamReader(client.GetStream(), Encoding.Latin1);
        using var fromServer = new StreamReader(server.GetStream(), Encoding.Latin1);
        for (var isMessage = false; await fromServer.ReadLineAsync() is { } answer;)
        {
            if (isMessage)
            {
                Swallowed = answer;
                return;
            }
            await client.GetStream().WriteAsync(Encoding.Latin1.GetBytes(answer + "\r\n"));
            // Lines of an answer that go on.
            if (answer.Length > 3 && answer[3] == '-') continue;
            do
            {
                if (await fromClient.ReadLineAsync() is not { } line) return;
                isMessage = line == ".";
                await server.GetStream().WriteAsync(Encoding.Latin1.GetBytes(line + "\r\n"));
            }
            while (answer.StartsWith("354", StringComparison.Ordinal) && !isMessage);
        }
    }
}
