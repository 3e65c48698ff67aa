// The pass dcc: asks dccifd whether a message is bulk mail and does with each recipient what the operator's policy says of
// the letter he got. Not asked about: local and authenticated mail, exempt hosts, senders and recipients, and what is too
// large. What the daemon says stands in the results dcc_result, dcc_recipients and dcc_header; what was odd in dcc_note;
// why it was not asked in dcc_skipped. A daemon that does not answer, or not properly, is Unavailable: never a decision.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SpoolWorker.Passes.Dcc.Protocol;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Services;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dcc;

/// <summary>Whether and for whom the daemon is asked.</summary>
/// <param name="Skipped">Why not at all; null: it is.</param>
/// <param name="Unavailable">A list that cannot be read; null: all could.</param>
/// <param name="Recipients">Those the daemon is told of.</param>
/// <param name="Client">Who it is told the client was.</param>
/// <param name="Notes">What was odd.</param>
internal sealed record DccPlan(string? Skipped, string? Unavailable, IReadOnlyList<Recipient> Recipients, DccClientHost Client, List<string> Notes);

/// <summary>What the daemon said of a message, of all its recipients.</summary>
/// <param name="Overall">S when groups of recipients were asked about apart and got different letters.</param>
/// <param name="Letters">One for each recipient of the plan.</param>
/// <param name="Header">The last one given.</param>
/// <param name="Address">The daemon.</param>
internal sealed record DccFinding(DccLetter Overall, IReadOnlyList<DccLetter> Letters, HeaderLine? Header, string Address);

/// <summary>The pass.</summary>
public sealed class DccPass : IMessagePass
{
    // Nothing is counted, neither by DCC nor in its grey lists.
    private static readonly string[] Uncounted = ["header", "query", "grey-query"];

    private readonly DccOptions _options;
    private readonly DccLists _lists;
    private readonly DccClient _client;
    private readonly DccPolicy _policy;
    private readonly ILogger _log;

    /// <summary>Makes the pass of settings that nothing is wrong with.</summary>
    public DccPass(DccOptions options, TimeProvider clock, ILogger? log = null)
    {
        _options = options;
        _lists = new DccLists(options, clock);
        _client = new DccClient(ServiceAddress.All(options.Address), LimitsOf(options), clock);
        _policy = new DccPolicy(options);
        _log = log ?? NullLogger.Instance;
    }

    /// <inheritdoc/>
    public string Name => "dcc";

    /// <summary>The pass as the program makes it.</summary>
    public static DccPass Create(DccOptions options, IServiceProvider services) =>
        new(options, services.GetService<TimeProvider>() ?? TimeProvider.System, services.GetService<ILoggerFactory>()?.CreateLogger<DccPass>());

    /// <summary>The daemons, each asked about a message as the pass would, without counting it.</summary>
    public static IReadOnlyList<NeededService> Needs(DccOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var trial = SampleMessage.Context();
        var request = new DccRequest(Uncounted, DccClientHost.Of(trial.Message, null), trial.Message.Sender, trial.Recipients, trial.Message, trial.Body);
        return NeededServices.Of("dccifd", options.Address, LimitsOf(options), connection => DccClient.ConverseAsync(connection, request),
            trouble: answer => new ServiceHealth($"{answer.Overall.ToLetter()}", answer.Overall == DccLetter.Temporary ? "without-server" : null));
    }

    /// <inheritdoc/>
    public async ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
    {
        var plan = Plan(context);
        if (plan.Unavailable is { } reason) return PassResult.Unavailable(reason);
        if (plan.Skipped is { } skipped) return new PassResult { Results = new Dictionary<string, string> { [DccResults.Skipped.Name] = skipped } };
        var (finding, last) = await AskAsync(context, plan, cancellationToken).ConfigureAwait(false);
        return finding is null ? PassResult.Unavailable(last.Reason) : Result(context, plan, finding);
    }

