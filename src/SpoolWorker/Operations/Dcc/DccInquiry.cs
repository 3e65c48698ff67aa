// dccifd asked about one message as the pass dcc would, and what the policy makes of the answer. Changes nothing; unless it is wanted
// the daemon is asked not to count the message. Exemptions are told, and the daemon is asked all the same.
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dcc.Protocol;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Dcc;

/// <summary>What a message does not say itself; null: as it says.</summary>
/// <param name="Ip">The client's address.</param>
/// <param name="Host">The client's name.</param>
/// <param name="Helo">What the client said in HELO.</param>
/// <param name="Sender">The envelope sender, in angle brackets or not.</param>
/// <param name="Recipients">Recipients; none: those of the message.</param>
internal sealed record DccEnvelope(string? Ip, string? Host, string? Helo, string? Sender, IReadOnlyList<string> Recipients);

/// <summary>What the pass makes of an answer.</summary>
/// <param name="Verdicts">What the policy does with each recipient.</param>
/// <param name="Result">Header lines and results.</param>
internal sealed record DccJudgement(IReadOnlyList<DccVerdict> Verdicts, PassResult Result);

/// <summary>One question to dccifd with everything that came of it.</summary>
/// <param name="Plan">Whether the worker would have asked.</param>
/// <param name="Request">What was sent.</param>
/// <param name="Finding">What it says; null without a proper answer.</param>
/// <param name="Reply">The last reply as it came.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Judgement">What the pass makes of it; null without a proper answer.</param>
/// <param name="Acts">False: Mode is report-only.</param>
/// <param name="OnUnavailable">What the worker does without an answer.</param>
internal sealed record DccInquiry(DccPlan Plan, DccRequest Request, DccFinding? Finding, DccReply Reply, TimeSpan Duration, DccJudgement? Judgement, bool Acts, OnUnavailable OnUnavailable)
{
    // SpamAssassin's client names this one when it knows no recipients; without any the daemon only looks up.
    private const string UnknownRecipient = "unknown";

    /// <summary>Why the worker would not have asked; null: it would.</summary>
    public string? WouldNotAsk => Plan.Unavailable ?? Plan.Skipped;

    /// <summary>The request line by line, without the body.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> RequestLines()
    {
        foreach (var line in Request.Envelope()) yield return line;
        foreach (var header in Request.Headers())
        {
            var text = header.Text;
            for (int end; (end = text.Span.IndexOf((byte)'\n')) >= 0; text = text[(end + 1)..]) yield return text[..end];
        }
        yield return default;
    }

    /// <summary>The reply line by line.</summary>
    public IEnumerable<byte[]> ReplyLines() => Encoding.Latin1.GetString(Reply.Raw.Span).TrimEnd('\n').Split('\n').Select(Encoding.Latin1.GetBytes);

    /// <summary>Asks. Options and addresses have to be right (ArgumentException); a failing read of the body throws (IOException).</summary>
    /// <param name="options">Settings of the pass; changed where the message is not to be counted.</param>
    /// <param name="message">Header lines, and of a pair the envelope.</param>
    /// <param name="body">The body.</param>
    /// <param name="envelope">What is told beside it.</param>
    /// <param name="counts">Whether the daemon counts the message, as it does for the worker.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<DccInquiry> AskAsync(DccOptions options, HeaderFile message, IMessageBody body, DccEnvelope envelope, bool counts, CancellationToken cancellationToken)
    {
        var clock = TimeProvider.System;
        var context = new PassContext(Described(message, envelope), body, Asked(message, envelope), 1, new Dictionary<string, string>(), clock.GetUtcNow());
        var acts = options.Mode != DccMode.ReportOnly;
        if (!counts)
        {
            options.Mode = DccMode.Query;
            options.Options = [.. options.Options.Where(o => o != "spam"), "grey-query"];
        }
        var pass = new DccPass(options, clock);
        var plan = pass.Plan(context);
        var request = pass.RequestFor(context, plan, plan.Recipients);
        var started = clock.GetTimestamp();
        var (finding, last) = await pass.AskAsync(context, plan, cancellationToken).ConfigureAwait(false);
        var duration = clock.GetElapsedTime(started);
        var judgement = finding is null ? null : new DccJudgement(pass.Judge(context, plan, finding), pass.Result(context, plan, finding));
        return new DccInquiry(plan, request, finding, last, duration, judgement, acts, options.OnUnavailable);
    }

    private static IReadOnlyList<Recipient> Asked(HeaderFile message, DccEnvelope envelope)
    {
        IReadOnlyList<Recipient> asked = envelope.Recipients.Count > 0 ? [.. envelope.Recipients.Select(r => new Recipient(Encoding.UTF8.GetBytes(r)))] : message.Pending;
        return asked.Count > 0 ? asked : [new Recipient(Encoding.ASCII.GetBytes(UnknownRecipient))];
    }

    private static HeaderFile Described(HeaderFile header, DccEnvelope envelope)
    {
        if (envelope.Ip is { } ip) header = header.WithVariable("host_address", $"[{ip}]");
        if (envelope.Host is { } host) header = header.WithVariable("host_name", host);
        if (envelope.Helo is { } helo) header = header.WithVariable("helo_name", helo);
        return envelope.Sender is { } from ? header.WithSender(Encoding.UTF8.GetBytes(from.Trim().TrimStart('<').TrimEnd('>'))) : header;
    }
}
