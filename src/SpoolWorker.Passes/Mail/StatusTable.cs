// Enhanced mail system status codes (RFC 3463, RFC 5248 and what IANA's registry has added since): class.subject.detail. One
// table gives the number and the meaning of each; it serves the notifications that are written and those that are read.
// Nothing here fails: a code that is not in the registry is still a code.
using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace SpoolWorker.Passes.Mail;

/// <summary>Subject and detail of a status code: what it is about, whatever its class.</summary>
public enum StatusDetail
{
    /// <summary>X.0.0: no more is known.</summary>
    Undefined,

    /// <summary>X.1.0: something is wrong with an address.</summary>
    AddressOther,

    /// <summary>X.1.1: there is no such mailbox.</summary>
    MailboxUnknown,

    /// <summary>X.1.2: there is no such mail domain.</summary>
    HostUnknown,

    /// <summary>X.1.3: the recipient's address is malformed.</summary>
    AddressSyntax,

    /// <summary>X.1.4: the address stands for more than one mailbox.</summary>
    AddressAmbiguous,

    /// <summary>X.1.5: the recipient's address is valid.</summary>
    AddressValid,

    /// <summary>X.1.6: the mailbox has moved and its new place is not told.</summary>
    MailboxMoved,

    /// <summary>X.1.7: the sender's address is malformed.</summary>
    SenderSyntax,

    /// <summary>X.1.8: there is no such domain as the sender's.</summary>
    SenderHostUnknown,

    /// <summary>X.1.9: passed on to a system that reports nothing back.</summary>
    RelayedToNonCompliant,

    /// <summary>X.1.10: the recipient's domain takes no mail.</summary>
    NullMx,

    /// <summary>X.2.0: something is wrong with the mailbox.</summary>
    MailboxOther,

    /// <summary>X.2.1: the mailbox is disabled.</summary>
    MailboxDisabled,

    /// <summary>X.2.2: the mailbox is full.</summary>
    MailboxFull,

    /// <summary>X.2.3: the message is longer than the mailbox admits.</summary>
    MessageTooLongForMailbox,

    /// <summary>X.2.4: the mailing list could not be expanded.</summary>
    ListExpansionFailed,

    /// <summary>X.3.0: something is wrong with the mail system.</summary>
    SystemOther,

    /// <summary>X.3.1: the mail system has no room left.</summary>
    SystemFull,

    /// <summary>X.3.2: the mail system takes no mail at present.</summary>
    NotAccepting,

    /// <summary>X.3.3: the mail system lacks a feature that the message needs.</summary>
    NotCapable,

    /// <summary>X.3.4: the message is too big for the mail system.</summary>
    MessageTooBig,

    /// <summary>X.3.5: the mail system is set up wrongly.</summary>
    Misconfigured,

    /// <summary>X.3.6: the priority asked for was changed.</summary>
    PriorityChanged,

    /// <summary>X.4.0: something is wrong with the network or the route.</summary>
    NetworkOther,

    /// <summary>X.4.1: the host does not answer.</summary>
    NoAnswer,

    /// <summary>X.4.2: the connection broke.</summary>
    BadConnection,

    /// <summary>X.4.3: a directory that the route depends on does not answer.</summary>
    DirectoryFailure,

    /// <summary>X.4.4: there is no route to the host.</summary>
    NoRoute,

    /// <summary>X.4.5: the mail system is congested.</summary>
    Congestion,

    /// <summary>X.4.6: the message goes round in a loop.</summary>
    Loop,

    /// <summary>X.4.7: the time for delivery has run out.</summary>
    TimeExpired,

    /// <summary>X.5.0: something is wrong in the dialogue of the mail systems.</summary>
    ProtocolOther,

    /// <summary>X.5.1: a command came out of place.</summary>
    InvalidCommand,

    /// <summary>X.5.2: a command was malformed.</summary>
    CommandSyntax,

    /// <summary>X.5.3: the message has too many recipients.</summary>
    TooManyRecipients,

    /// <summary>X.5.4: a command had invalid arguments.</summary>
    InvalidArguments,

    /// <summary>X.5.5: the mail systems speak different versions of the protocol.</summary>
    WrongVersion,

    /// <summary>X.5.6: an authentication line was too long.</summary>
    AuthenticationTooLong,

    /// <summary>X.6.0: something is wrong with the content.</summary>
    MediaOther,

    /// <summary>X.6.1: the kind of content is not supported.</summary>
    MediaNotSupported,

    /// <summary>X.6.2: the content would have to be converted and may not be.</summary>
    ConversionProhibited,

    /// <summary>X.6.3: the content would have to be converted and cannot be.</summary>
    ConversionNotSupported,

    /// <summary>X.6.4: the content was converted and lost something.</summary>
    ConversionWithLoss,

