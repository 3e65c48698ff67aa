// What Exim's logs tell of one message's troubles: the hosts it was taken to, with their greeting and answer to EHLO, and for
// each address the last failure or deferral. Lines are applied in their order; a line that is applied again changes nothing.
// Kept small on purpose: a message that was delivered without trouble leaves nothing worth keeping. Bounded, whatever a log
// holds. All texts are Latin-1: one character a byte. Nothing here throws.
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.EximLog;

/// <summary>A remote host as one message met it.</summary>
/// <param name="Ip">Its address.</param>
/// <param name="Port">Its port, 0 when unknown.</param>
/// <param name="Greeting">What it said when connected to; line breaks are <c>\n</c>.</param>
/// <param name="Ehlo">Its answer to EHLO or HELO.</param>
/// <param name="Problem">What the log said of it last, as long as no address was named with it.</param>
/// <param name="Time">Unix milliseconds.</param>
public sealed record RemoteHost(string Ip, int Port, string Greeting, string Ehlo, string Problem, long Time);

/// <summary>The trouble with one address.</summary>
public sealed record AddressTrouble
{
    /// <summary>As the log has it, a local part without its quotes.</summary>
    public string Address { get; init; } = "";

    /// <summary>The recipient it came from (aliases); empty when it is the address itself.</summary>
    public string Original { get; init; } = "";

    /// <summary>Name of the remote host; empty when none was reached.</summary>
    public string Host { get; init; } = "";

    /// <summary>Its address; empty when none was reached.</summary>
    public string Ip { get; init; } = "";

    /// <summary>Its port; 0: not told.</summary>
    public int Port { get; init; }

    /// <summary>What went wrong, in Exim's words; line breaks are <c>\n</c>.</summary>
    public string Diagnostic { get; init; } = "";

    /// <summary>Failed for good, not deferred.</summary>
    public bool IsFinal { get; init; }

    /// <summary>The connection was made for another message.</summary>
    public bool IsContinued { get; init; }

    /// <summary>Unix milliseconds.</summary>
    public long Time { get; init; }
}

/// <summary>Troubles of one message.</summary>
public sealed class DeliveryHistory
{
    // An MX list and its addresses; what is above is forgotten, oldest first.
    private const int MostHosts = 32;

    // A mailing list with half of its addresses gone.
    private const int MostTroubles = 5000;

    // Exim's own bound of a log line is 8,192 bytes; no field made of it is longer than 1,023.
    private const int MostText = 2048;

    /// <summary>The message Exim wrote this one about; empty for other mail.</summary>
    public string BounceOf { get; set; } = "";

    /// <summary>Hosts that said something, newest last.</summary>
    public List<RemoteHost> Hosts { get; init; } = [];

    /// <summary>What went wrong, oldest first.</summary>
    public List<AddressTrouble> Troubles { get; init; } = [];

    /// <summary>Whether there is anything to remember once the message is gone.</summary>
    public bool IsWorthKeeping => BounceOf.Length > 0 || Troubles.Count > 0;

    /// <summary>Takes in a line of this message. False when it says nothing of use.</summary>
    public bool Apply(EximLogLine line)
    {
        var time = line.Time.ToUnixTimeMilliseconds();
        switch (line.Mark)
        {
            case EximLogMark.Arrival:
                var arrival = EximArrival.Read(line.Text);
                if (arrival.BounceOf.Length == 0) return false;
                BounceOf = arrival.BounceOf.ToString();
                return true;
            case EximLogMark.Failure or EximLogMark.Deferral:
                Apply(EximDelivery.Read(line.Text), line.Mark == EximLogMark.Failure, time);
                return true;
            case EximLogMark.Delivery or EximLogMark.FurtherDelivery or EximLogMark.Cutthrough:
                // Delivered after all.
                var done = EximDelivery.Read(line.Text);
                var address = Unquoted(done.Address);
                return Troubles.RemoveAll(t => t.Address == address) > 0;
            case EximLogMark.None when EximEvent.TryRead(line.Text, out var raised):
                Apply(raised, time);
                return true;
            case EximLogMark.None when line.Text.StartsWith("H="u8):
                return ApplyHostLine(line.Text, time);
            default:
                return false;
        }
    }

    /// <summary>Takes in a line of a message log, which has neither id nor marks.</summary>
    public bool ApplyMessageLog(EximLogLine line)
    {
        var time = line.Time.ToUnixTimeMilliseconds();
        if (line.Text.StartsWith("H="u8)) return ApplyHostLine(line.Text, time);
        var delivery = EximDelivery.Read(line.Text);
        // "bob@r.example: smtp transport succeeded", "Received from …", "Process failed …": no trouble of an address
        var isDeferral = line.Text.IndexOf(" defer ("u8) >= 0;
        if (delivery.Message.IsEmpty || delivery.Address.IndexOf((byte)'@') < 0 || (delivery.Router.IsEmpty && !isDeferral)) return false;
        Apply(delivery, !isDeferral, time);
        return true;
    }

    /// <summary>The host an address failed at, with what is known of it.</summary>
    public RemoteHost? HostOf(AddressTrouble trouble)
    {
        RemoteHost? best = null;
        foreach (var host in Hosts.Where(h => h.Ip == trouble.Ip && (trouble.Port == 0 || h.Port == trouble.Port)))
        {
            if (best is null || host.Time >= best.Time) best = host;
        }
        return best;
    }

