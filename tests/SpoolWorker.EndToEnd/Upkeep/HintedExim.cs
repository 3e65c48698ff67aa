namespace SpoolWorker.EndToEnd.Upkeep;

/// <summary>Debian's Exim without a daemon, which notes down hints: to `closed.example` nobody listens, `open.example` is another Exim that offers TLS and resumes sessions.</summary>
internal sealed class HintedExim
{
    private readonly string _config;

    public HintedExim(TempDirectory scene, string name, int open)
    {
        Spool = scene.CreateForExim($"{name}-spool");
        _config = scene.At($"{name}.conf");
        var logs = scene.CreateForExim($"{name}-log");
        File.WriteAllText(_config, $$"""
            spool_directory = {{Spool}}
            log_file_path = {{logs}}/%slog
            primary_hostname = mail.example
            keep_environment =
            never_users =
            host_lookup =
            tls_advertise_hosts =
            deliver_drop_privilege = true
            acl_not_smtp = note
            acl_smtp_rcpt = rcpt
            begin acl
            note:
              warn ratelimit = 0 / 1h / strict / $sender_address
              warn seen = -1s / key=$sender_address
              accept
            rcpt:
              accept verify = recipient/callout=30s
            begin routers
            closed:
              driver = manualroute
              domains = closed.example
              route_list = * 127.0.0.1::1
              self = send
              transport = to_closed
            open:
              driver = manualroute
              route_list = * 127.0.0.1::{{open}}
              self = send
              transport = to_open
            begin transports
            to_closed:
              driver = smtp
              allow_localhost
            to_open:
              driver = smtp
              allow_localhost
              tls_verify_hosts =
              tls_try_verify_hosts =
              tls_resumption_hosts = *
              hosts_pipe_connect = *
            begin retry
            * * F,1h,1m

            """);
    }

    public string Spool { get; }

    public string Db => Path.Combine(Spool, "db");

    public string At(string name) => Path.Combine(Db, name);

    /// <summary>Takes a message and tries at once to deliver it.</summary>
    public void Send(string sender, string recipient) => Call(["-odf", "-f", sender, recipient], "Subject: hints\n\nText\n");

    /// <summary>Asks whether an address is taken elsewhere.</summary>
    public void Verify(string recipient) => Call(["-bs"], $"EHLO client.example\r\nMAIL FROM:<a@from.example>\r\nRCPT TO:<{recipient}>\r\nQUIT\r\n");

    /// <summary>Removes all messages, as an administrator does.</summary>
    public void Forget()
    {
        var ids = Call(["-bp"], "").Split('\n').Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length > 2 && w[2].Length == 16).Select(w => w[2]).ToArray();
        Call(["-Mrm", .. ids], "");
    }

    /// <summary>What Exim's own tool says.</summary>
    public string Dump(string name) => Run.Program("exim_dumpdb", Spool, name).Output;

    private string Call(string[] arguments, string input) => new ProgramCall(EximInstance.Program, ["-C", _config, .. arguments]) { Input = input }.Run().Good;
}
