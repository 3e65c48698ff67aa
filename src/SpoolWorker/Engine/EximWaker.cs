// Tells the target's Exim that there is something to deliver. Only ever a hint: what gets lost is found by Exim's own
// queue runner, so every failure is logged and harmless.
//
// One datagram to the daemon's notifier socket, 0x01 + id + 0x00, starts a queue run for that message alone; an empty id
// starts one over the whole queue. The daemon starts at most queue_run_max runners and drops what comes while they run,
// and a runner that has listed the directory does not see later messages (seen on 4.96). So: hints are gathered while one
// is being sent, several ids are sent as the empty one, and what still lies in the spool untouched a little later is
// asked for again, a few times.
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SpoolWorker.Configuration;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Wakes the target's Exim.</summary>
internal sealed class EximWaker : IAsyncDisposable
{
    private const byte QueueRunRequest = 1;
    private const int MostIdsACommand = 100, MostWaiting = 100_000, MostAsksAgain = 4;
    private static readonly TimeSpan AskAgainFirst = TimeSpan.FromSeconds(2), CommandTime = TimeSpan.FromMinutes(5);

    private readonly TargetOptions _options;
    private readonly string _socketName, _input;
    private readonly Lazy<string?> _command;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Channel<(string Folder, MessageId Id)> _channel = Channel.CreateBounded<(string, MessageId)>(
        new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _run;
    private string _lastFailure = "";

    public EximWaker(TargetOptions options, TimeProvider clock, ILogger<EximWaker> log)
    {
        _options = options;
        _clock = clock;
        _log = log;
        _input = Places.TargetPath(options);
        _socketName = "\0" + Places.SpoolOf(_input) + "/exim_daemon_notify";
        _command = new Lazy<string?>(() => EximVersion.ServingCommand(options));
        _run = options.Wake == WakeMethod.None ? Task.CompletedTask : Task.Run(RunAsync);
    }

    /// <summary>These are visible now.</summary>
    public void Committed(IReadOnlyList<StagedPair> pairs)
    {
        if (_options.Wake == WakeMethod.None) return;
        foreach (var pair in pairs) _channel.Writer.TryWrite((pair.Folder, pair.Id));
    }

    /// <summary>Sends what is gathered; asking again is left to Exim's queue runner then.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await _stop.CancelAsync().ConfigureAwait(false);
        await _run.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        var waiting = new List<(string Folder, MessageId Id)>();
        var asks = 0;
        while (true)
        {
            // A message that Exim has begun to work on has a message log or a journal: that one is Exim's business.
            var timeout = waiting.Count > 0 && asks <= MostAsksAgain ? AskAgainFirst * (1 << Math.Max(0, asks - 1)) : Timeout.InfiniteTimeSpan;
            var more = await WaitAsync(timeout).ConfigureAwait(false);
            if (more is null) return;
            var fresh = new List<(string Folder, MessageId Id)>();
            while (_channel.Reader.TryRead(out var next)) fresh.Add(next);
            waiting.RemoveAll(w => !IsUntouched(w.Folder, w.Id));
            asks = fresh.Count > 0 ? 1 : asks + 1;
            if (asks > MostAsksAgain) waiting.Clear();
            waiting.AddRange(fresh);
            if (waiting.Count > 0) await WakeAsync(waiting).ConfigureAwait(false);
        }
    }

    // True: new messages. False: time to ask again. Null: the end.
    private async Task<bool?> WaitAsync(TimeSpan timeout)
    {
        using var timer = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        using var delay = timeout == Timeout.InfiniteTimeSpan ? null : _clock.CreateTimer(_ => timer.Cancel(), null, timeout, Timeout.InfiniteTimeSpan);
        try
        {
            return await _channel.Reader.WaitToReadAsync(timer.Token).ConfigureAwait(false) ? true : null;
        }
        catch (OperationCanceledException)
        {
            if (!_stop.IsCancellationRequested) return false;
            return _channel.Reader.TryPeek(out _) ? true : null;
        }
    }

    private async Task WakeAsync(List<(string Folder, MessageId Id)> ids)
    {
        try
        {
            if (_options.Wake == WakeMethod.Notify && Notify(ids.Count == 1 ? ids[0].Id.ToString() : "")) return;
            await ExecuteAsync(ids).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or System.ComponentModel.Win32Exception or TimeoutException)
        {
            Failure(e.Message);
        }
    }

    private bool Notify(string id)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(_socketName));
            socket.Send([QueueRunRequest, .. Encoding.ASCII.GetBytes(id), 0]);
            if (_lastFailure.Length > 0) _log.LogInformation("Exim of {Input} is listening again", _input);
            _lastFailure = "";
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock)
        {
            // Its queue of hints is full: it is awake enough, and we ask again.
            return true;
        }
        catch (SocketException e)
        {
            if (_command.Value is not null) return false;
            Failure($"no daemon listens on @{_socketName[1..]} ({e.SocketErrorCode}); Exim's queue runner will find the messages");
            return true;
        }
    }

    private async Task ExecuteAsync(List<(string Folder, MessageId Id)> ids)
    {
        if (_command.Value is not { } command)
        {
            Failure("no exim command is known to work on this spool; set Target:Exim (and Target:EximConfig)");
            return;
        }
        foreach (var batch in ids.Chunk(MostIdsACommand))
        {
            var start = new ProcessStartInfo(command) { RedirectStandardOutput = true, RedirectStandardError = true };
            if (_options.EximConfig.Length > 0)
            {
                start.ArgumentList.Add("-C");
                start.ArgumentList.Add(_options.EximConfig);
            }
            start.ArgumentList.Add("-Mc");
            foreach (var (_, id) in batch) start.ArgumentList.Add(id.ToString());
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            _ = process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync().WaitAsync(CommandTime).ConfigureAwait(false);
            if (process.ExitCode != 0) Failure($"{command} -Mc ended with {process.ExitCode}: {(await errors.ConfigureAwait(false)).Trim()}");
        }
    }

    // A daemon that is down stays down for a while: the same line is logged once.
    private void Failure(string reason)
    {
        if (reason != _lastFailure) _log.LogWarning("waking Exim of {Input}: {Reason}", _input, reason);
        _lastFailure = reason;
    }

    // -H is there, Exim has not started on it: no journal, and no message log that is younger than our commit can be told
    // from the name alone, so the log's existence decides.
    private static bool IsUntouched(string folder, MessageId id) =>
        Posix.Exists($"{folder}/{id.HeaderName}") && !Posix.Exists($"{folder}/{id.JournalName}")
        && !Posix.Exists($"{folder.Replace("/input", "/msglog", StringComparison.Ordinal)}/{id}");
}
