// The pass clamd: has ClamAV's daemon look at each message, once for all its recipients, and does with each what the settings say of a virus. A find
// whose name only tags (Heuristics.*, PUA.*) stands in header lines and results and stops nobody. A message above MaxSize is not sent, nor one above
// clamd's StreamMaxLength, which it is asked about before: it refuses a chunk by its length, before any of it has come (clamd/server-th.c,
// handle_stream). An error of clamd's is about the message, not a daemon that is down.
using System.Buffers;
using System.Buffers.Binary;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Services;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts.Clamd;

/// <summary>The pass.</summary>
public sealed class ClamdPass : VerdictPass
{
    // As clamav-milter names them.
    private const string ScannedLine = "X-Virus-Scanned", StatusLine = "X-Virus-Status";

    private static readonly byte[] Command = "zINSTREAM\0"u8.ToArray(), LastChunk = new byte[sizeof(int)];

    // Nobody who has mail looked at has a StreamMaxLength below it; it saves most messages a connection.
    private const int AskedFrom = 1024 * 1024;

    private readonly ServiceClient _client;
    private readonly PolicyAction _onError;
    private readonly RecipientGroups<Measure> _groups;
    private readonly Wildcard[] _tagOnly;

    // The largest message that clamd takes for all we know; behind a failure, as it may take less since, we know nothing.
    private long _taken = AskedFrom;

    /// <summary>Makes the pass of settings that nothing is wrong with.</summary>
    public ClamdPass(ClamdOptions options, TimeProvider clock, ILogger? log = null)
        : base(options, clock, new VerdictNames(ClamdResults.Skipped, ClamdResults.Recipients), [ScannedLine, StatusLine, .. options.Groups.SelectMany(NameOf)], log)
    {
        _client = ClientOf(options, options.Address, clock);
        _onError = options.OnError;
        _groups = RecipientGroups<Measure>.Of(options.Groups.Select(g => (g.Recipients, (Measure)g)), new Measure { Then = options.OnVirus }, clock);
        _tagOnly = [.. options.TagOnly.Select(name => new Wildcard(name))];
    }

    /// <inheritdoc/>
    public override string Name => "clamd";

    /// <summary>The pass as the program makes it.</summary>
    public static ClamdPass Create(ClamdOptions options, IServiceProvider services) =>
        new(options, services.GetService<TimeProvider>() ?? TimeProvider.System, services.GetService<ILoggerFactory>()?.CreateLogger<ClamdPass>());

    /// <summary>Faults of the section.</summary>
    public static IEnumerable<string> Faults(ClamdOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        foreach (var fault in ServiceAddress.Faults(options.Address)) yield return fault;
        foreach (var fault in Exemptions.Faults(options)) yield return fault;
        foreach (var fault in MeasureFaults.Of(nameof(options.Groups), options.Groups)) yield return fault;
    }

    /// <summary>The daemons, each asked to look at a message as all are: PING is answered, too, by one whose disk is full.</summary>
    public static IReadOnlyList<NeededService> Needs(ClamdOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return NeededServices.Of("clamd", options.Address, LimitsOf(options), connection => ConverseAsync(connection, SampleMessage.Context()));
    }

    private protected override async ValueTask<(Judgement? Judgement, string Reason)> JudgeAsync(PassContext context, IReadOnlyList<Recipient> recipients, CancellationToken cancellationToken)
    {
        var large = await WouldTakeAsync(new WireMessage(context.Message, context.Body), cancellationToken).ConfigureAwait(false);
        if (large is { Answer: null }) return (null, large.Reason);
        string? error = null;
        var reply = large is { Answer.IsTooLarge: true } ? large : await _client.AskAsync(async connection =>
        {
            var said = await ConverseAsync(connection, context).ConfigureAwait(false);
            // Another daemon may be better off.
            return said.Error is null ? said : throw new ServiceAnswerException($"clamd says: {error = said.Error}");
        }, cancellationToken).ConfigureAwait(false);
        if (reply.Answer is null) Volatile.Write(ref _taken, AskedFrom);
        if (error is not null && reply.Answer is null) return (FailedOn(context, recipients, error, reply.Reason), "");
        if (reply.Answer is not { } answer) return (null, reply.Reason);
        if (answer.IsTooLarge) return (new Judgement([], []) { TooLarge = "clamd's StreamMaxLength is below it; set Clamd:MaxSize to that" }, "");
        var isSuspect = answer.Find is { } name && _tagOnly.Any(t => t.Matches(name));
        var isVirus = answer.Find is not null && !isSuspect;
        var word = isVirus ? "virus" : isSuspect ? "suspect" : "clean";
        Log.LogInformation("{Id} clamd: {Result} {Name} by {Address}", context.Message.Id, word, answer.Find ?? "", reply.Address);
        string? unavailable = null;
        var diagnosis = new Diagnosis { Status = Mail.StatusDetail.Refused, Answer = answer.Find ?? "" };
        var decisions = recipients.Select(r => new Decision(r, isVirus ? _groups.For(r, ref unavailable) : null, $"virus {answer.Find} says clamd", diagnosis)).ToList();
        if (unavailable is not null) return (null, unavailable);
        var results = new Dictionary<string, string> { [ClamdResults.Result.Name] = word };
        if (answer.Find is not null) results[ClamdResults.Find.Name] = answer.Find;
        var status = isVirus ? $"Infected ({answer.Find})" : isSuspect ? $"Suspect ({answer.Find})" : "Clean";
        return (new Judgement(decisions, results)
        {
            Headers = [new HeaderEdit.AddAtEnd(EngineText.Line(ScannedLine, "ClamAV")), new HeaderEdit.AddAtEnd(EngineText.Line(StatusLine, status))],
        }, "");
    }

