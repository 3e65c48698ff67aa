// A message sent through: handed to the Exim that receives, followed through intake, worker and target until nothing of it is left. It goes from the null sender, so that
// nobody is told of it, and to an address that is thrown away. Sending and following have one time limit. Whatever becomes of it, nothing of it stays,
// also when the doctor is told to stop: what is left is deleted as an operator would, which has the time limits of that.
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using MimeKit.Utils;
using SpoolWorker.Characters;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor.Exims;
using SpoolWorker.Operations.EximConfig;
using SpoolWorker.Operations.Injecting;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Services;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Probing;

/// <summary>Sends a probe and follows it.</summary>
/// <param name="loaded">The configuration.</param>
/// <param name="order">How it is sent.</param>
/// <param name="clock">Dates and intervals.</param>
internal sealed class Probe(LoadedConfiguration loaded, ProbeOrder order, TimeProvider clock)
{
    private const string Subject = "probe";

    private readonly Settings _settings = loaded.Settings;

    // By which it is found when nobody tells its id.
    private readonly string _mark = string.Create(CultureInfo.InvariantCulture, $"probe.{clock.GetUtcNow().ToUnixTimeMilliseconds()}.{Environment.ProcessId}");

    public async Task<IReadOnlyList<Finding>> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(order.Within);
        var scene = await Task.Run(() => EximScene.Of(_settings), cancellationToken).WaitAsync(order.Within, clock, cancellationToken).ConfigureAwait(false);
        var (id, how, refused) = await SendAsync(scene, limit.Token, cancellationToken).ConfigureAwait(false);
        if (id is not { } sent) return [refused!];
        var trail = new ProbeTrail(_settings, sent, clock);
        var cleaning = new ProbeCleaning(loaded, order.Actor);
        try
        {
            var findings = new List<Finding> { await trail.FollowAsync(how, limit.Token, cancellationToken).ConfigureAwait(false) };
            if (findings[0].Kind is not null && await cleaning.RemoveAsync(trail.Ids, cancellationToken).ConfigureAwait(false) is { } left) findings.Add(left);
            return findings;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            await cleaning.RemoveAsync(trail.Ids, CancellationToken.None).ConfigureAwait(false);
            throw;
        }
    }

    private async Task<(MessageId? Id, string How, Finding? Refused)> SendAsync(EximScene scene, CancellationToken limit, CancellationToken cancellationToken)
    {
        var (address, command) = Receiver(scene);
        var host = (command is null ? null : EximVersion.Setting(command, "primary_hostname")) ?? System.Net.Dns.GetHostName();
        var recipient = order.Recipient ?? $"{DoctorWirings.ProbeLocalPart}@{host}";
        try
        {
            if (address is null) return (Injected(recipient), "put into the intake, as the Exim that receives is not known", null);
            var sent = await ProbeSender.SendAsync(address, host, recipient, Text(recipient), limit).ConfigureAwait(false);
            if (sent.Id is { } id) return (id, $"sent to {address}", null);
            if (!sent.MayBeThere) return (null, "", ProbeKinds.Refused.Error(Subject, $"{address}: {SafeText.Of(sent.Refusal)}"));
            if (await ProbeSearch.FindAsync(_settings, MessageIdOf(recipient)).ConfigureAwait(false) is { } found) return (found, $"sent to {address}, whose answer was lost", null);
            cancellationToken.ThrowIfCancellationRequested();
            return (null, "", ProbeKinds.NotSent.Error(Subject, $"{address}: {SafeText.Of(sent.Refusal)}; it lies nowhere, and may have gone through"));
        }
        catch (SocketException e)
        {
            return (null, "", ProbeKinds.NotSent.Error(Subject, $"{address}: {address!.Explain(e)}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (null, "", ProbeKinds.NotSent.Error(Subject, e.Message));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return (null, "", ProbeKinds.NotSent.Error(Subject, $"{address} does not take it within {order.Within.TotalSeconds:0.#} s"));
        }
    }

    // The daemon of the first intake's spool.
    private (ServiceAddress? Address, TargetOptions? Command) Receiver(EximScene scene)
    {
        var spools = _settings.Intakes.SelectMany(RunningChecks.SpoolsOf).ToHashSet();
        var daemon = scene.Running.FirstOrDefault(p => p.IsDaemon && spools.Contains(p.Spool));
        var command = daemon is null || EximVersion.Command(_settings.Target) is null ? null : EximProcesses.Asked(_settings.Target, daemon.Config);
        return (order.Smtp ?? (command is null ? null : ReceivingPort.Of(daemon!, command)), command);
    }

    private MessageId Injected(string recipient)
    {
        var intake = Injector.IntakeOf(_settings, null, out var trouble) ?? throw new IOException(trouble!.Text);
        var headers = Headers(recipient).Select(h => HeaderLine.Create(h + "\n")).ToList();
        return Injector.Inject(intake, new InjectedMessage(headers, new Body(), [], [Encoding.UTF8.GetBytes(recipient)], Places.UserName(Posix.EffectiveUser), System.Net.Dns.GetHostName()), clock);
    }

    private string Text(string recipient) => string.Join('\n', Headers(recipient)) + "\n\n" + Body.Text;

    private List<string> Headers(string recipient) =>
    [
        $"From: {recipient}", $"To: {recipient}", "Subject: spoolworker doctor --probe", $"Date: {DateUtils.FormatDate(clock.GetUtcNow())}",
        $"Message-ID: <{MessageIdOf(recipient)}>",
        // RFC 3834, 5: nobody answers it.
        "Auto-Submitted: auto-generated",
    ];

    private string MessageIdOf(string recipient) => $"{_mark}@{recipient.Split('@')[^1]}";

    private sealed class Body : IMessageBody
    {
        public const string Text = "This message looks whether mail goes through. It is thrown away behind the worker.\n";

        public long Length => Text.Length;

        public bool IsWireFormat => false;

        public Stream OpenRead() => new MemoryStream(Encoding.ASCII.GetBytes(Text), writable: false);
    }
}
