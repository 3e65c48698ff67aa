// Tells the target's Exim what there is to deliver. Only ever a hint: what gets lost is found by Exim's own queue runner, so
// every failure is logged and harmless, and none ends the waker.
//
// One datagram asks the daemon for one message (see EximNotifier). It starts at most queue_run_max runners and drops, without
// a word, what comes while that many run. So no more are asked for at once; the next when a -H has gone; and what still lies
// there untouched is asked for again, each time later. One runner fewer than the daemon may start: one that has done its work
// is counted until the daemon has noticed its end, and the regular queue run is one, too.
//
// A daemon that was started without -q<time> has the socket and ignores what comes. That is said once, and counted; from then
// on one message at a time is asked for, to find out when another daemon is there.
using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Target;

/// <summary>Wakes the target's Exim.</summary>
internal sealed class EximWaker : IAsyncDisposable
{
    private const int MostWaiting = 100_000, MostOpen = 20;

    // Exim's default of queue_run_max (globals.c).
    private const int UsualRunners = 5;

    // 0.5, 1, 2, … 30 s: a minute in all.
    private const int MostAsks = 8;

    // So many in a row, of whichever messages, and for so long: nobody works there.
    private const int UnansweredToDeafness = 5;
    private static readonly TimeSpan TimeToDeafness = TimeSpan.FromSeconds(10);

    // A short id may be one that this daemon cannot be asked for (see EximNotifier): then the command has to do it.
    private const int AsksForShortId = 2;

    private static readonly TimeSpan AskAgainFirst = TimeSpan.FromMilliseconds(500), AskAgainMost = TimeSpan.FromSeconds(30);

    // A runner at work on a slow delivery; after this the next one is asked for, which costs a datagram if it is dropped.
    private static readonly TimeSpan LongestTurn = TimeSpan.FromSeconds(5);

    // From the removal of -H to the end of the runner that the daemon has noticed.
    private static readonly TimeSpan ReapTime = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan LookSoon = TimeSpan.FromMilliseconds(10), LookLate = TimeSpan.FromMilliseconds(200), SoonTime = TimeSpan.FromSeconds(1), StopTime = TimeSpan.FromSeconds(10);

    private readonly TargetOptions _options;
    private readonly EximNotifier _notifier;
    private readonly EximVersion? _version;
    private readonly string _input;
    private readonly Lazy<EximCommand?> _command;
    private readonly Lazy<int> _mostOpen;
    private readonly TimeProvider _clock;
    private readonly ILogger _log;
    private readonly Channel<WakeErrand> _channel = Channel.CreateBounded<WakeErrand>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly List<WakeErrand> _open = [];

    // _again goes first: what it teaches (a daemon that is deaf, the form of an id) counts for those behind.
    private readonly Queue<WakeErrand> _waiting = new(), _again = new();
    private readonly Task _run;
    private string _lastFailure = "", _noCommand = "";
    private long _lastAsk, _unansweredSince, _pausedUntil = long.MinValue;
    private int _refusals, _unanswered;
    private bool _isDeaf, _isDeafToShortIds;

    /// <param name="options">The target.</param>
    /// <param name="version">Its Exim's; null: not known.</param>
    /// <param name="clock">Timestamps and timers.</param>
    /// <param name="log">Log.</param>
    public EximWaker(TargetOptions options, EximVersion? version, TimeProvider clock, ILogger<EximWaker> log)
    {
        _options = options;
        _version = version;
        _clock = clock;
        _log = log;
        _input = Places.TargetPath(options);
        _notifier = new EximNotifier(Places.SpoolOf(_input), version);
        _command = new Lazy<EximCommand?>(() => EximCommand.Of(options, Counts, Failure, File.ReadAllText("/proc/self/status"), out _noCommand));
        _mostOpen = new Lazy<int>(() => Math.Clamp(EximVersion.QueueRunMax(options) is { } most ? (most == 0 ? MostOpen : most - 1) : UsualRunners - 1, 1, MostOpen));
        _run = IsOn ? Task.Run(RunAsync) : Task.CompletedTask;
    }

    /// <summary>Messages that Exim was told of and did not begin to deliver.</summary>
    public long Ignored => Counts.Of(WakeWay.Notify, WakeResult.Ignored);

    /// <summary>How it went so far.</summary>
    public WakeCounts Counts { get; } = new();

    /// <summary>Whether Exim is to be told at all.</summary>
    public bool IsOn => _options.Wake != WakeMethod.None;

