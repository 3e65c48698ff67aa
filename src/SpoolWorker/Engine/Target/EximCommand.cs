// exim -Mc for messages that no daemon can be asked for. It works its ids one after another, so each process gets a few, and
// a few processes run at once; a slow delivery holds up its own only. Never under NoNewPrivs: a setuid Exim that was started
// by its own user cannot become a delivery user then, ends with 0 all the same, and gives mail up that it should have
// delivered (seen: bounces, and a null-sender message dropped). Most sandbox options of a systemd unit with User= imply it.
using System.Diagnostics;
using System.Threading.Channels;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Target;

/// <summary>Deliveries by command.</summary>
internal sealed class EximCommand : IAsyncDisposable
{
    private const int MostIdsAProcess = 5, MostProcesses = 4, MostWaiting = 100_000;

    // As long as a slow receiver may take for a few messages; then it goes on unwatched.
    private static readonly TimeSpan ProcessTime = TimeSpan.FromMinutes(5), StopTime = TimeSpan.FromSeconds(30);

    private readonly TargetOptions _options;
    private readonly string _command;
    private readonly WakeCounts _counts;
    private readonly Action<string> _failure;
    private readonly Channel<MessageId> _ids = Channel.CreateBounded<MessageId>(new BoundedChannelOptions(MostWaiting) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Task[] _running;

    private EximCommand(TargetOptions options, string command, WakeCounts counts, Action<string> failure)
    {
        _options = options;
        _counts = counts;
        _command = command;
        _failure = failure;
        _running = [.. Enumerable.Range(0, MostProcesses).Select(_ => Task.Run(RunAsync))];
    }

    /// <summary>The command of a target, or why there is none to be used.</summary>
    /// <param name="options">The target.</param>
    /// <param name="counts">Counts them.</param>
    /// <param name="failure">Told what goes wrong later.</param>
    /// <param name="status">The contents of /proc/self/status.</param>
    /// <param name="reason">Why not.</param>
    public static EximCommand? Of(TargetOptions options, WakeCounts counts, Action<string> failure, string status, out string reason)
    {
        reason = "";
        if (EximVersion.ServingCommand(options) is not { } command)
        {
            reason = "no exim command is known to work on this spool; set Target:Exim (and Target:EximConfig)";
            return null;
        }
        if (HasNewPrivileges(status)) return new EximCommand(options, command, counts, failure);
        reason = $"{command} -Mc is not run, as this process may gain no privileges (NoNewPrivs in /proc/self/status): Exim would bounce or drop mail. Start the target's daemon with -q<time>, or take NoNewPrivileges= and what implies it out of the unit";
        return null;
    }

    /// <summary>Whether a setuid program may be run, by the line <c>NoNewPrivs:</c> of a process status (proc(5)); without the line, not.</summary>
    public static bool HasNewPrivileges(string status)
    {
        const string Name = "NoNewPrivs:";
        var line = status.Split('\n').FirstOrDefault(l => l.StartsWith(Name, StringComparison.Ordinal));
        return line?[Name.Length..].Trim() == "0";
    }

    /// <summary>Has a message delivered, when its turn comes.</summary>
    public void Add(MessageId id) => _ids.Writer.TryWrite(id);

    /// <summary>Starts what waits; what takes long then goes on by itself.</summary>
    public async ValueTask DisposeAsync()
    {
        _ids.Writer.TryComplete();
        await Task.WhenAll(_running).WaitAsync(StopTime).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        var batch = new List<MessageId>(MostIdsAProcess);
        while (await _ids.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            batch.Clear();
            while (batch.Count < MostIdsAProcess && _ids.Reader.TryRead(out var id)) batch.Add(id);
            if (batch.Count == 0) continue;
            try
            {
                await DeliverAsync(batch).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                // A hint that failed; the next one may not.
                _counts.Add(WakeWay.Exec, WakeResult.Failed, batch.Count);
                _failure($"{_command} -Mc: {e.Message}");
            }
        }
    }

    private async Task DeliverAsync(List<MessageId> ids)
    {
        _counts.Add(WakeWay.Exec, WakeResult.Asked, ids.Count);
        string[] configuration = _options.EximConfig.Length > 0 ? ["-C", _options.EximConfig] : [];
        var start = new ProcessStartInfo(_command, [.. configuration, "-Mc", .. ids.Select(i => i.ToString())]) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEndAsync();
        await Task.WhenAll(process.WaitForExitAsync(), errors, output).WaitAsync(ProcessTime).ConfigureAwait(false);
        _counts.Add(WakeWay.Exec, process.ExitCode == 0 ? WakeResult.Begun : WakeResult.Failed, ids.Count);
        if (process.ExitCode != 0) _failure($"{_command} -Mc ended with {process.ExitCode}: {(await errors.ConfigureAwait(false)).Trim()}");
    }
}
