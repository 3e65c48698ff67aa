// A time limit of one step of a conversation with a daemon. Only the caller's own cancellation comes out as that; time that
// has run out is a TimeoutException with a sentence.
using System.Globalization;

namespace SpoolWorker.Passes.Services;

/// <summary>Time limits of steps.</summary>
/// <param name="clock">What the time is taken by.</param>
internal sealed class Deadline(TimeProvider clock)
{
    /// <summary>Runs one step within its limit.</summary>
    /// <param name="limit">How long it may take, since it began or since its last restart.</param>
    /// <param name="what">What to say when it took longer, without the time.</param>
    /// <param name="run">The step; its second argument starts the time anew, for as long as something moves.</param>
    /// <param name="cancellationToken">The caller's own.</param>
    /// <exception cref="TimeoutException">The limit has passed.</exception>
    public async ValueTask<T> WithinAsync<T>(TimeSpan limit, Func<string> what, Func<CancellationToken, Action, ValueTask<T>> run, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            return await run(both.Token, () => deadline.CancelAfter(limit)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException(string.Create(CultureInfo.InvariantCulture, $"{what()} within {limit.TotalSeconds:0.###} s"));
        }
    }
}
