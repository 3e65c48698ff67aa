// A real Prometheus (Debian's) that scrapes one address every second, in a directory of its own, and is asked by its HTTP API.
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;

namespace SpoolWorker.EndToEnd.Watched;

internal sealed class Prometheus : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly HttpClient _http = new();
    private readonly int _port = FreePort();

    public Prometheus(string directory, int target)
    {
        Directory.CreateDirectory(directory);
        var file = Path.Combine(directory, "prometheus.yml");
        File.WriteAllText(file, $$"""
            global: { scrape_interval: 1s, evaluation_interval: 1s }
            scrape_configs:
              - job_name: spoolworker
                static_configs: [ { targets: ["127.0.0.1:{{target}}"] } ]
            """);
        var start = new ProcessStartInfo("prometheus", [$"--config.file={file}", $"--storage.tsdb.path={directory}/data", $"--web.listen-address=127.0.0.1:{_port}"])
        {
            RedirectStandardError = true,
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_log) _log.AppendLine(line.Data);
        };
        _process.BeginErrorReadLine();
    }

    public string Log
    {
        get
        {
            lock (_log) return _log.ToString();
        }
    }

    /// <summary>A port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }

    /// <summary>How many series a query gives now; -1 while it cannot be asked.</summary>
    /// <exception cref="InvalidOperationException">It does not understand the query.</exception>
    public int Count(string query)
    {
        try
        {
            using var response = _http.GetAsync(new Uri($"http://127.0.0.1:{_port}/api/v1/query?query={Uri.EscapeDataString(query)}")).GetAwaiter().GetResult();
            var text = response.Content.ReadAsStringAsync().GetAwaiter().GetResult();
            if (response.StatusCode == HttpStatusCode.BadRequest) throw new InvalidOperationException($"{query}: {text}");
            if (response.StatusCode != HttpStatusCode.OK) return -1;
            using var answer = JsonDocument.Parse(text);
            return answer.RootElement.GetProperty("data").GetProperty("result").GetArrayLength();
        }
        catch (HttpRequestException)
        {
            return -1;
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited) _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
    }
}
