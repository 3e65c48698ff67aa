using System.Net;
using System.Text.Json;
using SpoolWorker.Http;

namespace SpoolWorker.Tests.Control;

/// <summary>The server by itself: who may call, and what a rude client is told.</summary>
public sealed class ServerTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _folder = new();
    private CallLevel _level = CallLevel.Operate;
    private uint? _console;
    private CallRequest? _last;
    private CallServer? _server;
    private int _port;

    private string Socket => Path.Combine(_folder, "control.sock");

    public async Task InitializeAsync()
    {
        SharedFramework.Prepare().Should().BeNull();
        ListeningSocket.TryBindUnix(Socket, 0b110_000_000, out var unix, out var fault).Should().Be(SocketFault.None, fault);
        ListeningSocket.TryBindTcp(new IPEndPoint(IPAddress.Loopback, 0), out var tcp, out _).Should().Be(SocketFault.None);
        _port = ((IPEndPoint)tcp!.LocalEndPoint!).Port;
        ValueTask<CallAnswer> Answer(CallRequest request, CancellationToken token)
        {
            _last = request;
            return ValueTask.FromResult(new CallAnswer(200, "{\"ok\":true}"u8.ToArray()));
        }

        ServedCall[] calls =
        [
            new("GET", "/look", CallLevel.Read, "Looks", Answer) { IsOnTcp = true },
            new("POST", "/act", CallLevel.Operate, "Acts", Answer) { TakesBody = true },
            new("GET", "/bug", CallLevel.Read, "Fails", (_, _) => throw new InvalidOperationException("a bug")),
        ];
        _server = await CallServer.StartAsync(new ServerPlan(calls, "9.8.7", _ => _level, uid => uid == _console) { Unix = unix, Tcp = tcp, BodyTime = TimeSpan.FromSeconds(1) }, CancellationToken.None);
    }

    public async Task DisposeAsync() => await _server!.DisposeAsync();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_peer_is_known_by_the_kernel_with_its_groups()
    {
        Ask("GET", "/look?a=1&a=2").Status.Should().Be(200);
        (_last!.Peer!.ProcessId, _last.Peer.Uid).Should().Be((Environment.ProcessId, SpoolWorker.Spool.Posix.EffectiveUser));
        _last.Peer.Groups.Should().NotBeEmpty();
        _last.Query["a"].Should().Be("2");
        File.GetUnixFileMode(Socket).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData("None", "GET", "/look", 403, "neither in Control:Readers nor in Control:Operators")]
    [InlineData("Read", "GET", "/look", 200, "ok")]
    [InlineData("Read", "POST", "/act", 403, "needs an operator, and user")]
    [InlineData("Operate", "POST", "/act", 200, "ok")]
    public void A_level_that_is_too_low_is_told_in_a_sentence(string level, string method, string path, int status, string says)
    {
        _level = Enum.Parse<CallLevel>(level);
        var answer = Ask(method, path, method == "POST" ? "{}" : null);
        answer.Status.Should().Be(status);
        answer.Body.Should().Contain(says);
    }

    [Fact]
    public void Only_the_console_acts_on_behalf_of_others()
    {
        const string Behalf = "Spoolworker-On-Behalf-Of: alice\r\n";
        Ask("POST", "/act", "{}", Behalf).Should().Match<(int Status, string Body)>(a => a.Status == 403 && a.Body.Contains("not Control:Console", StringComparison.Ordinal));
        _console = SpoolWorker.Spool.Posix.EffectiveUser;
        Ask("POST", "/act", "{}", Behalf).Status.Should().Be(200);
        _last!.Behalf.Should().Be("alice");
        Ask("POST", "/act", "{}", $"Spoolworker-On-Behalf-Of: {new string('a', 300)}\r\n").Status.Should().Be(403);
    }

    [Theory]
    [InlineData("POST", "/act", "no json", 400, "no JSON object")]
    [InlineData("POST", "/act", "[1]", 400, "it is array")]
    [InlineData("POST", "/act", "", 400, "no JSON object")]
    [InlineData("GET", "/look", "{}", 400, "takes no body")]
    [InlineData("GET", "/act", null, 405, "is called by POST, not by GET")]
    [InlineData("GET", "/nothing", null, 404, "this worker (9.8.7) knows no call /nothing")]
    [InlineData("GET", "/bug", null, 500, "/bug failed: a bug")]
    public void What_is_wrong_with_a_call_is_told_in_a_sentence(string method, string path, string? body, int status, string says)
    {
        var answer = Ask(method, path, body);
        answer.Status.Should().Be(status);
        ErrorOf(answer.Body).Should().Contain(says);
    }

    [Fact]
    public void A_huge_body_is_refused()
    {
        var answer = Ask("POST", "/act", $"{{\"a\":\"{new string('x', CallServer.MostBody)}\"}}");
        answer.Status.Should().Be(413);
        ErrorOf(answer.Body).Should().Contain("larger than 65536 bytes");
    }

    [Fact]
    public void A_slow_body_is_not_waited_for()
    {
        using var http = RawHttp.Unix(Socket);
        var answer = http.Send("POST /act HTTP/1.1\r\nHost: worker\r\nConnection: close\r\nContent-Length: 100\r\n\r\n{").Read();
        answer.Status.Should().Be(408);
        ErrorOf(answer.Body).Should().Contain("did not come within 1 s");
        Ask("GET", "/look").Status.Should().Be(200, "others are served");
    }

    [Fact]
    public void Strangers_take_no_places_of_those_who_may_ask()
    {
        _level = CallLevel.None;
        // More than there are places in all: each sits there and says nothing.
        var idle = Enumerable.Range(0, 80).Select(_ => RawHttp.Unix(Socket)).ToList();
        idle[^1].IsClosed().Should().BeTrue("there are a few places for strangers");
        _level = CallLevel.Read;
        Ask("GET", "/look").Status.Should().Be(200);
        idle.ForEach(i => i.Dispose());
    }

    [Fact]
    public void What_is_no_http_is_refused()
    {
        using var http = RawHttp.Unix(Socket);
        http.Send("EHLO there\r\n\r\n").Read().Status.Should().Be(400);
    }

    [Fact]
    public void On_tcp_there_is_only_what_is_for_everybody()
    {
        using (var http = RawHttp.Tcp(_port)) http.Ask("GET", "/look").Status.Should().Be(200);
        _last!.Peer.Should().BeNull();
        using var other = RawHttp.Tcp(_port);
        other.Ask("POST", "/act", "{}").Should().Match<(int Status, string Body)>(a => a.Status == 404 && a.Body.Contains("on TCP", StringComparison.Ordinal));
    }

    private (int Status, string Body) Ask(string method, string path, string? body = null, string headers = "")
    {
        using var http = RawHttp.Unix(Socket);
        return http.Ask(method, path, body, headers);
    }

    private static string ErrorOf(string body) => JsonDocument.Parse(body).RootElement.GetProperty("error").GetString()!;
}