    /// <summary>X.6.5: the content could not be converted.</summary>
    ConversionFailed,

    /// <summary>X.6.6: the content is not available.</summary>
    ContentNotAvailable,

    /// <summary>X.6.7: an address outside ASCII is not admitted.</summary>
    Utf8AddressRefused,

    /// <summary>X.6.8: an answer outside ASCII would be needed and is not admitted.</summary>
    Utf8ReplyRefused,

    /// <summary>X.6.9: header lines outside ASCII cannot be passed on.</summary>
    Utf8HeaderRefused,

    /// <summary>X.7.0: a security rule is in the way.</summary>
    SecurityOther,

    /// <summary>X.7.1: the message is refused by a rule of the mail system.</summary>
    Refused,

    /// <summary>X.7.2: the sender may not send to the mailing list.</summary>
    ListProhibited,

    /// <summary>X.7.3: a conversion that security needs is not possible.</summary>
    SecurityConversion,

    /// <summary>X.7.4: a security feature is not supported.</summary>
    SecurityNotSupported,

    /// <summary>X.7.5: a signature or an encryption does not hold.</summary>
    CryptographicFailure,

    /// <summary>X.7.6: a cryptographic algorithm is not supported.</summary>
    AlgorithmNotSupported,

    /// <summary>X.7.7: the message was changed on its way.</summary>
    IntegrityFailure,

    /// <summary>X.7.8: the credentials are wrong.</summary>
    CredentialsInvalid,

    /// <summary>X.7.9: the way of authentication is too weak.</summary>
    MechanismTooWeak,

    /// <summary>X.7.10: encryption is needed.</summary>
    EncryptionNeeded,

    /// <summary>X.7.11: encryption is needed for that way of authentication.</summary>
    EncryptionForMechanism,

    /// <summary>X.7.12: the password has to be renewed.</summary>
    PasswordTransition,

    /// <summary>X.7.13: the account is disabled.</summary>
    AccountDisabled,

    /// <summary>X.7.14: the mail systems need to trust each other.</summary>
    TrustRequired,

    /// <summary>X.7.15: the priority is too low.</summary>
    PriorityTooLow,

    /// <summary>X.7.16: the message is too big for its priority.</summary>
    TooBigForPriority,

    /// <summary>X.7.17: the mailbox belongs to somebody else now.</summary>
    MailboxOwnerChanged,

    /// <summary>X.7.18: the domain belongs to somebody else now.</summary>
    DomainOwnerChanged,

    /// <summary>X.7.19: whether the owner has changed cannot be told.</summary>
    OwnerTestFailed,

    /// <summary>X.7.20: no DKIM signature holds.</summary>
    NoPassingDkim,

    /// <summary>X.7.21: no acceptable DKIM signature holds.</summary>
    NoAcceptableDkim,

    /// <summary>X.7.22: no DKIM signature of the author's domain holds.</summary>
    NoAuthorDkim,

    /// <summary>X.7.23: SPF failed.</summary>
    SpfFailed,

    /// <summary>X.7.24: SPF could not be evaluated.</summary>
    SpfError,

    /// <summary>X.7.25: the client's address has no valid name.</summary>
    ReverseDnsFailed,

    /// <summary>X.7.26: several authentication checks failed.</summary>
    AuthenticationFailed,

    /// <summary>X.7.27: the sender's domain takes no mail.</summary>
    SenderNullMx,

    /// <summary>X.7.28: too many messages came.</summary>
    Flood,

    /// <summary>X.7.29: the ARC chain does not hold.</summary>
    ArcFailed,

    /// <summary>X.7.30: encryption is required all the way and not available.</summary>
    RequireTlsNotSupported,
}

