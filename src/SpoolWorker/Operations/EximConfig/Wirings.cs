// The three wirings. What they rest on has been seen on real Exims: queuefile runs once for each recipient unless all of
// them become one address first; `queue =` is refused for mail that does not come by SMTP; without queue_only Exim
// delivers at once.
namespace SpoolWorker.Operations.EximConfig;

/// <summary>Makes the wirings.</summary>
internal static class Wirings
{
    public static EximWiring Queuefile(string directory) => new("queuefile",
        """
        SpoolWorker intake by the queuefile transport (Exim built with EXPERIMENTAL_QUEUEFILE).

        Every message is handed over as a whole: all its recipients become one address first, for queuefile runs once
        for each address and would bring the same message again and again.
        Worker:  Intakes: [{ "Path": "<directory>", "Kind": "queuefile" }]
                 Target is the spool of another Exim, with a spool_directory of its own: out of this one's its queue runner
                 would hand requeued mail over again, under its old id, and that mail is lost. The worker refuses that.
        Make the directory once, owned by the Exim user. On the spool's file system pairs are linked, else copied.
        """,
        "",
        "",
        """
        # Before all other routers. Verification and `exim -bt` go past them, to the routers that know the addresses.
        spoolworker_handoff:
          driver = redirect
          domains = ! spoolworker.invalid
          data = handoff@spoolworker.invalid
          no_verify
          no_expn
          no_address_test

        spoolworker_scan:
          driver = accept
          domains = spoolworker.invalid
          transport = spoolworker_scan
          no_verify
          no_expn
          no_address_test

        """,
        $"""
        spoolworker_scan:
          driver = queuefile
          directory = {directory}

        """);

    public static EximWiring NamedQueue(string queue, int port) => new("named-queue",
        $$"""
        SpoolWorker intake by a named queue (any Exim from 4.88 on).

        SMTP mail is received into the queue '{{queue}}' and left there; the worker takes it from
        <spool_directory>/{{queue}}/input and requeues it into <spool_directory>/input, where this same Exim delivers it.
        Worker:  Intakes: [{ "Path": "<spool_directory>/{{queue}}/input", "Kind": "named-queue" }]
                 Target:Path = <spool_directory>
        Run no queue runner for '{{queue}}' (-qG{{queue}}): it would deliver past the worker.
        Debian's exim4-config: 'spoolworker init --debian' does all this. By hand it needs split configuration; with the other form
        ACLs in conf.d are not read, and calling them makes Exim answer 451 to every recipient.
        Call the two ACLs first thing in yours (or name them in acl_smtp_rcpt and acl_smtp_data if you have none):
          acl_check_rcpt:
            warn  acl = spoolworker_rcpt
          acl_check_data:
            warn  acl = spoolworker_data
        Mail that does not come by SMTP (the sendmail command) cannot be put into a named queue. The router sends it to
        our own SMTP port {{port}} instead, where it becomes SMTP mail like all other; leave router and transport out to have
        local mail delivered past the worker. Our own bounces (null sender) go out as they are.
        """,
        "",
        $"""
        spoolworker_rcpt:
          accept  queue = {queue}

        spoolworker_data:
          accept  control = queue_only

        """,
        """
        # Before all other routers.
        spoolworker_local:
          driver = manualroute
          condition = ${if or{{eq{$received_protocol}{local}}{eq{$received_protocol}{local-bsmtp}}}}
          senders = ! :
          route_list = * 127.0.0.1
          self = send
          transport = spoolworker_local
          no_verify
          no_expn
          no_address_test

        """,
        $"""
        spoolworker_local:
          driver = smtp
          port = {port}
          allow_localhost
          hosts_try_fastopen =

        """);

    public static EximWiring SecondExim(string directory, int port) => new("second-exim",
        $$"""
        SpoolWorker intake by a second, receiving Exim (MailScanner's classic layout): this whole file is its configuration.

        It receives and never delivers; the worker takes the pairs from its spool and requeues them into that of the
        Exim that delivers, which then need not listen on port {{port}}.
        Worker:  Intakes: [{ "Path": "{{directory}}/input", "Kind": "spool" }]
        Start:   exim -bd -C <this file>      (no -q: a queue runner would deliver past the worker)
        Once:    install -d -o <exim user> -g <exim group> -m 0750 {{directory}} {{directory}}/log
        Adapt the two lists below; local mail goes to the delivering Exim as before.
        """,
        $"""
        spool_directory = {directory}
        log_file_path = {directory}/log/%slog
        pid_file_path = {directory}/exim.pid
        daemon_smtp_ports = {port}

        # Nothing is delivered from here, not even with -odf on the command line.
        queue_only
        no_queue_only_override
        queue_smtp_domains = *

        # Domains we take mail for, and hosts that may send to anywhere.
        domainlist spoolworker_domains = @
        hostlist spoolworker_relays = <; 127.0.0.1 ; ::1

        acl_smtp_rcpt = spoolworker_rcpt
        acl_smtp_data = spoolworker_data
        tls_advertise_hosts =
        keep_environment =

        """,
        """
        spoolworker_rcpt:
          accept  hosts = +spoolworker_relays
          accept  domains = +spoolworker_domains
          deny    message = relay not permitted

        spoolworker_data:
          accept

        """,
        """
        # Should somebody run this queue after all: wait for the worker.
        spoolworker_never:
          driver = redirect
          allow_defer
          data = :defer: taken by spoolworker, not delivered here
          no_verify

        """,
        "");
}
