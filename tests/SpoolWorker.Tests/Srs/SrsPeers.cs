// The real programs that make and read SRS addresses, each asked thousands of things by one process. Text is Latin-1: a
// character is a byte. A program that is not installed skips its tests with a plain message.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace SpoolWorker.Tests.Srs;

[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsFactAttribute : FactAttribute
{
    /// <param name="path">A file of the program.</param>
    /// <param name="package">Debian package it is in.</param>
    public NeedsFactAttribute(string path, string package) => Skip = File.Exists(path) ? null : $"{path} is not installed (Debian: {package})";
}

internal static class SrsPeers
{
    public const string Exim = "/usr/sbin/exim4", MailSrs = "/usr/share/perl5/Mail/SRS.pm", Postsrsd = "/usr/sbin/postsrsd";

    /// <summary>Answers of <c>exim -be</c>, an expansion a line.</summary>
    public static string[] AskExim(IEnumerable<string> expansions)
    {
        var asked = expansions.ToList();
        var answers = Ask(Exim, ["-be"], asked).Select(line => line.StartsWith("> ", StringComparison.Ordinal) ? line[2..] : line).ToArray();
        answers.Length.Should().BeGreaterThanOrEqualTo(asked.Count, "Exim answers each; the last is {0}", answers[^1]);
        return answers[..asked.Count];
    }

    /// <summary>Text inside an expansion.</summary>
    public static string Literal(string text) => string.Concat(text.Select(c => c is '\\' or '$' or '{' or '}' ? $"\\{c}" : c.ToString()));

    /// <summary>Answers of Mail::SRS to questions of tab-separated fields; those that begin with a tab are its errors.</summary>
    public static string[] AskMailSrs(IEnumerable<string> questions) => Ask("perl", ["-e", MailSrsScript], questions);

    private static string[] Ask(string program, string[] arguments, IEnumerable<string> lines) =>
        new ProgramCall(program, arguments) { Input = string.Concat(lines.Select(line => line + "\n")), Encoding = Encoding.Latin1 }.Run().Output.Split('\n');

    // Fields: forward or reverse, time, secrets (comma), separator, hash length, hash min, max age, alias, address.
    private const string MailSrsScript = """
        our $now; BEGIN { *CORE::GLOBAL::time = sub () { defined $now ? $now : CORE::time() } }
        use Mail::SRS; $| = 1; local $SIG{__WARN__} = sub {};
        while (<STDIN>) {
          chomp; my ($op, $at, $secrets, $sep, $len, $min, $age, $alias, $address) = split /\t/, $_, 9;
          $now = $at;
          my $srs = $made{"$secrets $sep $len $min $age"} ||= Mail::SRS->new(Secret => [split /,/, $secrets], Separator => $sep, HashLength => $len, HashMin => $min, MaxAge => $age);
          my $answer = eval { $op eq 'forward' ? $srs->forward($address, $alias) : $srs->reverse($address) };
          print defined $answer ? $answer : "\t" . ($@ =~ s/\n.*//sr), "\n";
        }
        """;
}

/// <summary>postsrsd on loopback ports of its own, asked over its TCP tables (Postfix tcp_table(5)).</summary>
internal sealed class PostsrsdPeer : IDisposable
{
    private readonly Process _process;
    private readonly TempDirectory _folder = new();
    private readonly int _forward = FreePort(), _reverse = FreePort();

    public PostsrsdPeer(string domain, string secrets, char separator = '=', int hashLength = 4)
    {
        var file = Path.Combine(_folder, "secret");
        File.WriteAllText(file, secrets);
        _process = Process.Start(new ProcessStartInfo(SrsPeers.Postsrsd,
            ["-4", $"-s{file}", $"-d{domain}", $"-a{separator}", $"-n{hashLength}", $"-N{hashLength}", $"-f{_forward}", $"-r{_reverse}"])
        { RedirectStandardError = true })!;
        // The sleep is the pace of the poll.
        for (var until = Environment.TickCount64 + 10_000; !Listens(_reverse); Thread.Sleep(10))
        {
            // It says nothing when it is ready.
            if (_process.HasExited || Environment.TickCount64 > until) Assert.Fail($"postsrsd does not listen: {_process.StandardError.ReadToEnd()}");
        }
    }

    public string[] Forward(IEnumerable<string> addresses) => Ask(_forward, addresses);

    public string[] Reverse(IEnumerable<string> addresses) => Ask(_reverse, addresses);

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _folder.Dispose();
    }

    private static string[] Ask(int port, IEnumerable<string> addresses)
    {
        using var client = new TcpClient { ReceiveTimeout = 20_000 };
        client.Connect(IPAddress.Loopback, port);
        using var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var answers = new List<string>();
        foreach (var address in addresses)
        {
            stream.Write(Encoding.Latin1.GetBytes($"get {string.Concat(address.Select(c => c is > ' ' and < '\x7f' and not '%' ? c.ToString() : $"%{(int)c:X2}"))}\n"));
            answers.Add(reader.ReadLine() is { } line && line.StartsWith("200 ", StringComparison.Ordinal) ? Decode(line[4..]) : "!");
        }
        return [.. answers];
    }

    private static string Decode(string text)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '%') plain.Append((char)Convert.ToByte(text.Substring(i + 1, 2), 16));
            else plain.Append(text[i]);
            if (text[i] == '%') i += 2;
        }
        return plain.ToString();
    }

    private static bool Listens(int port)
    {
        try
        {
            using var probe = new TcpClient();
            probe.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