    /// <summary>These are visible now.</summary>
    public void Committed(IReadOnlyList<StagedPair> pairs)
    {
        foreach (var pair in pairs) Committed(pair.Folder, pair.Id);
    }

    /// <summary>One is visible now, in the target's input directory or a subdirectory of it.</summary>
    public void Committed(string folder, MessageId id)
    {
        if (IsOn) _channel.Writer.TryWrite(new WakeErrand(_input, folder, id));
    }

    /// <summary>One that an earlier process made visible: asked for unless Exim has tried it since, when its retry rules decide.</summary>
    public void Recovered(string folder, MessageId id)
    {
        if (!IsOn) return;
        var errand = new WakeErrand(_input, folder, id);
        if (!errand.IsTried) _channel.Writer.TryWrite(errand);
    }

    /// <summary>Asks for what nobody has been asked for yet, in each form that the daemon may know it by; asking again is left to Exim's queue runner then.</summary>
    public async ValueTask DisposeAsync()
    {
        _channel.Writer.TryComplete();
        await _run.ConfigureAwait(false);
        if (_command is { IsValueCreated: true, Value: { } command }) await command.DisposeAsync().ConfigureAwait(false);
    }

    private bool IsAllAsked => _waiting.All(w => w.Asks > 0) && !_open.Concat(_again).Any(w => w.DoneAt == 0 && _notifier.HasOtherForm(w.Id, w.Asks));

    private async Task RunAsync()
    {
        long? ending = null;
        while (true)
        {
            if (!await WaitAsync(ending is not null).ConfigureAwait(false)) ending ??= _clock.GetTimestamp();
            try
            {
                while (_channel.Reader.TryRead(out var next))
                {
                    if (_waiting.Count < MostWaiting) _waiting.Enqueue(next);
                }
                LookAtOpen();
                AskForMore();
            }
            catch (Exception e)
            {
                // A hint that failed; the next one may not.
                Failure(e.Message);
                _pausedUntil = After(AskAgainFirst);
            }
            if (ending is { } since && (_refusals > 0 || IsAllAsked || _clock.GetElapsedTime(since) >= StopTime)) return;
        }
    }

