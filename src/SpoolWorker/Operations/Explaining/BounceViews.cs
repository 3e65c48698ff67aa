// A bounce for programs: the same facts as for people.
using MimeKit.Utils;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Mail;
using SpoolWorker.Passes.BounceReading.Reports;

namespace SpoolWorker.Operations.Explaining;

/// <summary>Makes views of reports.</summary>
internal static class BounceViews
{
    public static BounceView Of(BounceReport report, SrsReading srs) => new()
    {
        Bounce = report.Form != BounceForm.None,
        Form = report.Form.Token(),
        ReportingMta = Exact(report.ReportingMta),
        Arrived = Time(report.ArrivalDate),
        EnvelopeId = Exact(report.EnvelopeId),
        ReturnedTo = Exact(report.ReturnedTo),
        ReturnedToSrs = Srs(report.ReturnedTo, srs),
        Failed = new FailedMessageView { MessageId = Exact(report.FailedMessageId), EximId = Exact(report.FailedEximId), Subject = Exact(report.FailedSubject) },
        Recipients = [.. report.Recipients.Select(r => Of(r, srs))],
    };

    private static BouncedRecipientView Of(BouncedRecipient recipient, SrsReading srs) => new()
    {
        Address = RecordViews.Exact(recipient.Address),
        Original = Exact(recipient.Original),
        Srs = Srs(recipient.Address, srs),
        Action = recipient.Action,
        Permanent = recipient.IsPermanent,
        Status = recipient.Status?.ToString(),
        Meaning = recipient.Status is null ? null : recipient.Meaning,
        StatusWritten = recipient.Written?.ToString(),
        SmtpCode = recipient.SmtpCode > 0 ? recipient.SmtpCode : null,
        Reason = Exact(recipient.Reason),
        RemoteMta = Exact(recipient.RemoteMta),
        RemoteAddress = Exact(recipient.RemoteAddress),
        Greeting = Exact(recipient.Greeting),
        HeloResponse = Exact(recipient.HeloResponse),
        EximDiagnostic = Exact(recipient.EximDiagnostic),
        LastAttempt = Time(recipient.LastAttempt),
        RetryUntil = Time(recipient.RetryUntil),
    };

    private static SrsFindingView? Srs(string address, SrsReading srs) => srs.Read(address) is { } found ? new SrsFindingView { Address = RecordViews.Exact(found.Address), Note = found.Note } : null;

    // A date of RFC 5322, 3.3, as a stranger wrote it (RFC 3464, 2.2.5, 2.3.7 and 2.3.9).
    private static string? Time(string date) => DateUtils.TryParse(date, out var time) ? View.TimeOf(time) : null;

    private static string? Exact(string octets) => octets.Length > 0 ? RecordViews.Exact(octets) : null;
}