/// <summary>The numbers and meanings of <see cref="StatusDetail"/>.</summary>
public static class StatusTable
{
    private static readonly (StatusDetail Detail, int Subject, int Number, string Meaning)[] Rows =
    [
        (StatusDetail.Undefined, 0, 0, "no more is known"),
        (StatusDetail.AddressOther, 1, 0, "something is wrong with an address"),
        (StatusDetail.MailboxUnknown, 1, 1, "there is no such mailbox"),
        (StatusDetail.HostUnknown, 1, 2, "there is no such mail domain"),
        (StatusDetail.AddressSyntax, 1, 3, "the recipient's address is malformed"),
        (StatusDetail.AddressAmbiguous, 1, 4, "the address stands for more than one mailbox"),
        (StatusDetail.AddressValid, 1, 5, "the recipient's address is valid"),
        (StatusDetail.MailboxMoved, 1, 6, "the mailbox has moved and its new place is not told"),
        (StatusDetail.SenderSyntax, 1, 7, "the sender's address is malformed"),
        (StatusDetail.SenderHostUnknown, 1, 8, "there is no such domain as the sender's"),
        (StatusDetail.RelayedToNonCompliant, 1, 9, "passed on to a system that reports nothing back"),
        (StatusDetail.NullMx, 1, 10, "the recipient's domain takes no mail"),
        (StatusDetail.MailboxOther, 2, 0, "something is wrong with the mailbox"),
        (StatusDetail.MailboxDisabled, 2, 1, "the mailbox is disabled"),
        (StatusDetail.MailboxFull, 2, 2, "the mailbox is full"),
        (StatusDetail.MessageTooLongForMailbox, 2, 3, "the message is longer than the mailbox admits"),
        (StatusDetail.ListExpansionFailed, 2, 4, "the mailing list could not be expanded"),
        (StatusDetail.SystemOther, 3, 0, "something is wrong with the mail system"),
        (StatusDetail.SystemFull, 3, 1, "the mail system has no room left"),
        (StatusDetail.NotAccepting, 3, 2, "the mail system takes no mail at present"),
        (StatusDetail.NotCapable, 3, 3, "the mail system lacks a feature that the message needs"),
        (StatusDetail.MessageTooBig, 3, 4, "the message is too big for the mail system"),
        (StatusDetail.Misconfigured, 3, 5, "the mail system is set up wrongly"),
        (StatusDetail.PriorityChanged, 3, 6, "the priority asked for was changed"),
        (StatusDetail.NetworkOther, 4, 0, "something is wrong with the network or the route"),
        (StatusDetail.NoAnswer, 4, 1, "the host does not answer"),
        (StatusDetail.BadConnection, 4, 2, "the connection broke"),
        (StatusDetail.DirectoryFailure, 4, 3, "a directory that the route depends on does not answer"),
        (StatusDetail.NoRoute, 4, 4, "there is no route to the host"),
        (StatusDetail.Congestion, 4, 5, "the mail system is congested"),
        (StatusDetail.Loop, 4, 6, "the message goes round in a loop"),
        (StatusDetail.TimeExpired, 4, 7, "the time for delivery has run out"),
        (StatusDetail.ProtocolOther, 5, 0, "something is wrong in the dialogue of the mail systems"),
        (StatusDetail.InvalidCommand, 5, 1, "a command came out of place"),
        (StatusDetail.CommandSyntax, 5, 2, "a command was malformed"),
        (StatusDetail.TooManyRecipients, 5, 3, "the message has too many recipients"),
        (StatusDetail.InvalidArguments, 5, 4, "a command had invalid arguments"),
        (StatusDetail.WrongVersion, 5, 5, "the mail systems speak different versions of the protocol"),
        (StatusDetail.AuthenticationTooLong, 5, 6, "an authentication line was too long"),
        (StatusDetail.MediaOther, 6, 0, "something is wrong with the content"),
        (StatusDetail.MediaNotSupported, 6, 1, "the kind of content is not supported"),
        (StatusDetail.ConversionProhibited, 6, 2, "the content would have to be converted and may not be"),
        (StatusDetail.ConversionNotSupported, 6, 3, "the content would have to be converted and cannot be"),
        (StatusDetail.ConversionWithLoss, 6, 4, "the content was converted and lost something"),
        (StatusDetail.ConversionFailed, 6, 5, "the content could not be converted"),
        (StatusDetail.ContentNotAvailable, 6, 6, "the content is not available"),
        (StatusDetail.Utf8AddressRefused, 6, 7, "an address outside ASCII is not admitted"),
        (StatusDetail.Utf8ReplyRefused, 6, 8, "an answer outside ASCII would be needed and is not admitted"),
        (StatusDetail.Utf8HeaderRefused, 6, 9, "header lines outside ASCII cannot be passed on"),
        (StatusDetail.SecurityOther, 7, 0, "a security rule is in the way"),
        (StatusDetail.Refused, 7, 1, "the message is refused by a rule of the mail system"),
        (StatusDetail.ListProhibited, 7, 2, "the sender may not send to the mailing list"),
        (StatusDetail.SecurityConversion, 7, 3, "a conversion that security needs is not possible"),
        (StatusDetail.SecurityNotSupported, 7, 4, "a security feature is not supported"),
        (StatusDetail.CryptographicFailure, 7, 5, "a signature or an encryption does not hold"),
        (StatusDetail.AlgorithmNotSupported, 7, 6, "a cryptographic algorithm is not supported"),
        (StatusDetail.IntegrityFailure, 7, 7, "the message was changed on its way"),
        (StatusDetail.CredentialsInvalid, 7, 8, "the credentials are wrong"),
        (StatusDetail.MechanismTooWeak, 7, 9, "the way of authentication is too weak"),
        (StatusDetail.EncryptionNeeded, 7, 10, "encryption is needed"),
        (StatusDetail.EncryptionForMechanism, 7, 11, "encryption is needed for that way of authentication"),
        (StatusDetail.PasswordTransition, 7, 12, "the password has to be renewed"),
        (StatusDetail.AccountDisabled, 7, 13, "the account is disabled"),
        (StatusDetail.TrustRequired, 7, 14, "the mail systems need to trust each other"),
        (StatusDetail.PriorityTooLow, 7, 15, "the priority is too low"),
        (StatusDetail.TooBigForPriority, 7, 16, "the message is too big for its priority"),
        (StatusDetail.MailboxOwnerChanged, 7, 17, "the mailbox belongs to somebody else now"),
        (StatusDetail.DomainOwnerChanged, 7, 18, "the domain belongs to somebody else now"),
        (StatusDetail.OwnerTestFailed, 7, 19, "whether the owner has changed cannot be told"),
        (StatusDetail.NoPassingDkim, 7, 20, "no DKIM signature holds"),
        (StatusDetail.NoAcceptableDkim, 7, 21, "no acceptable DKIM signature holds"),
        (StatusDetail.NoAuthorDkim, 7, 22, "no DKIM signature of the author's domain holds"),
        (StatusDetail.SpfFailed, 7, 23, "SPF failed"),
        (StatusDetail.SpfError, 7, 24, "SPF could not be evaluated"),
        (StatusDetail.ReverseDnsFailed, 7, 25, "the client's address has no valid name"),
        (StatusDetail.AuthenticationFailed, 7, 26, "several authentication checks failed"),
        (StatusDetail.SenderNullMx, 7, 27, "the sender's domain takes no mail"),
        (StatusDetail.Flood, 7, 28, "too many messages came"),
        (StatusDetail.ArcFailed, 7, 29, "the ARC chain does not hold"),
        (StatusDetail.RequireTlsNotSupported, 7, 30, "encryption is required all the way and not available"),
    ];