    // Until there are new messages or it is time to look at those asked for. False at the end.
    private async Task<bool> WaitAsync(bool isEnding)
    {
        var isIdle = _open.Count == 0 && _waiting.Count == 0 && _again.Count == 0;
        var look = _clock.GetElapsedTime(_lastAsk) < SoonTime ? LookSoon : LookLate;
        if (isEnding)
        {
            await Task.Delay(isIdle ? TimeSpan.Zero : look, _clock).ConfigureAwait(false);
            return false;
        }
        if (isIdle) return await _channel.Reader.WaitToReadAsync().ConfigureAwait(false);
        // While as many are open as may be, new ones can wait for the next look.
        if (_open.Count >= _mostOpen.Value)
        {
            await Task.Delay(look, _clock).ConfigureAwait(false);
            return !_channel.Reader.Completion.IsCompleted;
        }
        using var timer = new CancellationTokenSource(look, _clock);
        try
        {
            return await _channel.Reader.WaitToReadAsync(timer.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }

    private void LookAtOpen()
    {
        var now = _clock.GetTimestamp();
        for (var i = _open.Count - 1; i >= 0; i--)
        {
            var errand = _open[i];
            var age = _clock.GetElapsedTime(errand.AskedAt, now);
            switch (errand.Look())
            {
                case WakeState.Done:
                    Heard(errand, age);
                    if (errand.DoneAt == 0) errand.DoneAt = now;
                    if (_clock.GetElapsedTime(errand.DoneAt, now) >= ReapTime) _open.RemoveAt(i);
                    break;
                case WakeState.Begun:
                    Heard(errand, age);
                    if (age >= LongestTurn) _open.RemoveAt(i);
                    break;
                default:
                    if (age < AskAgain(errand.Asks)) break;
                    _open.RemoveAt(i);
                    Unanswered(errand);
                    break;
            }
            // Deafness empties the list.
            i = Math.Min(i, _open.Count);
        }
    }

    private void Heard(WakeErrand errand, TimeSpan age)
    {
        // Much later it may have been anybody's queue run.
        if (age > AskAgainMost) return;
        if (errand.TryHear()) Counts.Add(WakeWay.Notify, WakeResult.Begun);
        _notifier.Worked(errand.Id, errand.Asks);
        _unanswered = 0;
        if (!_isDeaf) return;
        _isDeaf = false;
        _log.Hears(_input, Ignored);
    }

    private void Unanswered(WakeErrand errand)
    {
        _notifier.Failed();
        if (_unanswered++ == 0) _unansweredSince = errand.AskedAt;
        if (IsShortForLong(errand))
        {
            if (errand.Asks < AsksForShortId) _again.Enqueue(errand);
            else ShortByCommand(errand);
        }
        else if (_isDeaf)
        {
            Counts.Add(WakeWay.Notify, WakeResult.Ignored);
        }
        else if (_unanswered >= UnansweredToDeafness && _clock.GetElapsedTime(_unansweredSince) >= TimeToDeafness)
        {
            _isDeaf = true;
            Counts.Add(WakeWay.Notify, WakeResult.Ignored, 1 + _open.Count + _waiting.Count + _again.Count);
            _open.Clear();
            _waiting.Clear();
            _again.Clear();
            _log.IsDeaf(_input, _notifier.Name);
        }
        else if (errand.Asks >= MostAsks)
        {
            Counts.Add(WakeWay.Notify, WakeResult.Ignored);
        }
        else
        {
            _again.Enqueue(errand);
        }
    }

    private bool IsShortForLong(WakeErrand errand) => !errand.Id.IsLong && _version is { SeesLongIds: true };

    private void ShortByCommand(WakeErrand errand)
    {
        _isDeafToShortIds = true;
        if (_command.Value is { } command)
        {
            command.Add(errand.Id);
            return;
        }
        Counts.Add(WakeWay.Notify, WakeResult.Ignored);
        Failure($"its daemon cannot be asked for message ids of 16 characters, as it starts its queue runners by exec ({_noCommand}); Target:MessageId=renew gives them ids of 23");
    }

    private void AskForMore()
    {
        while (_waiting.Count + _again.Count > 0 && _open.Count < _mostOpen.Value && _clock.GetTimestamp() >= _pausedUntil)
        {
            if (!_again.TryDequeue(out var errand)) errand = _waiting.Dequeue();
            if (errand.IsOver()) continue;
            if (_isDeafToShortIds && IsShortForLong(errand))
            {
                ShortByCommand(errand);
                continue;
            }
            if (_isDeaf && _open.Count > 0)
            {
                Counts.Add(WakeWay.Notify, WakeResult.Ignored);
                continue;
            }
            _lastAsk = _clock.GetTimestamp();
            errand.Ask(_lastAsk);
            if (_options.Wake == WakeMethod.Exec || !_notifier.IsPossible) ByCommand(errand, "");
            else if (_notifier.Ask(errand.Id, errand.Asks) == NotifyResult.NoDaemon) ByCommand(errand, $"no daemon listens on @{_notifier.Name}");
            else Asked(errand);
        }
    }

    private void Asked(WakeErrand errand)
    {
        Counts.Add(WakeWay.Notify, WakeResult.Asked);
        _open.Add(errand);
        _refusals = 0;
        if (_lastFailure.Length == 0) return;
        _log.Listens(_input);
        _lastFailure = "";
    }

    private void ByCommand(WakeErrand errand, string why)
    {
        if (_command.Value is { } command)
        {
            command.Add(errand.Id);
            return;
        }
        if (why.Length == 0)
        {
            Failure(_options.Wake == WakeMethod.Exec ? _noCommand : $"@{_notifier.Name} is longer than the name of a socket may be, so its daemon cannot listen there (shorten the path of its spool directory); {_noCommand}");
            return;
        }
        Counts.Add(WakeWay.Notify, WakeResult.Failed);
        Failure($"{why} ({_noCommand}); Exim's queue runner will find the messages");
        // It may be restarting.
        if (errand.Asks < MostAsks) _again.Enqueue(errand);
        _pausedUntil = After(AskAgain(++_refusals));
    }

    private long After(TimeSpan time) => _clock.GetTimestamp() + (long)(time.TotalSeconds * _clock.TimestampFrequency);

    private static TimeSpan AskAgain(int asks) => TimeSpan.FromTicks(Math.Min(AskAgainFirst.Ticks << Math.Min(asks - 1, 20), AskAgainMost.Ticks));

    // A daemon that is down stays down for a while: the same line is logged once.
    private void Failure(string reason)
    {
        if (reason != _lastFailure) _log.WakeFailed(_input, reason);
        _lastFailure = reason;
    }
}
