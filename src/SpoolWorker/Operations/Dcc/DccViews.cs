// A question to dccifd, for programs.
using SpoolWorker.Characters;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Mail;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dcc.Protocol;

namespace SpoolWorker.Operations.Dcc;

/// <summary>Makes views of inquiries.</summary>
internal static class DccViews
{
    /// <param name="inquiry">What was asked and answered.</param>
    /// <param name="withLines">Whether question and answer are wanted line by line.</param>
    public static DccView Of(DccInquiry inquiry, bool withLines) => new()
    {
        Answered = inquiry.Finding is not null,
        WouldNotAsk = inquiry.WouldNotAsk,
        TookSeconds = View.Seconds(inquiry.Duration),
        Request = RequestOf(inquiry, withLines),
        AnswerLines = withLines ? [.. inquiry.ReplyLines().Select(l => SafeText.Exact(l))] : [],
        Daemon = inquiry.Finding?.Address,
        Results = inquiry.Judgement?.Result.Results.ToDictionary(r => r.Key, r => RecordViews.Exact(r.Value)),
        Acts = inquiry.Acts,
        Recipients = [.. (inquiry.Judgement?.Verdicts ?? []).Select(v => Of(v, inquiry.Acts))],
        Reason = inquiry.Finding is null ? inquiry.Reply.Reason : null,
        Disposition = inquiry.Finding is not null ? null : inquiry.OnUnavailable == OnUnavailable.Defer ? "defer" : "continue",
        Added = [.. Edits(inquiry).OfType<HeaderEdit.AddAtEnd>().Select(e => Line(e.Line.Text))],
        Removed = [.. Edits(inquiry).OfType<HeaderEdit.Delete>().Select(e => Line(e.Line.Text))],
        Notes = [.. inquiry.Plan.Notes],
    };

    private static DccRequestView RequestOf(DccInquiry inquiry, bool withLines) => new()
    {
        Options = string.Join(' ', inquiry.Request.Options),
        Ip = inquiry.Request.Client.Ip,
        Host = Exact(inquiry.Request.Client.Name),
        Helo = Exact(inquiry.Request.Client.Helo),
        Sender = SafeText.Exact(inquiry.Request.Sender.Span),
        Recipients = [.. inquiry.Request.Recipients.Select(r => new RecipientView { Address = SafeText.Exact(r.Address.Span) })],
        Lines = withLines ? [.. inquiry.RequestLines().Select(l => SafeText.Exact(l.Span))] : [],
        BodySize = inquiry.Request.Body.Length,
    };

    private static DccRecipientView Of(DccVerdict verdict, bool acts) => new()
    {
        Address = SafeText.Exact(verdict.Recipient.Address.Span),
        Letter = verdict.Letter.ToLetter().ToString(),
        Policy = SettingsReader.Dashed(verdict.Action.ToString()),
        Disposition = Disposition.Token(acts ? verdict.Disposition.Kind : DispositionKind.Continue),
        Reason = DccPolicy.Reason(verdict.Letter),
    };

    private static IReadOnlyList<HeaderEdit> Edits(DccInquiry inquiry) => inquiry.Judgement?.Result.Headers ?? [];

    private static string Line(ReadOnlyMemory<byte> text) => SafeText.Exact(text.Span.TrimEnd((byte)'\n'));

    private static string? Exact(ReadOnlyMemory<byte> bytes) => bytes.IsEmpty ? null : SafeText.Exact(bytes.Span);
}
