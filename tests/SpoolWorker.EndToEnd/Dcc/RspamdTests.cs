// The stand-in daemon held against a client that others wrote: rspamd's dcc module, in a real rspamd with nothing else in it.
// rspamd will not run its workers as root, so that a root's test lets it become its own user.
using System.Diagnostics;
using System.Net.Http.Headers;
using System.Text.Json;
using SpoolWorker.StandIns;

namespace SpoolWorker.EndToEnd.Dcc;

public sealed class RspamdTests : IAsyncLifetime
{
    private const string Program = "/usr/bin/rspamd", Plugin = "/usr/share/rspamd/plugins/dcc.lua", User = "_rspamd";
    private const string Leash = "\"$@\" </dev/null & daemon=$!; read line; kill -TERM $daemon; wait $daemon";
    private const string Message = "From: a@sender.example\r\nTo: b@r.example\r\nSubject: offer\r\nMessage-ID: <1@sender.example>\r\nDate: Mon, 23 Nov 2026 12:00:00 +0000\r\n\r\nBuy now.\r\n";

    private static readonly HttpClient Http = new();

    private TempDirectory Scene { get; } = new(isForAll: true);
    private readonly int _port = EximInstance.FreePort();
    private DccStandIn? _daemon;
    private Process? _rspamd;
    private Task<string>? _log;

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync()
    {
        if (_rspamd is not null)
        {
            _rspamd.StandardInput.Close();
            if (!_rspamd.WaitForExit(TimeSpan.FromSeconds(10))) _rspamd.Kill(entireProcessTree: true);
            _rspamd.Dispose();
        }
        if (_daemon is not null) await _daemon.DisposeAsync();
        Scene.Dispose();
    }

    private sealed class RspamdTheoryAttribute : TheoryAttribute
    {
        public RspamdTheoryAttribute() => Skip = File.Exists(Program) && File.Exists(Plugin) ? null! : "rspamd is not installed (Debian: rspamd)";
    }

    [RspamdTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Its_module_understands_the_stand_in(bool onSocket)
    {
        _daemon = onSocket ? DccStandIn.OnSocket(Scene.At("dccifd")) : DccStandIn.OnPort();
        await StartAsync(onSocket ? Scene.At("dccifd") : $"127.0.0.1:{_daemon.Port}");

        _daemon.Says(new DccScript { Overall = "R", Header = DccScript.BulkHeader });
        (await SymbolsAsync()).Should().Equal("DCC_REJECT");
        _daemon.Says(new DccScript { Header = DccScript.BulkHeader });
        (await SymbolsAsync()).Should().Equal("DCC_BULK");
        _daemon.Says(new DccScript());
        (await SymbolsAsync()).Should().BeEmpty();
        _daemon.Says(new DccScript { Overall = "G" });
        (await SymbolsAsync()).Should().BeEmpty();
        _daemon.Says(new DccScript { Overall = "T" });
        (await SymbolsAsync()).Should().Equal("DCC_FAIL");

        var asked = _daemon.Asked[0];
        asked.Options.Should().Equal("header");
        (asked.Client, asked.Helo, asked.Sender).Should().Be(("192.0.2.7", "helo.example", "a@sender.example"));
        asked.Recipients.Should().Equal("b@r.example", "c@r.example");
        asked.Message.Should().Be(Message);
    }

    private async Task StartAsync(string dccifd)
    {
        var root = Run.Program("/usr/bin/id", "-u").Output.Trim() == "0";
        var work = Scene.Create("rspamd");
        if (root)
        {
            Run.Program("/bin/chown", User, work).ExitCode.Should().Be(0);
            if (dccifd.StartsWith('/')) Run.Program("/bin/chown", User, dccifd).ExitCode.Should().Be(0);
        }
        File.WriteAllText(Scene.At("tld"), "com\nexample\n");
        File.WriteAllText(Scene.At("rules.lua"), "");
        File.WriteAllText(Scene.At("rspamd.conf"), $$"""
            options {
              tempdir = "{{work}}"; temp_dir = "{{work}}"; hs_cache_dir = "{{work}}"; url_tld = "{{Scene.At("tld")}}"; disable_hyperscan = true;
              filters = ""; dns { nameserver = ["127.0.0.1"]; timeout = 0.1s; retransmits = 1; }
            }
            logging { type = "console"; level = "notice"; }
            worker "normal" { bind_socket = "127.0.0.1:{{_port}}"; count = 1; }
            modules { path = "{{Plugin}}"; }
            dcc { enabled = true; servers = "{{dccifd}}"; timeout = 20s; }
            lua = "{{Scene.At("rules.lua")}}";

            """);
        string[] command = [Program, "-f", .. root ? new[] { "-u", User, "-g", User } : [], "-c", Scene.At("rspamd.conf")];
        _rspamd = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", Leash, "sh", .. command]) { RedirectStandardInput = true, RedirectStandardError = true })!;
        _log = _rspamd.StandardError.ReadToEndAsync();
        await Run.Until(Answers, () => $"rspamd does not answer on {_port}: {(_log.IsCompleted ? _log.Result : "still running")}");
    }

    private bool Answers()
    {
        try
        {
            return Http.GetAsync(new Uri($"http://127.0.0.1:{_port}/ping")).GetAwaiter().GetResult().IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>Symbols of the dcc module; each message differs, as rspamd remembers those it has seen.</summary>
    private async Task<string[]> SymbolsAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://127.0.0.1:{_port}/checkv2") { Content = new ByteArrayContent(System.Text.Encoding.ASCII.GetBytes(Message)) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        foreach (var (name, value) in new[] { ("From", "a@sender.example"), ("Rcpt", "b@r.example"), ("Rcpt", "c@r.example"), ("IP", "192.0.2.7"), ("Helo", "helo.example") })
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request);
        using var json = JsonDocument.Parse(await response.Content.ReadAsStringAsync());
        return [.. json.RootElement.GetProperty("symbols").EnumerateObject().Select(s => s.Name).Where(n => n.StartsWith("DCC_", StringComparison.Ordinal))];
    }
}
