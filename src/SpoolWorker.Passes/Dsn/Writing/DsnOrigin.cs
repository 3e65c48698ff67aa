// Who writes the notifications: the name of this host in reports and message ids, the address they come from, and the
// account that Exim's spool files name as their maker. A host without a usable name is "localhost".
using System.Net.NetworkInformation;
using MimeKit;

namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>The reporting mail system.</summary>
/// <param name="Host">Its name.</param>
/// <param name="From">The address in From.</param>
public sealed record DsnOrigin(string Host, MailboxAddress From)
{
    // RFC 1035, 2.3.4
    private const int MostName = 255;

    /// <summary>From the settings, completed by what the host knows of itself.</summary>
    public static DsnOrigin Of(DsnOptions options)
    {
        var host = options.ReportingMta.Length > 0 ? options.ReportingMta : OwnName();
        return new DsnOrigin(host, options.From.Length > 0 ? MailboxAddress.Parse(options.From) : new MailboxAddress("Mail Delivery System", $"Mailer-Daemon@{host}"));
    }

    internal static bool IsHostName(string name) => name.Length is > 0 and <= MostName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or '_')
        && !name.Split('.').Contains("");

    private static string OwnName()
    {
        var name = System.Net.Dns.GetHostName();
        var domain = IPGlobalProperties.GetIPGlobalProperties().DomainName;
        var full = name.Contains('.', StringComparison.Ordinal) || domain.Length == 0 ? name : $"{name}.{domain}";
        return IsHostName(full) ? full : IsHostName(name) ? name : "localhost";
    }
}

/// <summary>The account in the second line of -H.</summary>
/// <param name="Login">Its name.</param>
/// <param name="Uid">User id.</param>
/// <param name="Gid">Group id.</param>
public sealed record DsnAccount(string Login, uint Uid, uint Gid);
