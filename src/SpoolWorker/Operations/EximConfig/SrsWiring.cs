// Exim's side of the pass srs: bounces that the delivering Exim makes itself, and mail of the sendmail command, never come
// through the worker, so an SRS recipient among them has to be brought there. What came by SMTP has been through it; it
// must not be sent round again, whatever became of it. Seen on Exim 4.96: $verify_mode is set while RCPT is verified.
namespace SpoolWorker.Operations.EximConfig;

/// <summary>Makes the wiring.</summary>
internal static class SrsWiring
{
    public static EximWiring Make(string domain, int port) => new("srs",
        $$"""
        SRS addresses of {{domain}}, made by the worker's pass `srs`.

        Mail that comes by SMTP goes through the worker anyway. This Exim's own bounces do not: the router brings those to an
        SRS address to port {{port}}, where they are received like all other mail, and the worker reads the address.
        Worker:  Srs: { "Alias": "{{domain}}", "LocalDomains": [...], "Secrets": [...] }
                 Srs:Forwarded names the local addresses that routers here forward elsewhere (aliases, .forward): they are
                 local to the worker, and their mail leaves with another sender only when it knows of them.
        {{domain}} must be among the domains this host takes mail for, with an MX and an SPF record that names this host.
        The router also makes `verify = recipient` take SRS addresses.
        """,
        "",
        "",
        """
        # Before all other routers.
        spoolworker_srs:
          driver = manualroute
          domains = ALIAS
          condition = ${if and{\
              {match{$local_part}{\N^(?i)SRS[01][-+=]\N}}\
              {or{{def:verify_mode}{eq{$received_protocol}{local}}{eq{$received_protocol}{local-bsmtp}}}}}}
          route_list = * 127.0.0.1
          self = send
          transport = spoolworker_srs

        """.Replace("ALIAS", domain, StringComparison.Ordinal),
        $"""
        spoolworker_srs:
          driver = smtp
          port = {port}
          allow_localhost
          hosts_try_fastopen =

        """);
}
