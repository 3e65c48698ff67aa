using System.Collections.Immutable;
using System.Net;

namespace SpoolWorker.Spool;

// The content of a -H file as an immutable value. What was read keeps slices of the file's bytes, so a HeaderFile keeps that buffer alive and it must
// not be changed. Two of them are compared by HeaderFileWriter's output, not by ==, which sees different buffers. Queries do not fail; edits are
// in HeaderFileEdits.cs.

/// <summary>Envelope, state and header lines of one message.</summary>
public sealed partial record HeaderFile
{
    /// <summary>The id in the first line.</summary>
    public required MessageId Id { get; init; }

    /// <summary>Login name of the process that made the file.</summary>
    public required ReadOnlyMemory<byte> Login { get; init; }

    /// <summary>User id of that process; known to be negative on some systems.</summary>
    public required long Uid { get; init; }

    /// <summary>Group id of that process, possibly negative.</summary>
    public required long Gid { get; init; }

    /// <summary>Envelope sender without angle brackets, empty for the null sender.</summary>
    public required ReadOnlyMemory<byte> Sender { get; init; }

    /// <summary>Unix time of reception in seconds. Exim's retry and warning clocks start from it.</summary>
    public required long ReceivedTime { get; init; }

    /// <summary>Number of delay warnings sent so far.</summary>
    public required int WarningCount { get; init; }

    /// <summary>The option lines in their order.</summary>
    public ImmutableArray<SpoolVariable> Variables { get; init; } = [];

    /// <summary>Addresses that get no delivery, since they had it or gave up.</summary>
    public NonRecipientTree NonRecipients { get; init; } = NonRecipientTree.Empty;

    /// <summary>All recipients, also those in <see cref="NonRecipients"/>.</summary>
    public ImmutableArray<Recipient> Recipients { get; init; } = [];

    /// <summary>All header lines from the top, also deleted ones.</summary>
    public ImmutableArray<HeaderLine> Headers { get; init; } = [];

    /// <summary>Whether the message is a bounce or the like.</summary>
    public bool IsNullSender => Sender.IsEmpty;

    /// <summary>Whether Exim leaves the message alone until somebody thaws it.</summary>
    public bool IsFrozen => Find("frozen") is not null;

    /// <summary>Whether Exim itself made the message to report an error.</summary>
    public bool IsLocalError => Find("localerror") is not null;

    /// <summary>Whether deliveries are only pretended (<c>exim -N</c>).</summary>
    public bool DontDeliver => Find("N") is not null;

    /// <summary>Whether -D has CRLF line ends; there is no line count then.</summary>
    public bool IsWireFormat => Find("spool_file_wireformat") is not null;

    /// <summary>Address of the SMTP client from <c>-host_address [ip]:port</c> (<c>ip.port</c> before 4.9x); null for a local submission.</summary>
    public IPAddress? ClientAddress => AddressIn("host_address");

    /// <summary>The address of ours that the client spoke to, from <c>-interface_address</c>; null for a local submission.</summary>
    public IPAddress? InterfaceAddress => AddressIn("interface_address");

    /// <summary>Whether the client proved who it is (SMTP AUTH). Not <c>-auth_id</c>: of a client that inetd handed to an Exim started as an ordinary user, it is that user (exim.c).</summary>
    public bool IsAuthenticated => Find("host_auth") is not null;

    /// <summary>Whether the message is of our own people: made on this host, or brought by a client that proved who it is. A client whose address cannot be read is a client all the same.</summary>
    public bool IsSubmission => Find("host_address") is null || IsAuthenticated;

    /// <summary>Whether the session of the TLS connection it came by was resumed, and what led to that; null without TLS, or where the Exim that wrote -H tells nothing of it.</summary>
    public TlsResumption? Resumption =>
        Find("tls_cipher") is not null && Find("tls_resumption") is { } letter && TlsResumption.TryParse(letter.Value.Span, out var resumption) ? resumption : null;

    /// <summary>Number of lines in -D, null in wire format or when the file gives none.</summary>
    public long? BodyLineCount =>
        !IsWireFormat && Find("body_linecount") is { } count && SpoolBytes.TryNumber(count.Value.Span, out var lines) ? lines : null;

    /// <summary>Recipients still to be served: not among the non-recipients, each address once. Computed at each call.</summary>
    public ImmutableArray<Recipient> Pending
    {
        get
        {
            // Most messages.
            if (Recipients.Length == 1) return NonRecipients.Contains(Recipients[0].Address.Span) ? [] : Recipients;
            var seen = new HashSet<ReadOnlyMemory<byte>>(Recipients.Length, BytesComparer.Instance);
            return [.. Recipients.Where(recipient => !NonRecipients.Contains(recipient.Address.Span) && seen.Add(recipient.Address))];
        }
    }

    /// <summary>The first option line of that name; ACL variables are called <c>aclc…</c> and <c>aclm…</c>, as in <c>aclm_multi</c>.</summary>
    public SpoolVariable? Find(string name) => IndexOf(name) is var index and >= 0 ? Variables[index] : null;

    /// <summary>The ACL variable of the connection (<c>c</c>) or the message (<c>m</c>) with that name, such as <c>_multi</c> or <c>0</c>.</summary>
    public SpoolVariable? AclVariable(char kind, string name) => Find($"acl{kind}{name}");

    private IPAddress? AddressIn(string name)
    {
        if (Find(name) is not { } host) return null;
        var text = host.Text;
        if (text.StartsWith('[') && text.IndexOf(']', StringComparison.Ordinal) is var end and > 0) text = text[1..end];
        // spool_in.c, host_address_extract_port: a fifth dot, or any behind an IPv6 address, comes before the port
        else if (text.Contains(':', StringComparison.Ordinal) ? text.Contains('.', StringComparison.Ordinal) && !IPAddress.TryParse(text, out _) : text.Count(c => c == '.') == 4) text = text[..text.LastIndexOf('.')];
        return IPAddress.TryParse(text, out var address) ? address : null;
    }
}
