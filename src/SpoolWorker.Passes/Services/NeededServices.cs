// Makes the questions that a registration has for its daemons, of the conversation its pass has with them.
namespace SpoolWorker.Passes.Services;

/// <summary>Makes them.</summary>
internal static class NeededServices
{
    // Of each step, where the settings say more: someone waits for it, and a message is not there to be lost.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>All addresses of a section.</summary>
    /// <param name="name">What they are.</param>
    /// <param name="addresses">Where they listen.</param>
    /// <param name="limits">Those of the settings.</param>
    /// <param name="converse">Asks, and reads the answer; see <see cref="ServiceClient.AskAsync"/>.</param>
    /// <param name="key">The key that names them.</param>
    /// <param name="trouble">What an answer tells beside that there is one: text and trouble; null: every answer is well.</param>
    public static IReadOnlyList<NeededService> Of<T>(string name, IReadOnlyList<string> addresses, ServiceLimits limits, Func<ServiceConnection, ValueTask<T>> converse, string key = "Address",
        Func<T, ServiceHealth>? trouble = null)
        where T : class => [.. addresses.Select(address => new NeededService(name, key, address, async token =>
        {
            if (!ServiceAddress.TryParse(address, out var one, out var fault)) return new ServiceHealth($"{address}: {fault}", ServiceHealth.Silent);
            var reply = await new ServiceClient([one], Bounded(limits), TimeProvider.System).AskAsync(converse, token).ConfigureAwait(false);
            if (reply.Answer is not { } answer) return new ServiceHealth(reply.Reason, ServiceHealth.Silent);
            var said = trouble?.Invoke(answer) ?? new ServiceHealth("");
            return said with { Text = $"{address} answers {said.Text}".TrimEnd() };
        }))];

    private static ServiceLimits Bounded(ServiceLimits limits) => new(Least(limits.Connect), Least(limits.Write), Least(limits.Read), limits.AfterFailure);

    private static TimeSpan Least(TimeSpan limit) => limit < Patience ? limit : Patience;
}