    /// <summary>Subject and detail as they stand behind the class: <c>7.1</c>.</summary>
    public static string Token(StatusDetail detail) => string.Create(CultureInfo.InvariantCulture, $"{Row(detail).Subject}.{Row(detail).Number}");

    /// <summary>What it means, for people.</summary>
    public static string Meaning(StatusDetail detail) => Row(detail).Meaning;

    /// <summary>Finds an entry of the registry by its numbers.</summary>
    public static bool TryFind(int subject, int number, out StatusDetail detail)
    {
        var at = Array.FindIndex(Rows, row => row.Subject == subject && row.Number == number);
        detail = at < 0 ? default : Rows[at].Detail;
        return at >= 0;
    }

    internal static (StatusDetail Detail, int Subject, int Number, string Meaning) Row(StatusDetail detail) =>
        Array.Find(Rows, row => row.Detail == detail) is { Meaning: not null } row ? row : throw new ArgumentOutOfRangeException(nameof(detail), detail, "not a status");
}

/// <summary>A whole status code, in the registry or not.</summary>
/// <param name="Class">2 success, 4 temporary, 5 permanent.</param>
/// <param name="Subject">What it is about.</param>
/// <param name="Number">The detail.</param>
public readonly record struct EnhancedStatus(int Class, int Subject, int Number)
{
    // RFC 3463, 2: subject and detail are 1*3digit
    private const int MostDigits = 3;

    /// <summary>It can not succeed by trying again.</summary>
    public bool IsPermanent => Class == 5;

    /// <summary>The code with a class.</summary>
    public static EnhancedStatus Of(int statusClass, StatusDetail detail)
    {
        var row = StatusTable.Row(detail);
        return new EnhancedStatus(statusClass, row.Subject, row.Number);
    }

    /// <summary>Takes exactly <c>class.subject.detail</c>.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out EnhancedStatus status)
    {
        status = default;
        var parts = text?.Split('.') ?? [];
        if (parts.Length != 3 || parts[0] is not ("2" or "4" or "5") || !TryNumber(parts[1], out var subject) || !TryNumber(parts[2], out var number)) return false;
        status = new EnhancedStatus(parts[0][0] - '0', subject, number);
        return true;
    }

    /// <summary>What it means, for people; that of the subject where the detail is not in the registry.</summary>
    public string Meaning => StatusTable.TryFind(Subject, Number, out var detail) || StatusTable.TryFind(Subject, 0, out detail) ? StatusTable.Meaning(detail) : StatusTable.Meaning(StatusDetail.Undefined);

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Class}.{Subject}.{Number}");

    private static bool TryNumber(string text, out int number)
    {
        number = 0;
        return text.Length is > 0 and <= MostDigits && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }
}
