// The third part of a notification: the message it is about, whole or its header lines (RFC 6522, 3). RET decides (RFC 3461,
// 4.3), within what the operator allows and mail can carry: a body with NULs or lines above 998 bytes is not returned, its
// header lines are, encoded where they are not plain ASCII (RFC 6522, 4). Header lines are those that came in. Throws only
// what reading the body throws.
using System.Text;
using MimeKit;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>The returned message.</summary>
/// <param name="Text">Name of the sentence that says what is attached.</param>
/// <param name="Head">The MIME header and what comes before the body.</param>
/// <param name="Body">The body behind it; null when only header lines are returned.</param>
/// <param name="Scan">What is in the part.</param>
internal sealed record ReturnedPart(string Text, byte[] Head, IMessageBody? Body, BodyScan Scan)
{
    // RFC 5322, 2.1.1
    private const int MostLine = 998;

    public static ReturnedPart Of(DsnNotice notice, DsnOptions options, bool global)
    {
        var headers = HeaderLines(notice.Message);
        var ofHeaders = BodyScan.Of(headers);
        var ret = DsnRequest.RetOf(notice.Message) is var asked && asked == Returned.Unset ? options.Return : asked;
        // RFC 3461, 4.3: RET is about failures; what is delayed or relayed comes with header lines only.
        if (ret != Returned.Full || notice.Action != DsnAction.Failed) return OfHeaders("returned-headers", headers, ofHeaders, global);
        if (notice.Body.Length > options.MaxReturnSize || !IsFit(ofHeaders)) return OfHeaders("returned-not-full", headers, ofHeaders, global);
        using var body = Open(notice.Body);
        var ofBody = BodyScan.Of(body);
        if (!IsFit(ofBody)) return OfHeaders("returned-not-full", headers, ofHeaders, global);
        var eightBit = ofHeaders.HasEightBit || ofBody.HasEightBit;
        var head = $"Content-Type: message/{(global ? "global" : "rfc822")}\n{(eightBit ? "Content-Transfer-Encoding: 8bit\n" : "")}\n";
        return new ReturnedPart("returned-full", [.. Encoding.ASCII.GetBytes(head), .. headers, (byte)'\n'], notice.Body,
            new BodyScan(eightBit, HasNul: false, Math.Max(ofHeaders.LongestLine, ofBody.LongestLine)));
    }

    /// <summary>The body with LF line ends.</summary>
    public static Stream Open(IMessageBody body) => body.IsWireFormat ? new LfStream(body.OpenRead()) : body.OpenRead();

    private static bool IsFit(BodyScan scan) => !scan.HasNul && scan.LongestLine <= MostLine;

    private static ReturnedPart OfHeaders(string text, byte[] headers, BodyScan scan, bool global)
    {
        var plain = IsFit(scan) && (global || !scan.HasEightBit);
        using var content = new MemoryStream(headers, writable: false);
        using var part = new MimePart(global ? "message" : "text", global ? "global-headers" : "rfc822-headers")
        {
            ContentTransferEncoding = !plain ? ContentEncoding.QuotedPrintable : scan.HasEightBit ? ContentEncoding.EightBit : ContentEncoding.SevenBit,
            Content = new MimeContent(content),
        };
        var bytes = MimeBytes.Of(part);
        return new ReturnedPart(text, bytes, null, BodyScan.Of(bytes));
    }

    // The return path on top, as a message in a mailbox has it; Exim returns it so too.
    private static byte[] HeaderLines(HeaderFile message)
    {
        using var lines = new MemoryStream();
        lines.Write("Return-path: <"u8);
        lines.Write(message.Sender.Span);
        lines.Write(">\n"u8);
        foreach (var line in message.Headers.Where(line => !line.IsDeleted)) lines.Write(line.Text.Span);
        return lines.ToArray();
    }
}
