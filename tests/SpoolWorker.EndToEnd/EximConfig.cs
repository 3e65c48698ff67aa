// The configuration of one test Exim. What wires Exim to the worker is what 'spoolworker exim-config' prints, word for word;
// the rest only makes Exim testable. The one stand-in is queuefile's transport, which Debian's Exim is built without.
// Every message is delivered into one Maildir; Envelope-to: and Return-path: tell for whom and from whom. (A directory for each
// recipient is not possible: Exim refuses file names made of what a stranger sent, "tainted".)
namespace SpoolWorker.EndToEnd;

internal enum EximRole
{
    /// <summary>Delivers at once what it receives, and what is put into its spool.</summary>
    Deliver,

    /// <summary>Puts what it receives into the named queue 'scan' and delivers what appears in its main queue.</summary>
    NamedQueue,

    /// <summary>Only receives: the second Exim in front of the worker.</summary>
    QueueOnly,

    /// <summary>Receives for queuefile; nothing is handed over yet.</summary>
    QueuefileIdle,

    /// <summary>Receives; a queue run hands over to the intake as the queuefile transport does.</summary>
    Queuefile,
}

internal sealed record EximConfig(EximRole Role, string Root, int Port)
{
    public bool SplitSpool { get; init; }

    public bool WireFormat { get; init; }

    /// <summary>For <see cref="EximRole.Queuefile"/>: where the pairs go, and whether by hard link or by copy.</summary>
    public string Intake { get; init; } = "/nonexistent";

    public bool CopyIntoIntake { get; init; }

    /// <summary>One hand-over whatever the number of recipients: all are redirected to one address that only the hand-over knows.</summary>
    public bool HandOverOnce { get; init; }

    /// <summary>The alias of the pass srs; what `exim-config srs` prints is added.</summary>
    public string SrsAlias { get; init; } = "";

    /// <summary>Routers in front of the one that takes everything.</summary>
    public string MoreRouters { get; init; } = "";

    /// <summary>Transports for those routers.</summary>
    public string MoreTransports { get; init; } = "";

    /// <summary>What `exim-config dsn-info` prints is added, and these domains are delivered by SMTP: entries of a route_list.</summary>
    public string Remote { get; init; } = "";

    /// <summary>Port of the Exim that receives for the worker, where it is another: bounces go there.</summary>
    public int? FrontPort { get; init; }

    public string Retry { get; init; } = "* * F,1h,1m";

    public string LogSelector { get; init; } = "+pid +queue_run +deliver_time";

    /// <summary>A file with certificate and key: offers TLS, and resumes sessions. Empty: no TLS.</summary>
    public string Certificate { get; init; } = "";

    /// <summary>More lines of the main section.</summary>
    public string MainLines { get; init; } = "";

    public string Spool => Path.Combine(Root, "spool");

    public string Logs => Role == EximRole.QueueOnly ? Path.Combine(Spool, "log") : Path.Combine(Root, "log");

    public string Mail => Path.Combine(Root, "mail");

    public string HandOverScript => Path.Combine(Root, "handover.sh");

    public string Text() => Role == EximRole.QueueOnly
        ? Testable() + Printed("second-exim", "--directory", Spool, "--port", $"{Port}")
        : $"""
           {Testable()}
           spool_directory = {Spool}
           log_file_path = {Logs}/%slog
           pid_file_path = {Root}/exim.pid
           {(Certificate.Length > 0 ? $"tls_certificate = {Certificate}\ntls_resumption_hosts = *" : "tls_advertise_hosts =")}
           keep_environment =
           daemon_smtp_ports = {Port}
           {MainLines}
           {DsnInfo("main")}
           {Main()}
           begin acl
           {(Role == EximRole.NamedQueue ? Printed("named-queue", "--part", "acl") : "")}
           {DsnInfo("acl")}
           begin routers
           {Srs("routers")}
           {DsnInfo("routers")}
           {RemoteRouter()}
           {Routers()}
           begin transports
           {Transports()}
           {Srs("transports")}
           {DsnInfo("transports")}
           {RemoteTransport()}
           {MoreTransports}
           begin retry
           {Retry}

           """;

    // not '-oX': a daemon started with it makes no notifier socket
    private string Testable() => $"""
        local_interfaces = 127.0.0.1
        primary_hostname = mail.example
        log_selector = {LogSelector}
        never_users =
        host_lookup =
        rfc1413_query_timeout = 0s
        chunking_advertise_hosts = *
        dsn_advertise_hosts = *
        smtputf8_advertise_hosts = *
        smtp_accept_max_per_connection = 10000
        smtp_accept_queue_per_connection = 0
        # else Exim starts itself again to become root, which '-C' forbids, and says so in the panic log each time
        deliver_drop_privilege = true
        split_spool_directory = {(SplitSpool ? "true" : "false")}
        spool_wireformat = {(WireFormat ? "true" : "false")}

        """;

    private string Main() => Role switch
    {
        EximRole.NamedQueue => "acl_smtp_rcpt = spoolworker_rcpt\nacl_smtp_data = spoolworker_data",
        EximRole.Queuefile or EximRole.QueuefileIdle => "queue_only = true\nacl_smtp_rcpt = accept\nacl_smtp_data = accept",
        _ => "acl_smtp_rcpt = accept\nacl_smtp_data = accept",
    };

    private string Routers() => Role switch
    {
        EximRole.Queuefile when HandOverOnce => Printed("queuefile", "--part", "routers"),
        EximRole.Queuefile => "everything:\n  driver = accept\n  transport = spoolworker_scan\n",
        EximRole.NamedQueue => Printed("named-queue", "--part", "routers") + MoreRouters + Everything,
        _ => MoreRouters + Everything,
    };

    private string Srs(string part) => SrsAlias.Length > 0 ? Printed("srs", "--domain", SrsAlias, "--port", $"{Port}", "--part", part) : "";

    private string DsnInfo(string part) => Remote.Length > 0 ? Printed("dsn-info", "--part", part, "--port", $"{FrontPort ?? Port}") : "";

    private string RemoteRouter() => Remote.Length == 0 ? "" : $"""
        remote:
          driver = manualroute
          route_list = {Remote}
          self = send
          transport = remote_smtp

        """;

    private string RemoteTransport() => Remote.Length == 0 ? "" : """
        remote_smtp:
          driver = smtp
          allow_localhost
          hosts_try_fastopen =
          event_action = SPOOLWORKER_EVENT

        """;

    private const string Everything = """

        everything:
          driver = accept
          transport = maildir

        """;

    private string Transports() => $"""
        maildir:
          driver = appendfile
          directory = {Mail}
          maildir_format
          envelope_to_add
          return_path_add
          user = {EximUser.Name}
          group = {EximUser.Name}

        # in place of 'driver = queuefile', which Debian's Exim does not have
        spoolworker_scan:
          driver = pipe
          command = /bin/sh {HandOverScript} $message_exim_id {Spool}/input {Intake} {(CopyIntoIntake ? "copy" : "link")}
          user = {EximUser.Name}
          group = {EximUser.Name}
          temp_errors = 75
          log_defer_output

        {(Role == EximRole.NamedQueue ? Printed("named-queue", "--part", "transports", "--port", $"{Port}") : "")}
        """;

    private static string Printed(params string[] arguments)
    {
        var printed = Run.Program("dotnet", [Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), "exim-config", .. arguments]);
        return printed.ExitCode == 0 ? printed.Output : throw new InvalidOperationException($"exim-config {string.Join(' ', arguments)}: {printed.Error}");
    }
}
