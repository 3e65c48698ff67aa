// The pass rspamd: has rspamd look at each message, once for each of its settings that count for recipients (POST /checkv2), and does with each recipient
// what his levels say of action and score. Header lines that rspamd asks for are taken over by name; where recipients differ, those of the highest
// score.
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Marking;
using SpoolWorker.Passes.Services;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts.Rspamd;

/// <summary>The pass.</summary>
public sealed class RspamdPass : ScorePass
{
    private static readonly ScoreNames Found = new(RspamdResults.Score, RspamdResults.Threshold, RspamdResults.Symbols, RspamdResults.Scores) { Action = RspamdResults.Action };

    private readonly ServiceClient _client;
    private readonly Questions _questions;
    private readonly HashSet<string> _mayAdd, _mayRemove;

    /// <summary>Makes the pass of settings that nothing is wrong with.</summary>
    public RspamdPass(RspamdOptions options, TimeProvider clock, ILogger? log = null)
        : base(options, clock, (new VerdictNames(RspamdResults.Skipped, RspamdResults.Recipients), Found), options.AllowHeaders.Where(IsOurs), log)
    {
        _client = ClientOf(options, RspamdUrl.Addresses(options.Url), clock);
        _questions = new Questions(options.Settings, "", options.MaxSettings, clock);
        _mayAdd = new(options.AllowHeaders, StringComparer.OrdinalIgnoreCase);
        // What the pass adds itself is not added twice.
        if (options.AddHeaders) _mayAdd.ExceptWith(OwnLines);
        // The others go in any case.
        _mayRemove = new(options.AllowHeaders.Where(name => !IsOurs(name)), StringComparer.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    public override string Name => "rspamd";

    /// <summary>The pass as the program makes it.</summary>
    public static RspamdPass Create(RspamdOptions options, IServiceProvider services) =>
        new(options, services.GetService<TimeProvider>() ?? TimeProvider.System, services.GetService<ILoggerFactory>()?.CreateLogger<RspamdPass>());

    /// <summary>Faults of the section.</summary>
    public static IEnumerable<string> Faults(RspamdOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var fault in RspamdUrl.Faults(options.Url)) yield return fault;
        foreach (var fault in FaultsOf(options, hasActions: true)) yield return fault;
        if (!LookupList.TryParse(options.Settings, LookupKind.Address, out _, out var error)) yield return $"{nameof(options.Settings)} = {error}";
        foreach (var name in options.AllowHeaders)
        {
            if (!EditFaults.TryLine($"{name}: x", out var line) || line.Name.Length != name.Length) yield return $"{nameof(options.AllowHeaders)} = '{name}': must be the name of a header line, without a colon";
            else if (name.Equals(LineEdits.SkipMark, StringComparison.OrdinalIgnoreCase)) yield return $"{nameof(options.AllowHeaders)} = '{name}': is the worker's own word about passes that were skipped, and would be taken out";
        }
    }

    /// <summary>The scanners, each asked about a message as all are: a proxy answers as long as one behind it does.</summary>
    public static IReadOnlyList<NeededService> Needs(RspamdOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var sample = SampleMessage.Context();
        var head = RspamdRequest.Head(sample.Message, new Question("", sample.Recipients), new WireMessage(sample.Message, sample.Body).CountLength());
        // What is wrong with an address is told of the settings.
        return RspamdUrl.Faults(options.Url).Any() ? []
            : NeededServices.Of("rspamd", RspamdUrl.Addresses(options.Url), LimitsOf(options), connection => ConverseAsync(connection, sample, head), key: nameof(options.Url));
    }

    private protected override async ValueTask<(Judgement? Judgement, string Reason)> JudgeAsync(PassContext context, IReadOnlyList<Recipient> recipients, CancellationToken cancellationToken)
    {
        if (!_questions.TryFor(recipients, out var questions, out var unavailable)) return (null, unavailable);
        var length = new WireMessage(context.Message, context.Body).CountLength();
        var findings = new List<(Question, ScoreFinding)>();
        foreach (var question in questions)
        {
            var head = RspamdRequest.Head(context.Message, question, length);
            var reply = await _client.AskAsync(connection => ConverseAsync(connection, context, head), cancellationToken).ConfigureAwait(false);
            if (reply.Answer is not { } finding) return (null, reply.Reason);
            Log.LogInformation("{Id} rspamd: {Action} {Score} for {Count} recipients, settings '{Settings}', by {Address}: {Symbols}", context.Message.Id, finding.Action, Text(finding.Score), question.Recipients.Count, question.Setting, reply.Address, finding.Symbols);
            findings.Add((question, finding));
        }
        return (Judge(context, findings, out unavailable), unavailable);
    }

    private protected override IReadOnlyList<HeaderEdit> EditsOf(HeaderFile message, ScoreFinding finding)
    {
        var edits = ((RspamdFinding)finding).Edits.Of(message, _mayAdd, _mayRemove, out var refused);
        foreach (var name in refused) Log.LogWarning("{Id} rspamd: the line {Name} it asks for is no header field and is left out", message.Id, name);
        return edits;
    }

    // Nobody but such a pass has a name for them; of Authentication-Results or DKIM-Signature those of others stay.
    private static bool IsOurs(string name) => name.StartsWith("X-", StringComparison.OrdinalIgnoreCase);

    private static async ValueTask<RspamdFinding> ConverseAsync(ServiceConnection connection, PassContext context, byte[] head)
    {
        var broken = await connection.SendAsync(send => new WireMessage(context.Message, context.Body).SendAsync(send, head), endsSending: false).ConfigureAwait(false);
        // It says nothing of a message above that.
        if (broken.Length > 0) broken += "; is its max_message below Rspamd:MaxSize?";
        return RspamdAnswer.Read(await connection.ReceiveAsync(RspamdAnswer.MaxBytes, AnswerHead.IsWhole, broken).ConfigureAwait(false));
    }
}
