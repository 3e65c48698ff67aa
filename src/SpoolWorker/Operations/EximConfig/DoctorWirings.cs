// Dovecot as Exim's authenticator, and the address that is thrown away. Seen on 4.96 and 4.99.1: a name with a hyphen is refused ("authenticator name missing"), and so is
// server_tls, which the sources have in a comment (auths/dovecot.c): the stanza of the experimental specification has both.
namespace SpoolWorker.Operations.EximConfig;

/// <summary>Makes these wirings.</summary>
internal static class DoctorWirings
{
    /// <summary>That of Exim's experimental specification.</summary>
    public const string UsualSocket = "dovecot_server_name 12345";

    /// <summary>The local part of a probe's recipient.</summary>
    public const string ProbeLocalPart = "spoolworker-probe";

    public static EximWiring Dovecot(string socket) => new("dovecot",
        $$"""
        Dovecot authenticates Exim's SMTP clients; the worker has no part in it. Exim with the driver dovecot (exim -bV), by
        TCP from 4.94 on.

        Dovecot's side, in its configuration:
        {{(socket.StartsWith('/') ? $$"""
          service auth {
            unix_listener {{socket}} {
              mode = 0660
              user = Debian-exim
            }
          }
        """ : $$"""
          service auth {
            inet_listener exim {
              address = 127.0.0.1
              port = {{socket.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^1]}}
            }
          }
        Exim's experimental specification has ssl = yes there and server_tls = true here. No Exim up to 4.99.1 knows server_tls:
        passwords go to that port as they are, so keep it on this host or in a network of your own.
        """)}}
        spoolworker doctor looks whether it is there and greets.
        """,
        "", "", "", "")
    {
        Authenticators = $"""
            dovecot_plain:
              driver = dovecot
              public_name = PLAIN
              server_socket = {socket}
              # server_tls = true
              server_set_id = $auth1

            """,
    };

    public static EximWiring Probe() => new("probe",
        $$"""
        Throws the messages of `spoolworker doctor --probe` away, which go to {{ProbeLocalPart}} at the host's own name.

        The router goes into the Exim that delivers, and into the one that receives where that verifies recipients.
        """,
        "", "",
        $$"""
        # Before all other routers.
        spoolworker_probe:
          driver = redirect
          local_parts = {{ProbeLocalPart}}
          domains = @
          data = :blackhole:

        """,
        "");
}
