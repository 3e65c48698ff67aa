// The configuration of one test Exim. The part that wires Exim to the worker (Wiring) stands apart from the part that only
// makes Exim testable, so that it can be replaced by what 'spoolworker exim-config' prints.
// Every message is delivered into one Maildir; Envelope-to: and Return-path: tell for whom and from whom. (A directory for each
// recipient is not possible: Exim refuses file names made of what a stranger sent, "tainted".)
using System.Text;

namespace SpoolWorker.EndToEnd;

internal enum EximRole
{
    /// <summary>Delivers at once what it receives, and what is put into its spool.</summary>
    Deliver,

    /// <summary>Puts what it receives into the named queue 'scan' and delivers what appears in its main queue.</summary>
    NamedQueue,

    /// <summary>Only receives: the second Exim in front of the worker.</summary>
    QueueOnly,

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

    public string Spool => Path.Combine(Root, "spool");

    public string Logs => Path.Combine(Root, "log");

    public string Mail => Path.Combine(Root, "mail");

    public string HandOverScript => Path.Combine(Root, "handover.sh");

    public string Text()
    {
        var text = new StringBuilder();
        // not '-oX': a daemon started with it makes no notifier socket
        text.Append($"""
            local_interfaces = <; 127.0.0.1.{Port}
            pid_file_path = {Root}/exim.pid
            spool_directory = {Spool}
            log_file_path = {Logs}/%slog
            primary_hostname = mail.example
            log_selector = +pid +queue_run +deliver_time
            keep_environment =
            never_users =
            host_lookup =
            rfc1413_query_timeout = 0s
            tls_advertise_hosts =
            chunking_advertise_hosts = *
            dsn_advertise_hosts = *
            smtputf8_advertise_hosts = *
            smtp_accept_max_per_connection = 10000
            smtp_accept_queue_per_connection = 0
            # else Exim starts itself again to become root, which '-C' forbids, and says so in the panic log each time
            deliver_drop_privilege = true
            split_spool_directory = {(SplitSpool ? "true" : "false")}
            spool_wireformat = {(WireFormat ? "true" : "false")}

            """);
        text.Append(Wiring());
        text.Append(Routers());
        text.Append($"""
            begin transports
            maildir:
              driver = appendfile
              directory = {Mail}
              maildir_format
              envelope_to_add
              return_path_add
              user = {EximUser.Name}
              group = {EximUser.Name}

            # in place of 'driver = queuefile', which Debian's Exim does not have
            handover:
              driver = pipe
              command = /bin/sh {HandOverScript} $message_exim_id {Spool}/input {Intake} {(CopyIntoIntake ? "copy" : "link")}
              user = {EximUser.Name}
              group = {EximUser.Name}
              temp_errors = 75
              log_defer_output

            begin retry
            * * F,1h,1m

            """);
        return text.ToString();
    }

    private string Routers() => Role switch
    {
        EximRole.Queuefile when HandOverOnce => """

            begin routers
            together:
              driver = redirect
              domains = !spoolworker.invalid
              data = handoff@spoolworker.invalid
            everything:
              driver = accept
              domains = spoolworker.invalid
              transport = handover


            """,
        _ => $"""

            begin routers
            everything:
              driver = accept
              transport = {(Role == EximRole.Queuefile ? "handover" : "maildir")}


            """,
    };

    private string Wiring() => Role switch
    {
        EximRole.NamedQueue => """
            acl_smtp_rcpt = acl_rcpt
            acl_smtp_data = acl_data

            begin acl
            acl_rcpt:
              accept queue = scan
            acl_data:
              accept control = queue_only

            """,
        EximRole.QueueOnly or EximRole.Queuefile => """
            queue_only = true
            acl_smtp_rcpt = accept
            acl_smtp_data = accept

            """,
        _ => """
            acl_smtp_rcpt = accept
            acl_smtp_data = accept

            """,
    };
}