    /// <summary>Looks at what can be said without the daemon.</summary>
    internal DccPlan Plan(PassContext context)
    {
        var notes = new List<string>();
        var message = context.Message;
        var overrideIp = OverrideIp(message, notes, out var unavailable);
        var plan = new DccPlan(null, unavailable, context.Recipients, DccClientHost.Of(message, overrideIp), notes);
        if (unavailable is not null) return plan;
        var ip = DccClientHost.AddressIn(message);
        if (ip is null && _options.SkipLocal) return plan with { Skipped = "local mail" };
        if (ip is not null && _options.SkipAuthenticated && message.IsAuthenticated) return plan with { Skipped = "authenticated sender" };
        if (_options.MaxSize > 0 && context.Body.Length + message.Headers.Where(h => !h.IsDeleted).Sum(h => (long)h.Text.Length) is var size && size > _options.MaxSize)
            return plan with { Skipped = $"{size} bytes are above {_options.MaxSize}" };
        if (ip is not null && IsIn(_lists.Hosts.Find(ip), ref unavailable)) return plan with { Skipped = $"exempt host {ip}" };
        if (IsIn(_lists.Senders.Find(message.Sender.Span), ref unavailable)) return plan with { Skipped = "exempt sender" };
        var asked = context.Recipients.Where(r => !IsIn(_lists.Recipients.Find(r.Address.Span), ref unavailable)).ToList();
        if (unavailable is not null) return plan with { Unavailable = unavailable };
        return asked.Count == 0 ? plan with { Skipped = "exempt recipients" } : plan with { Recipients = asked };
    }

    /// <summary>Asks, in groups when there are more recipients than the daemon takes at once.</summary>
    internal async ValueTask<(DccFinding? Finding, DccReply Last)> AskAsync(PassContext context, DccPlan plan, CancellationToken cancellationToken)
    {
        DccFinding? all = null;
        var reply = new DccReply(null, "", "there are no recipients", default);
        foreach (var group in plan.Recipients.Chunk(DccRequest.MaxRecipients))
        {
            reply = await _client.AskAsync(RequestFor(context, plan, group), cancellationToken).ConfigureAwait(false);
            if (reply.Answer is not { } answer) return (null, reply);
            all = all is null
                ? new DccFinding(answer.Overall, answer.Recipients, answer.Header, reply.Address)
                : new DccFinding(all.Overall == answer.Overall ? all.Overall : DccLetter.Some, [.. all.Letters, .. answer.Recipients], answer.Header ?? all.Header, reply.Address);
        }
        return (all, reply);
    }

    /// <summary>The question for some of the recipients.</summary>
    internal DccRequest RequestFor(PassContext context, DccPlan plan, IReadOnlyList<Recipient> recipients)
    {
        string[] words = ["header", .. _options.Mode == DccMode.Query ? ["query"] : Array.Empty<string>(), .. _options.Options];
        return new DccRequest([.. words.Distinct()], plan.Client, context.Message.Sender, recipients, context.Message, context.Body);
    }

    /// <summary>What the policy makes of a finding.</summary>
    internal IReadOnlyList<DccVerdict> Judge(PassContext context, DccPlan plan, DccFinding finding) => _policy.Decide(finding.Overall, plan.Recipients, finding.Letters, context.Now);

