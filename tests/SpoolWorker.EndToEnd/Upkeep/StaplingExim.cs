using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace SpoolWorker.EndToEnd.Upkeep;

/// <summary>Debian's Exim as a daemon that offers TLS and staples the proof of a file.</summary>
internal sealed class StaplingExim : IDisposable
{
    private readonly TempDirectory _scene = new(isForAll: true);
    private readonly LeashedDaemon _daemon;
    private readonly OcspAuthority _authority;

    public StaplingExim(OcspAuthority authority, string certificate, string proof)
    {
        _authority = authority;
        foreach (var directory in new[] { _scene.Create("spool"), _scene.Create("log") }) EximUser.Own(directory);
        File.WriteAllText(_scene.At("exim.conf"), $"""
            local_interfaces = 127.0.0.1
            daemon_smtp_ports = {Port}
            primary_hostname = mail.example
            host_lookup =
            rfc1413_query_timeout = 0s
            spool_directory = {_scene}/spool
            log_file_path = {_scene}/log/%slog
            pid_file_path = {_scene}/exim.pid
            keep_environment =
            never_users =
            tls_advertise_hosts = *
            tls_certificate = {certificate}
            tls_ocsp_file = {proof}

            """);
        _daemon = new LeashedDaemon(EximInstance.Program, "-C", _scene.At("exim.conf"), "-bdf", "-q30m");
        for (var until = Environment.TickCount64 + 60_000; !Listens(); Thread.Sleep(50))
        {
            if (Environment.TickCount64 > until) throw new TimeoutException($"Exim does not listen: {_daemon.Said}{Log}");
        }
    }

    public int Port { get; } = EximInstance.FreePort();

    public string Configuration => _scene.At("exim.conf");

    public string Process => File.ReadAllText(_scene.At("exim.pid"));

    public string Log => File.Exists(_scene.At("log/mainlog")) ? File.ReadAllText(_scene.At("log/mainlog")) : "";

    /// <summary>When the proof that a client is shown began; null: it was shown none. The client verifies certificate and proof.</summary>
    /// <param name="name">What the client asks for; empty: nothing.</param>
    public DateTime? Stapled(string name = "")
    {
        string[] asked = name.Length > 0 ? ["-servername", name] : ["-noservername"];
        var said = new ProgramCall("openssl", ["s_client", "-starttls", "smtp", "-connect", $"127.0.0.1:{Port}", "-status", "-verify_return_error", "-CAfile", _authority.Certificate, .. asked]) { Input = "QUIT\r\n" }.Run().Output;
        var line = said.Split('\n').FirstOrDefault(l => l.Contains("This Update:", StringComparison.Ordinal));
        return line is null ? null : DateTime.ParseExact(line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..], "MMM d HH:mm:ss yyyy 'GMT'", CultureInfo.InvariantCulture,
            DateTimeStyles.AllowWhiteSpaces | DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal);
    }

    public void Dispose()
    {
        _daemon.Dispose();
        _scene.Dispose();
    }

    private bool Listens()
    {
        try
        {
            using var probe = new TcpClient();
            probe.Connect(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
