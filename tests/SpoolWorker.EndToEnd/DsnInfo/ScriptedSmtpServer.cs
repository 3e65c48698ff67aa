// An SMTP server on a loopback port that answers what it is told to, phase by phase, line by line. Every connection is alike.
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.EndToEnd.DsnInfo;

internal enum SmtpPhase
{
    Connect,
    Ehlo,
    Helo,
    Mail,
    Rcpt,
    Data,
    Dot,
}

internal sealed class ScriptedSmtpServer : IDisposable
{
    public const string Greeting = "220 mx.remote.example ESMTP Scripted 1.0; Mon, 23 Nov 2026 21:00:00 +0000";
    public const string EhloFirst = "250-mx.remote.example Hello mail.example [127.0.0.1], pleased to meet you";

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<SmtpPhase, string[]> answers;
    private readonly CancellationTokenSource stop = new();

    public ScriptedSmtpServer(params (SmtpPhase Phase, string[] Answer)[] script)
    {
        answers = new Dictionary<SmtpPhase, string[]>
        {
            [SmtpPhase.Connect] = [Greeting],
            [SmtpPhase.Ehlo] = [EhloFirst, "250-SIZE 100000000", "250 HELP"],
            [SmtpPhase.Helo] = ["250 mx.remote.example"],
            [SmtpPhase.Mail] = ["250 2.1.0 ok"],
            [SmtpPhase.Rcpt] = ["250 2.1.5 ok"],
            [SmtpPhase.Data] = ["354 go on"],
            [SmtpPhase.Dot] = ["250 2.0.0 taken as 4711"],
        };
        foreach (var (phase, answer) in script)
        {
            answers[phase] = answer;
        }

        listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public void Dispose()
    {
        stop.Cancel();
        listener.Stop();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _ = ServeAsync(await listener.AcceptTcpClientAsync(stop.Token));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // the end of the test
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using var owned = client;
        try
        {
            await using var stream = client.GetStream();
            using var reader = new StreamReader(stream, Encoding.Latin1);
            if (!await Say(stream, SmtpPhase.Connect))
            {
                return;
            }

            while (await reader.ReadLineAsync(stop.Token) is { } command)
            {
                var phase = command.ToUpperInvariant() switch
                {
                    var c when c.StartsWith("EHLO", StringComparison.Ordinal) => SmtpPhase.Ehlo,
                    var c when c.StartsWith("HELO", StringComparison.Ordinal) => SmtpPhase.Helo,
                    var c when c.StartsWith("MAIL", StringComparison.Ordinal) => SmtpPhase.Mail,
                    var c when c.StartsWith("RCPT", StringComparison.Ordinal) => SmtpPhase.Rcpt,
                    "DATA" => SmtpPhase.Data,
                    _ => SmtpPhase.Connect,
                };
                if (phase == SmtpPhase.Connect)
                {
                    await Write(stream, command.StartsWith("QUIT", StringComparison.OrdinalIgnoreCase) ? "221 bye" : "250 ok");
                    continue;
                }

                if (await Say(stream, phase) && phase == SmtpPhase.Data)
                {
                    while (await reader.ReadLineAsync(stop.Token) is { } line && line != ".")
                    {
                        // what is sent does not matter
                    }

                    await Say(stream, SmtpPhase.Dot);
                }
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // the client has heard enough
        }
    }

    private async Task<bool> Say(Stream stream, SmtpPhase phase)
    {
        await Write(stream, answers[phase]);
        return answers[phase][0][0] is '2' or '3';
    }

    private async Task Write(Stream stream, params string[] lines) =>
        await stream.WriteAsync(Encoding.Latin1.GetBytes(string.Concat(lines.Select(l => l + "\r\n"))), stop.Token);
}