    internal PassResult Result(PassContext context, DccPlan plan, DccFinding finding)
    {
        var verdicts = Judge(context, plan, finding);
        var acts = _options.Mode != DccMode.ReportOnly;
        var header = finding.Header is { } line ? DccText.Unfolded(line) : "";
        var edits = new List<HeaderEdit>();
        if (_options.DirectAddHeader) AddHeaders(context.Message, finding.Header, edits, plan.Notes);
        if (acts && _policy.CanTag) edits.AddRange(DccHeaders.Remove(context.Message, System.Text.Encoding.ASCII.GetBytes(DccHeaders.TagName)));
        if (acts && DccPolicy.Tag(verdicts) is { } tag) edits.Add(new HeaderEdit.AddAtEnd(tag));
        var letters = DccPolicy.Letters(finding.Letters);
        _log.LogInformation("{Id} dcc: {Result} {Letters} by {Address}: {Header}", context.Message.Id, finding.Overall.ToLetter(), letters, finding.Address, header.Length > 0 ? header : "no X-DCC header");
        foreach (var note in plan.Notes) _log.LogWarning("{Id} dcc: {Note}", context.Message.Id, note);
        var results = new Dictionary<string, string> { [DccResults.Overall.Name] = finding.Overall.ToLetter().ToString(), [DccResults.Recipients.Name] = letters, [DccResults.Header.Name] = header };
        if (plan.Notes.Count > 0) results[DccResults.Note.Name] = string.Join("; ", plan.Notes);
        return new PassResult { Recipients = acts ? [.. verdicts.Select(v => (v.Recipient.Address, v.Disposition with { Diagnosis = DiagnosisOf(v.Letter, finding, header) }))] : [], Headers = edits, Results = results };
    }

    // For the sender of what bounces: whose answer it was. "host port", or the path of a socket.
    private static Diagnosis DiagnosisOf(DccLetter letter, DccFinding finding, string header)
    {
        var words = finding.Address.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var port = 0;
        var hasPort = words.Length == 2 && int.TryParse(words[1], System.Globalization.CultureInfo.InvariantCulture, out port);
        return new Diagnosis
        {
            Status = letter == DccLetter.Temporary ? null : Mail.StatusDetail.Refused,
            Address = hasPort ? words[0].Trim('[', ']') : finding.Address,
            Port = port,
            Answer = header.Length > 0 ? $"{letter.ToLetter()} {header}" : $"{letter.ToLetter()}",
        };
    }

    private static ServiceLimits LimitsOf(DccOptions options) => new(options.ConnectTimeout, options.WriteTimeout, options.ReadTimeout, options.BreakFor);

    private void AddHeaders(HeaderFile message, HeaderLine? header, List<HeaderEdit> edits, List<string> notes)
    {
        if (header is not null) edits.AddRange(DccHeaders.Replace(message, header));
        if (_options.AddHeaderVariable.Length == 0 || message.Find(DccClientHost.SpoolName(_options.AddHeaderVariable)) is not { } extra) return;
        edits.AddRange(DccHeaders.FromVariable(extra.Value.Span, _options.AddHeaderVariable, notes).Select(l => new HeaderEdit.AddAtEnd(l)));
    }

    private string? OverrideIp(HeaderFile message, List<string> notes, out string? unavailable)
    {
        unavailable = null;
        // An empty variable is as good as none: the seed's ACL sets it so when the table has no entry.
        var text = _options.OverrideClientIpVariable.Length > 0 ? message.Find(DccClientHost.SpoolName(_options.OverrideClientIpVariable))?.Text.Trim() : null;
        var from = _options.OverrideClientIpVariable;
        if (string.IsNullOrEmpty(text) && message.Find("helo_name") is { } helo)
        {
            var answer = _lists.IpByHelo.Find(helo.Value.Span);
            if (answer.State == LookupState.Unavailable) unavailable = answer.Reason;
            (text, from) = (answer.Value?.Trim(), "OverrideClientIpByHelo");
        }
        if (string.IsNullOrEmpty(text)) return null;
        if (DccClientHost.IsAddress(text)) return text;
        notes.Add($"{from}: {DccText.Quote(System.Text.Encoding.Latin1.GetBytes(text))} is no IP address; the client's own is sent");
        return null;
    }

    private static bool IsIn(LookupAnswer answer, ref string? unavailable)
    {
        if (answer.State == LookupState.Unavailable) unavailable ??= answer.Reason ?? "a list cannot be read";
        return answer.IsFound;
    }
}
