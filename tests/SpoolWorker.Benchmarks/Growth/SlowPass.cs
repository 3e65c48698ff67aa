// A pass that asks a slow service: the backlog is deferred at once until the gate opens, and then after each try; mail that has come since goes on.
using System.Collections.Concurrent;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks.Growth;

/// <summary>The pass.</summary>
internal sealed class SlowPass : IMessagePass
{
    public const string Name = "slow";
    private static readonly TimeSpan Service = TimeSpan.FromMilliseconds(50), UntilOpen = TimeSpan.FromHours(6), BetweenTries = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<MessageId, bool> _new = new();

    string IMessagePass.Name => Name;

    /// <summary>Whether the backlog's tries take their time.</summary>
    public bool IsOpen { get; set; }

    /// <summary>A message that goes on.</summary>
    public void Let(MessageId id) => _new[id] = true;

    public async ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
    {
        var isNew = _new.ContainsKey(context.Message.Id);
        if (isNew || IsOpen) await Task.Delay(Service, cancellationToken).ConfigureAwait(false);
        return isNew ? PassResult.Continue : PassResult.For(Disposition.Defer("no verdict yet", context.Now + (IsOpen ? BetweenTries : UntilOpen)));
    }
}
