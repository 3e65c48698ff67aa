using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Verdicts;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dcc;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>Messages for the passes, and what they made of them.</summary>
internal static class VerdictScene
{
    /// <summary>Waits that a busy machine keeps.</summary>
    public static T Patient<T>(this T options) where T : VerdictOptions
    {
        (options.ConnectTimeout, options.WriteTimeout, options.ReadTimeout) = (TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(1));
        return options;
    }

    /// <summary>A message as it came from a stranger.</summary>
    public static PassContext Message(string body = "Hello\n", string[]? recipients = null, string[]? headers = null, bool isWire = false, string? options = null, int attempt = 1)
    {
        headers ??= ["From: alice@sender.example\n", "To: a@r.example\n", "Subject: a test\n\tfolded\n", "Message-ID: <1@sender.example>\n", "Date: Mon, 23 Nov 2026 12:00:00 +0000\n"];
        var header = options is null ? DccScene.Header(recipients: recipients, headers: headers) : DccScene.Header(options, recipients: recipients, headers: headers);
        return DccScene.Context(header, new MemoryBody(body, isWire)) with { Attempt = attempt };
    }

    /// <summary>What a pass makes of a message where its engine answers.</summary>
    public static async Task<PassResult> AnswerOf(VerdictPass pass, PassContext context)
    {
        var result = (await pass.RunAsync(context, CancellationToken.None)).AsDeclaredBy(pass.Name);
        result.UnavailableReason.Should().BeNull();
        return result;
    }

    /// <summary>What becomes of each recipient, as "address kind".</summary>
    public static string[] Kinds(PassResult result, PassContext context) => DccScene.Of(result, context);

    /// <summary>The message's header lines after the edits, without flags.</summary>
    public static string[] Lines(PassResult result, PassContext context)
    {
        var lines = context.Message.Headers.Where(h => !h.IsDeleted).Select(h => DccScene.Text(h.Text)).ToList();
        foreach (var edit in result.Headers)
        {
            if (edit is HeaderEdit.AddAtEnd add) lines.Add(DccScene.Text(add.Line.Text));
            if (edit is HeaderEdit.Delete delete) lines.Remove(DccScene.Text(delete.Line.Text));
        }
        return [.. lines];
    }

    /// <summary>A variable of -H that is set; null when it is not.</summary>
    public static string? Variable(PassResult result, string name) =>
        result.Envelope.OfType<EnvelopeEdit.SetVariable>().LastOrDefault(v => v.Name == name) is { } set ? DccScene.Text(set.Value) : null;

    /// <summary>The recipients that get another address, as "from to".</summary>
    public static string[] Redirected(PassResult result) =>
        [.. result.Envelope.OfType<EnvelopeEdit.ReplaceRecipient>().Select(r => $"{DccScene.Text(r.Recipient)} {DccScene.Text(r.With)}")];

    /// <summary>A message with one attachment in base64.</summary>
    public static string Attached(ReadOnlySpan<byte> file, string name) =>
        $"--b\nContent-Type: text/plain\n\nHello\n--b\nContent-Type: application/octet-stream; name={name}\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(file, Base64FormattingOptions.InsertLineBreaks).ReplaceLineEndings("\n")}\n--b--\n";

    /// <summary>Header lines of a message with attachments.</summary>
    public static string[] MixedHeaders => ["From: alice@sender.example\n", "Subject: a test\n", "MIME-Version: 1.0\n", "Content-Type: multipart/mixed; boundary=b\n"];

    /// <summary>A text as a file in a zip archive.</summary>
    public static byte[] Zipped(string text)
    {
        using var bytes = new MemoryStream();
        using (var zip = new System.IO.Compression.ZipArchive(bytes, System.IO.Compression.ZipArchiveMode.Create))
        using (var file = zip.CreateEntry("file.com").Open()) file.Write(Encoding.ASCII.GetBytes(text));
        return bytes.ToArray();
    }
}
