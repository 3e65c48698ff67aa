// Writes notices to administrators of mail that is being held. A notice never has the message with it, nor a part of it. What a stranger wrote (addresses, subject, names of
// client and find) is text of one line, cut, and without anything a terminal or a mail program would obey. A notice that comes through the worker itself, and is held, is told to nobody:
// there would be no end.
using System.Globalization;
using System.Text;
using MimeKit.Utils;
using SpoolWorker.Characters;
using SpoolWorker.Ledger;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Notices;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Notices;

/// <summary>Writes notices.</summary>
/// <param name="feature">Who is told, of what, in which words.</param>
/// <param name="allowance">How many may go.</param>
/// <param name="account">Who makes them, for Exim.</param>
internal sealed class NoticeWriter(NoticesFeature feature, NoticeAllowance allowance, DsnAccount account)
{
    // A line that any mail program shows; addresses for one line; what is read of a subject, which a stranger may make 60 kB long.
    private const int MostColumns = 200, MostAddresses = 5, MostBytes = 4 * MostColumns, MostSubject = 2000;

    // The last second of the year 9999.
    private const long MostTime = 253402300799;

    /// <summary>Who makes them, for Exim.</summary>
    public DsnAccount Account => account;

    /// <summary>Whom they are for, for the log.</summary>
    public string To => string.Join(", ", feature.To.Select(t => t.Address));

    /// <summary>Why nobody is told of one more now.</summary>
    public string TooMany => string.Create(CultureInfo.InvariantCulture, $"nobody told: {feature.Options.RateLimit} notices within {Passes.Ranges.Duration.Text(feature.Options.RatePer)}; it is counted");

    /// <summary>Whether administrators want to be told of a message.</summary>
    public bool IsMeant(HeldMessage message)
    {
        if (IsOwn(message)) return false;
        try
        {
            return feature.When.Matches(message);
        }
        catch (PatternTimeException)
        {
            // One too many is better than one too few.
            return true;
        }
    }

    /// <summary>Takes a place among those that may go.</summary>
    /// <exception cref="Ledger.Store.LedgerException">The ledger cannot be read.</exception>
    public NoticeCharge Take() => allowance.Take(feature.Options);

    /// <summary>The same for what is not told yet alone; null: that is nothing, or no notice may go now.</summary>
    /// <exception cref="Ledger.Store.LedgerException">The ledger cannot be read.</exception>
    public NoticeCharge? TakeForUntold() => allowance.TakeForUntold(feature.Options);

    /// <summary>The notice of a message.</summary>
    public Letter Of(HeldMessage message, NoticeCharge charge)
    {
        var header = message.Header;
        var values = new Dictionary<string, string>
        {
            ["host"] = feature.Origin.Host,
            ["found"] = Line(message.Reason),
            ["pass"] = message.Passes.Count > 0 ? string.Join(", ", message.Passes) : "spoolworker",
            ["id"] = string.Join(", ", message.Ids),
            ["commands"] = string.Join("\n\n", message.Ids.Select(id => feature.Template.Text("command", new Dictionary<string, string> { ["id"] = id.ToString() }))),
            ["arrived"] = DateUtils.FormatDate(DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(header.ReceivedTime, 0, MostTime))),
            ["sender"] = $"<{Line(header.Sender)}>",
            ["recipients"] = RecipientsOf(message),
            ["client"] = ClientOf(header),
            ["subject"] = SubjectOf(header),
            ["untold"] = UntoldOf(charge),
        };
        return LetterOf("held", values);
    }

    /// <summary>The notice of what was not told.</summary>
    public Letter OfUntold(NoticeCharge charge) => LetterOf("summary", new Dictionary<string, string>
    {
        ["host"] = feature.Origin.Host,
        ["count"] = charge.Note.Told.ToString(CultureInfo.InvariantCulture),
        ["untold"] = UntoldOf(charge),
    });

    private Letter LetterOf(string name, Dictionary<string, string> values)
    {
        var lines = feature.Template.Text(name, values).TrimEnd('\n').Split('\n').Select(line => line.TrimEnd());
        var subject = MimeBytes.Line("Subject", feature.Template.Text($"{name}-subject", values));
        return new Letter(feature.Origin, feature.To, subject["Subject: ".Length..].TrimEnd('\n'), string.Join('\n', lines) + "\n") { HasNullSender = true };
    }

    private string UntoldOf(NoticeCharge charge) => charge.Note.Told == 0 ? "" : feature.Template.Text("untold", new Dictionary<string, string>
    {
        ["count"] = charge.Note.Told.ToString(CultureInfo.InvariantCulture),
        ["since"] = DateUtils.FormatDate(DateTimeOffset.FromUnixTimeMilliseconds(charge.Note.Since)),
    });

    // As a notice of ours looks behind another Exim; who writes one to make his virus nobody's to hear of has it held all the same, and sends it to administrators alone.
    private bool IsOwn(HeldMessage message) => message.Header.IsNullSender
        && message.Header.Headers.Any(h => !h.IsDeleted && h.Is("Auto-Submitted"u8) && Encoding.Latin1.GetString(h.Value).Trim().StartsWith("auto-generated", StringComparison.OrdinalIgnoreCase))
        && message.Header.Recipients.All(r => feature.To.Any(t => t.Address.Equals(LedgerEntry.Text(r.Address.Span), StringComparison.OrdinalIgnoreCase)));

    // All on one line, as long as one: a host, and Exim before it, refuses lines above 998 bytes (smtp.c, message_linelength_limit), so that whoever writes to long addresses would have nobody told.
    private static string RecipientsOf(HeldMessage message)
    {
        var addresses = message.HeldFor.Select(r => $"<{Line(r.Original)}>").Distinct().ToList();
        var count = Math.Min(addresses.Count, MostAddresses);
        while (count > 1 && addresses.Take(count).Sum(a => a.Length) > MostColumns) count--;
        var shown = string.Join(", ", addresses.Take(count));
        return addresses.Count > count ? string.Create(CultureInfo.InvariantCulture, $"{shown} +{addresses.Count - count}") : shown;
    }

    private static string ClientOf(HeaderFile header)
    {
        var (helo, host, auth) = (Variable(header, "helo_name"), Variable(header, "host_address"), Variable(header, "host_auth"));
        if (host.Length == 0) return Line(Encoding.Latin1.GetString(header.Login.Span));
        return Line($"{helo} {host}{(auth.Length > 0 ? $" ({auth} {Variable(header, "auth_id")})" : "")}".Trim());
    }

    private static string Variable(HeaderFile header, string name) => header.Find(name) is { } variable ? Encoding.Latin1.GetString(variable.Value.Span) : "";

    private static string SubjectOf(HeaderFile header)
    {
        if (header.Headers.FirstOrDefault(h => !h.IsDeleted && h.Is("Subject"u8)) is not { } line) return "";
        var value = line.Value;
        var text = Rfc2047.DecodeText(value[..Math.Min(value.Length, MostSubject)].ToArray());
        return Line(text.Trim());
    }

    private static string Line(ReadOnlyMemory<byte> address) => Cut(SafeText.Of(address.Span[..Math.Min(address.Length, MostBytes)]), address.Length > MostBytes);

    // Cut before and behind: what is escaped grows.
    private static string Line(string text) => Cut(SafeText.Of(text.Length > MostColumns ? text[..MostColumns] : text), text.Length > MostColumns);

    private static string Cut(string shown, bool isCut) => isCut || shown.Length > MostColumns ? $"{shown[..Math.Min(shown.Length, MostColumns)]}..." : shown;
}
