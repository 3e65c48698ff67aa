// A message for programs: the same facts as the text, one object.
using System.Text.Json;
using SpoolWorker.Commands.Output;
using SpoolWorker.Ledger;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Showing;

/// <summary>Prints a <see cref="MessageView"/> as JSON.</summary>
internal static class JsonView
{
    public static void Write(Utf8JsonWriter json, MessageView view)
    {
        json.WriteStartObject();
        json.WriteString("place", view.Place);
        json.WriteString("file", view.HeaderPath);
        if (view.Reason.Length > 0) json.WriteString("reason", view.Reason);
        if (view.Error is { } error)
        {
            json.WriteStartObject("error");
            json.WriteString("kind", error.Kind.Token());
            json.WriteNumber("offset", error.Offset);
            json.WriteString("reason", error.Reason);
            json.WriteEndObject();
        }
        if (view.Header is { } header) Write(json, view, header);
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, MessageView view, HeaderFile header)
    {
        json.WriteString("id", header.Id.ToString());
        Bytes(json, "sender", header.Sender);
        json.WriteNumber("received", header.ReceivedTime);
        json.WriteNumber("warnings", header.WarningCount);
        Bytes(json, "login", header.Login);
        json.WriteNumber("uid", header.Uid);
        json.WriteNumber("gid", header.Gid);
        json.WriteBoolean("frozen", header.IsFrozen);
        json.WriteStartObject("body");
        json.WriteString("file", view.BodyPath);
        if (view.BodySize >= 0) json.WriteNumber("size", view.BodySize);
        json.WriteString("form", header.IsWireFormat ? "wire" : "lf");
        if (header.BodyLineCount is { } lines) json.WriteNumber("lines", lines);
        if (view.BodyFault.Length > 0) json.WriteString("fault", view.BodyFault);
        json.WriteString("locked", view.Locked);
        json.WriteEndObject();
        json.WriteStartArray("recipients");
        foreach (var (recipient, state) in view.Recipients)
        {
            json.WriteStartObject();
            Bytes(json, "address", recipient.Address);
            json.WriteString("state", state);
            if (!recipient.ErrorsTo.IsEmpty) Bytes(json, "errorsTo", recipient.ErrorsTo);
            if (!recipient.Orcpt.IsEmpty) Bytes(json, "orcpt", recipient.Orcpt);
            if (recipient.DsnFlags != 0) json.WriteNumber("dsnFlags", recipient.DsnFlags);
            if (recipient.Parent >= 0) json.WriteNumber("parent", recipient.Parent);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("nonRecipients");
        foreach (var address in header.NonRecipients.Addresses) json.WriteStringValue(Printable.Json(address.Span));
        json.WriteEndArray();
        json.WriteStartArray("variables");
        foreach (var variable in header.Variables)
        {
            json.WriteStartObject();
            json.WriteString("name", variable.FullName);
            if (variable.HasValue) Bytes(json, "value", variable.Value);
            json.WriteBoolean("tainted", variable.Tainted);
            if (variable.Quoter is { } quoter) json.WriteString("quoter", quoter);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteStartArray("headers");
        foreach (var line in header.Headers)
        {
            json.WriteStartObject();
            json.WriteString("flag", line.Flag.ToString());
            json.WriteBoolean("deleted", line.IsDeleted);
            Bytes(json, "text", line.Text);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WritePropertyName("ledger");
        JsonSerializer.Serialize(json, [.. view.Ledger], LedgerJson.Default.LedgerEntryArray);
    }

    private static void Bytes(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> bytes) => json.WriteString(name, Printable.Json(bytes.Span));
}
