// What a stock Exim needs so that its log tells of remote hosts what EXPERIMENTAL_DSN_INFO would put into a bounce: an ACL that is
// called at four kinds of events and writes a line each. Seen on Debian's 4.96: `logwrite` writes line breaks as \n, and
// $host_port is -1 at msg:fail:delivery, so the port is taken from the other events.
namespace SpoolWorker.Operations.EximConfig;

/// <summary>Makes the wiring of dsn-info.</summary>
internal static class DsnInfoWiring
{
    public static EximWiring Make(int port) => new("dsn-info",
        $$"""
        Greeting, answer to EHLO and diagnostics of remote hosts in Exim's main log, for the pass dsn-info (any Exim from 4.89 on
        that supports Event: exim -bV).

        The macro and the ACL go into the Exim that delivers; each of its smtp transports (Debian: remote_smtp and
        remote_smtp_smarthost) gets the line
          event_action = SPOOLWORKER_EVENT
        Worker:  "Passes": [ …, "dsn-info", … ],
                 "DsnInfo": { "MainLog": "<log_file_path of that Exim>" }
        Without the events the pass still finds address, port (log_selector = +outgoing_port) and diagnostic.

        For the worker to see Exim's own bounces, router and transport below hand them to port {{port}} of the Exim that
        receives for the worker (named-queue: the same Exim; second-exim: the receiving one), once. Leave them out where
        bounces come to the worker anyway.
        """,
        """
        # A macro: above everything that uses it.
        SPOOLWORKER_EVENT = ${if inlist{$event_name}{<; smtp:connect ; smtp:ehlo ; msg:host:defer ; msg:rcpt:host:defer ; msg:fail:delivery}{${acl{spoolworker_event}{$event_name}{$host_address}{$host_port}{$event_data}}}}

        """,
        """
        spoolworker_event:
          accept  logwrite = spoolworker $acl_arg1 [$acl_arg2]:$acl_arg3 <${if and{{def:local_part}{def:domain}}{${quote_local_part:$local_part}@$domain}}> $acl_arg4

        """,
        """
        # Before all other routers.
        spoolworker_bounces:
          driver = manualroute
          senders = :
          condition = ${if and{{eq{$received_protocol}{local}}{match{$h_content-type:}{(?i)report-type=.?delivery-status}}}}
          route_list = * 127.0.0.1
          self = send
          transport = spoolworker_bounces
          no_verify
          no_expn
          no_address_test

        """,
        $"""
        spoolworker_bounces:
          driver = smtp
          port = {port}
          allow_localhost
          hosts_try_fastopen =

        """);
}
