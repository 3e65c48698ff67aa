// The outcome of dcc check for programs: one object.
using System.Text;
using System.Text.Json;
using SpoolWorker.Commands.Output;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dcc.Protocol;

namespace SpoolWorker.Commands.Dcc;

/// <summary>Prints a <see cref="DccCheckView"/> as JSON.</summary>
internal static class DccCheckJson
{
    public static void Write(Utf8JsonWriter json, DccCheckView view, bool verbose)
    {
        json.WriteStartObject();
        json.WriteBoolean("answered", view.Finding is not null);
        if (view.Plan.Unavailable is { } unavailable) json.WriteString("unavailable", unavailable);
        if (view.Plan.Skipped is { } skipped) json.WriteString("dcc_skipped", skipped);
        json.WriteNumber("milliseconds", Math.Round(view.Milliseconds, 1));
        Request(json, view, verbose);
        if (verbose) Strings(json, "answer", Encoding.Latin1.GetString(view.Reply.Raw.Span).TrimEnd('\n').Split('\n').Select(Encoding.Latin1.GetBytes).Select(l => (ReadOnlyMemory<byte>)l));
        if (view.Finding is { } finding)
        {
            json.WriteString("address", finding.Address);
            json.WriteString("dcc_result", finding.Overall.ToLetter().ToString());
            json.WriteString("dcc_recipients", DccPolicy.Letters(finding.Letters));
            json.WriteString("dcc_header", finding.Header is { } header ? DccText.Unfolded(header) : "");
            json.WriteBoolean("acts", view.Acts);
            json.WriteStartArray("recipients");
            foreach (var verdict in view.Verdicts)
            {
                json.WriteStartObject();
                json.WriteString("address", Printable.Json(verdict.Recipient.Address.Span));
                json.WriteString("letter", verdict.Letter.ToLetter().ToString());
                json.WriteString("policy", DccCheckView.Word(verdict.Action));
                json.WriteString("disposition", Disposition.Token(view.Acts ? verdict.Disposition.Kind : DispositionKind.Continue));
                json.WriteString("reason", DccPolicy.Reason(verdict.Letter));
                json.WriteEndObject();
            }
            json.WriteEndArray();
            Strings(json, "headersRemoved", view.Edits.OfType<HeaderEdit.Delete>().Select(e => e.Line.Text));
            Strings(json, "headersAdded", view.Edits.OfType<HeaderEdit.AddAtEnd>().Select(e => e.Line.Text));
        }
        else
        {
            json.WriteString("reason", view.Reply.Reason);
            json.WriteString("disposition", view.OnUnavailable == OnUnavailable.Defer ? "defer" : "continue");
        }
        json.WriteStartArray("notes");
        foreach (var note in view.Plan.Notes) json.WriteStringValue(note);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Request(Utf8JsonWriter json, DccCheckView view, bool verbose)
    {
        json.WriteStartObject("request");
        json.WriteString("options", string.Join(' ', view.Request.Options));
        json.WriteString("ip", view.Request.Client.Ip);
        json.WriteString("host", Printable.Json(view.Request.Client.Name.Span));
        json.WriteString("helo", Printable.Json(view.Request.Client.Helo.Span));
        json.WriteString("sender", Printable.Json(view.Request.Sender.Span));
        Strings(json, "recipients", view.Request.Recipients.Select(r => r.Address));
        if (verbose) Strings(json, "lines", view.Lines());
        json.WriteNumber("bodyBytes", view.Request.Body.Length);
        json.WriteEndObject();
    }

    private static void Strings(Utf8JsonWriter json, string name, IEnumerable<ReadOnlyMemory<byte>> values)
    {
        json.WriteStartArray(name);
        foreach (var value in values) json.WriteStringValue(Printable.Json(value.Span));
        json.WriteEndArray();
    }
}