    private void Apply(EximEvent raised, long time)
    {
        var ip = Text(raised.Ip);
        var port = raised.Port;
        var data = Text(raised.Data);
        switch (raised.Kind)
        {
            case EximEventKind.Greeting:
                // A new connection: what an earlier one was told to EHLO is old.
                SetHost(ip, port, _ => new RemoteHost(ip, port, data, "", "", time));
                break;
            case EximEventKind.Ehlo:
                SetHost(ip, raised.Port, h => h with { Ehlo = data, Time = time });
                break;
            case EximEventKind.HostDeferral:
                SetHost(ip, raised.Port, h => h with { Problem = data, Time = time });
                if (raised.Recipient.Length > 0 && !IsLocalPartOnly(raised.Recipient))
                    Set(new AddressTrouble { Address = Unquoted(raised.Recipient), Ip = ip, Port = raised.Port, Diagnostic = data, Time = time });
                break;
            case EximEventKind.Failure when !raised.Recipient.IsEmpty:
                Set(new AddressTrouble { Address = Unquoted(raised.Recipient), Ip = ip, Port = raised.Port, Diagnostic = data, IsFinal = true, Time = time });
                break;
        }
    }

    private void Apply(EximDelivery delivery, bool isFinal, long time)
    {
        var address = Unquoted(delivery.Address);
        var old = Troubles.Find(t => t.Address == address);
        var message = Text(delivery.Message);
        var trouble = new AddressTrouble
        {
            Address = address,
            Original = Text(delivery.Original),
            Host = Text(delivery.Host),
            Ip = Text(delivery.Ip),
            Port = delivery.Port,
            Diagnostic = message,
            IsFinal = isFinal,
            IsContinued = delivery.IsContinued,
            Time = time,
        };
        if (delivery.Ip.IsEmpty)
        {
            // "retry timeout exceeded" after a deferral at a host: the two make Exim's message ("…: retry timeout exceeded").
            if (isFinal && old is { IsFinal: false, Ip.Length: > 0 } && delivery.Router.IsEmpty)
                trouble = trouble with { Host = old.Host, Ip = old.Ip, Port = old.Port, IsContinued = old.IsContinued, Diagnostic = $"{old.Diagnostic}: {message}", Original = trouble.Original.Length > 0 ? trouble.Original : old.Original };
            // The host is not on the line, but an event for this address, or a line about a host, said just the same.
            else if (old is { Ip.Length: > 0 } && old.Diagnostic == message) trouble = trouble with { Ip = old.Ip, Port = old.Port };
            else if (Hosts.FindLast(h => h.Problem.Length > 0 && h.Problem == message) is { } host) trouble = trouble with { Ip = host.Ip, Port = host.Port };
        }
        else if (old is { Port: > 0 } && old.Ip == trouble.Ip && trouble.Port == 0) trouble = trouble with { Port = old.Port };
        Set(trouble);
    }

    // "H=mx [192.0.2.1]:25 Connection refused", "H=mx [192.0.2.1]: SMTP error from …"
    private bool ApplyHostLine(ReadOnlySpan<byte> text, long time)
    {
        var fields = new EximLogFields(text);
        if (!fields.Next() || fields.Ip.IsEmpty) return false;
        var ip = Text(fields.Ip);
        var port = fields.Port;
        var problem = Text(EximLogFields.WithoutTimes(text[(text.IndexOf((byte)']') + 1)..]));
        var at = problem.StartsWith(':') ? problem.IndexOf(' ', StringComparison.Ordinal) : 0;
        problem = at < 0 ? "" : problem[at..].Trim();
        SetHost(ip, port, h => h with { Problem = problem, Time = time });
        return true;
    }

    private void SetHost(string ip, int port, Func<RemoteHost, RemoteHost> change)
    {
        if (ip.Length == 0) return;
        var index = Hosts.FindLastIndex(h => h.Ip == ip && (h.Port == port || port == 0 || h.Port == 0));
        var host = change(index >= 0 ? Hosts[index] : new RemoteHost(ip, port, "", "", "", 0));
        if (host.Port == 0 && port > 0) host = host with { Port = port };
        if (index >= 0) Hosts.RemoveAt(index);
        Hosts.Add(host);
        if (Hosts.Count > MostHosts) Hosts.RemoveAt(0);
    }

    private void Set(AddressTrouble trouble)
    {
        var index = Troubles.FindIndex(t => t.Address == trouble.Address);
        if (index >= 0)
        {
            if (trouble.Original.Length == 0) trouble = trouble with { Original = Troubles[index].Original };
            Troubles.RemoveAt(index);
        }
        Troubles.Add(trouble);
        if (Troubles.Count > MostTroubles) Troubles.RemoveAt(0);
    }

    // An event outside a single recipient leaves "@domain" or nothing.
    private static bool IsLocalPartOnly(ReadOnlySpan<byte> recipient) => recipient[0] == '@' || recipient.StartsWith("\"\"@"u8);

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes.Length > MostText ? bytes[..MostText] : bytes);

    /// <summary>An address as the log writes it: its local part without quotes and their backslashes.</summary>
    public static string Unquoted(ReadOnlySpan<byte> address)
    {
        if (address.Length < 2 || address[0] != '"') return Text(address);
        var text = new StringBuilder(address.Length);
        for (var i = 1; i < address.Length; i++)
        {
            if (address[i] == '\\' && i + 1 < address.Length) text.Append((char)address[++i]);
            else if (address[i] == '"') return text.Append(Text(address[(i + 1)..])).ToString();
            else text.Append((char)address[i]);
        }
        return Text(address);
    }
}

/// <summary>Finds what the logs tell of a message; null when they tell nothing.</summary>
/// <exception cref="IOException">The logs cannot be read now.</exception>
public delegate ValueTask<DeliveryHistory?> DeliveryHistorySource(MessageId id, CancellationToken cancellationToken);