    private Judgement FailedOn(PassContext context, IReadOnlyList<Recipient> recipients, string error, string reason)
    {
        Log.LogWarning("{Id} clamd cannot look at it: {Reason}", context.Message.Id, reason);
        var measure = new Measure { Then = _onError };
        return new Judgement([.. recipients.Select(r => new Decision(r, measure, reason, new Diagnosis { Status = Mail.StatusDetail.Refused, Answer = error }))], new Dictionary<string, string> { [ClamdResults.Result.Name] = "error" })
        {
            Headers = [new HeaderEdit.AddAtEnd(EngineText.Line(ScannedLine, "ClamAV")), new HeaderEdit.AddAtEnd(EngineText.Line(StatusLine, $"Error ({error})"))],
        };
    }

    // Null: it is not asked. First for more than the message can have, so that it need not be read to know its length.
    private async ValueTask<ServiceReply<ClamdAnswer>?> WouldTakeAsync(WireMessage message, CancellationToken cancellationToken)
    {
        var (most, taken) = (message.MostLength, Volatile.Read(ref _taken));
        // A mebibyte is read in less time than a connection takes.
        if (most <= taken || (taken == AskedFrom && !message.IsAbove(AskedFrom, out _))) return null;
        var reply = await WouldTakeAsync(most, cancellationToken).ConfigureAwait(false);
        return reply.Answer is { IsTooLarge: true } && message.CountLength() is var length && length < most ? await WouldTakeAsync(length, cancellationToken).ConfigureAwait(false) : reply;
    }

    private async ValueTask<ServiceReply<ClamdAnswer>> WouldTakeAsync(long length, CancellationToken cancellationToken)
    {
        var chunk = new byte[sizeof(int)];
        // Above that no chunk says its length, and nobody's StreamMaxLength is.
        BinaryPrimitives.WriteUInt32BigEndian(chunk, (uint)Math.Min(length, uint.MaxValue));
        var reply = await _client.AskAsync(async connection =>
        {
            var broken = await connection.SendAsync(async send => await send((byte[])[.. Command, .. chunk]).ConfigureAwait(false), endsSending: true).ConfigureAwait(false);
            try
            {
                return ClamdAnswer.Read((await connection.ReceiveAsync(ClamdAnswer.MaxBytes, ClamdAnswer.IsWhole, broken).ConfigureAwait(false)).Span);
            }
            catch (ServiceAnswerException) when (connection.Received.IsEmpty)
            {
                // It waited for the chunk, and hung up when none came.
                return new ClamdAnswer((string?)null);
            }
        }, cancellationToken).ConfigureAwait(false);
        if (reply.Answer is { IsTooLarge: false, Error: null }) Volatile.Write(ref _taken, length);
        return reply;
    }

    // Chunks with their length in front, in network order; one of nothing ends it (clamd(8), INSTREAM). Each is sent at once with its length, and the command with the first:
    // clamd wakes for whatever comes.
    private static async ValueTask<ClamdAnswer> ConverseAsync(ServiceConnection connection, PassContext context)
    {
        var before = Command;
        var broken = await connection.SendAsync(async send =>
        {
            await new WireMessage(context.Message, context.Body).SendAsync(async piece =>
            {
                var head = before.Length + sizeof(int);
                var chunk = ArrayPool<byte>.Shared.Rent(head + piece.Length);
                try
                {
                    before.CopyTo(chunk, 0);
                    BinaryPrimitives.WriteInt32BigEndian(chunk.AsSpan(before.Length), piece.Length);
                    piece.CopyTo(chunk.AsMemory(head));
                    await send(chunk.AsMemory(0, head + piece.Length)).ConfigureAwait(false);
                }
                finally
                {
                    ArrayPool<byte>.Shared.Return(chunk);
                }
                before = [];
            }).ConfigureAwait(false);
            await send(LastChunk).ConfigureAwait(false);
        }, endsSending: false).ConfigureAwait(false);
        if (broken.Length > 0) broken += "; is its StreamMaxLength below Clamd:MaxSize?";
        return ClamdAnswer.Read((await connection.ReceiveAsync(ClamdAnswer.MaxBytes, ClamdAnswer.IsWhole, broken).ConfigureAwait(false)).Span);
    }
}
