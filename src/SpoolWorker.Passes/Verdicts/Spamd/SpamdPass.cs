// The pass spamd: asks SpamAssassin's daemon for the score of a message, once for each user whose settings count for its recipients (SPAMC 1.5,
// SYMBOLS), and does with each recipient what his levels say. REPORT costs a scan more: SYMBOLS has no text, and from a report, which quotes the
// message, no rule's name can be taken for true.
using System.Globalization;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Services;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts.Spamd;

/// <summary>The pass.</summary>
public sealed class SpamdPass : ScorePass
{
    private static readonly byte[] Ping = "PING SPAMC/1.5\r\n\r\n"u8.ToArray();

    private readonly ServiceClient _client;
    private readonly Questions _questions;
    private readonly bool _reports;

    /// <summary>Makes the pass of settings that nothing is wrong with.</summary>
    public SpamdPass(SpamdOptions options, TimeProvider clock, ILogger? log = null)
        : base(options, clock, (new VerdictNames(SpamdResults.Skipped, SpamdResults.Recipients), new ScoreNames(SpamdResults.Score, SpamdResults.Threshold, SpamdResults.Symbols, SpamdResults.Scores)), [], log)
    {
        _reports = options.Report;
        _client = ClientOf(options, options.Address, clock);
        _questions = new Questions(options.Users, options.User, options.MaxUsers, clock);
    }

    /// <inheritdoc/>
    public override string Name => "spamd";

    /// <summary>The pass as the program makes it.</summary>
    public static SpamdPass Create(SpamdOptions options, IServiceProvider services) =>
        new(options, services.GetService<TimeProvider>() ?? TimeProvider.System, services.GetService<ILoggerFactory>()?.CreateLogger<SpamdPass>());

    /// <summary>Faults of the section.</summary>
    public static IEnumerable<string> Faults(SpamdOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var fault in ServiceAddress.Faults(options.Address)) yield return fault;
        foreach (var fault in FaultsOf(options, hasActions: false)) yield return fault;
        if (!LookupList.TryParse(options.Users, LookupKind.Address, out _, out var error)) yield return $"{nameof(options.Users)} = {error}";
        if (options.User.Any(c => c is <= ' ' or > '~')) yield return $"User = '{options.User}': must be a name in printable ASCII, without blanks";
    }

    /// <summary>The daemons, each asked by PING, which a child answers as it would a message: of a message that is asked about again and again spamd may learn.</summary>
    public static IReadOnlyList<NeededService> Needs(SpamdOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return NeededServices.Of("spamd", options.Address, LimitsOf(options), async connection =>
        {
            var broken = await connection.SendAsync(send => send(Ping), endsSending: true).ConfigureAwait(false);
            return SpamdAnswer.ReadPong((await connection.ReceiveAsync(SpamdAnswer.MaxBytes, SpamdAnswer.IsLine, broken).ConfigureAwait(false)).Span);
        });
    }

    private protected override async ValueTask<(Judgement? Judgement, string Reason)> JudgeAsync(PassContext context, IReadOnlyList<Recipient> recipients, CancellationToken cancellationToken)
    {
        if (!_questions.TryFor(recipients, out var questions, out var unavailable)) return (null, unavailable);
        var length = new WireMessage(context.Message, context.Body).CountLength();
        var findings = new List<(Question Question, ScoreFinding Finding)>();
        foreach (var question in questions)
        {
            var reply = await _client.AskAsync(async connection => SpamdAnswer.Read(await ConverseAsync(connection, context, "SYMBOLS", question.Setting, length).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
            if (reply.Answer is not { } finding) return (null, reply.Reason);
            Log.LogInformation("{Id} spamd: {Score} for {Count} recipients, user '{User}', by {Address}: {Symbols}", context.Message.Id, Text(finding.Score), question.Recipients.Count, question.Setting, reply.Address, finding.Symbols);
            findings.Add((question, finding));
        }
        var judgement = Judge(context, findings, out unavailable);
        if (judgement is not null && _reports && findings.MaxBy(f => f.Finding.Score) is { Finding.IsSpam: true } highest)
        {
            var report = await _client.AskAsync(async connection => SpamdAnswer.ReadReport(await ConverseAsync(connection, context, "REPORT", highest.Question.Setting, length).ConfigureAwait(false)), cancellationToken).ConfigureAwait(false);
            if (report.Answer is not { } text) return (null, report.Reason);
            judgement.Results[SpamdResults.Report.Name] = text;
        }
        return (judgement, unavailable);
    }

    private static async ValueTask<byte[]> ConverseAsync(ServiceConnection connection, PassContext context, string command, string user, long length)
    {
        // A table may hold anything: a line break in a user's name would be another line of the request.
        byte[] name = user.Length == 0 ? [] : [.. "User: "u8, .. RequestText.OneLine(Encoding.Latin1.GetBytes(ByteText.FromText(user))), .. "\r\n"u8];
        byte[] head = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{command} SPAMC/1.5\r\nContent-length: {length}\r\n")), .. name, .. "\r\n"u8];
        var broken = await connection.SendAsync(send => new WireMessage(context.Message, context.Body).SendAsync(send, head), endsSending: true).ConfigureAwait(false);
        return (await connection.ReceiveAsync(SpamdAnswer.MaxBytes, AnswerHead.IsWhole, broken).ConfigureAwait(false)).ToArray();
    }
}
