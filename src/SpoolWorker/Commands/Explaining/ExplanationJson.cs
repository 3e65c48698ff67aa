// A bounce explained to programs: the same facts, one object.
using System.Text.Json;
using SpoolWorker.Commands.Output;
using SpoolWorker.Passes.BounceReading.Reports;

namespace SpoolWorker.Commands.Explaining;

/// <summary>Prints a report as JSON.</summary>
internal static class ExplanationJson
{
    public static void Write(Utf8JsonWriter json, BounceReport report, SrsReading srs)
    {
        json.WriteStartObject();
        json.WriteBoolean("bounce", report.Form != BounceForm.None);
        json.WriteString("form", report.Form.Token());
        Text(json, "reportingMta", report.ReportingMta);
        Text(json, "arrivalDate", report.ArrivalDate);
        Text(json, "envelopeId", report.EnvelopeId);
        Text(json, "returnedTo", report.ReturnedTo);
        Srs(json, "returnedToSrs", report.ReturnedTo, srs);
        json.WriteStartObject("failed");
        Text(json, "messageId", report.FailedMessageId);
        Text(json, "eximId", report.FailedEximId);
        Text(json, "subject", report.FailedSubject);
        json.WriteEndObject();
        json.WriteStartArray("recipients");
        foreach (var recipient in report.Recipients) Write(json, recipient, srs);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, BouncedRecipient recipient, SrsReading srs)
    {
        json.WriteStartObject();
        Text(json, "address", recipient.Address);
        Text(json, "original", recipient.Original);
        Srs(json, "srs", recipient.Address, srs);
        json.WriteString("action", recipient.Action);
        if (recipient.IsPermanent is { } permanent) json.WriteBoolean("permanent", permanent);
        else json.WriteNull("permanent");
        if (recipient.Status is { } status)
        {
            json.WriteString("status", status.ToString());
            json.WriteString("meaning", recipient.Meaning);
        }
        if (recipient.Written is { } written) json.WriteString("statusWritten", written.ToString());
        if (recipient.SmtpCode > 0) json.WriteNumber("smtpCode", recipient.SmtpCode);
        Text(json, "reason", recipient.Reason);
        Text(json, "remoteMta", recipient.RemoteMta);
        Text(json, "remoteAddress", recipient.RemoteAddress);
        Text(json, "greeting", recipient.Greeting);
        Text(json, "heloResponse", recipient.HeloResponse);
        Text(json, "eximDiagnostic", recipient.EximDiagnostic);
        Text(json, "lastAttempt", recipient.LastAttempt);
        Text(json, "retryUntil", recipient.RetryUntil);
        json.WriteEndObject();
    }

    private static void Srs(Utf8JsonWriter json, string name, string address, SrsReading srs)
    {
        if (srs.Read(address) is not { } found) return;
        json.WriteStartObject(name);
        Text(json, "address", found.Address);
        json.WriteString("note", found.Note);
        json.WriteEndObject();
    }

    private static void Text(Utf8JsonWriter json, string name, string value)
    {
        if (value.Length > 0) json.WriteString(name, Printable.Json(ExplanationText.Latin1(value)));
    }
}
