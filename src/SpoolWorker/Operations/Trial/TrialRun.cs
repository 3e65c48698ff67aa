// A trial run: the real engine with the real ledger takes the messages of a scratch directory, runs the passes and requeues into
// a scratch spool.
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Hosting;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Options;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Trial;

/// <summary>What a trial came to.</summary>
/// <param name="Scratch">Where it took place.</param>
/// <param name="Passes">The chain.</param>
/// <param name="Messages">How each message ended.</param>
/// <param name="Took">From the start of the engine to its end.</param>
/// <param name="FatalReason">Why the engine stopped, if it did.</param>
internal sealed record TrialReport(Scratch Scratch, IReadOnlyList<string> Passes, IReadOnlyList<TriedMessage> Messages, TimeSpan Took, string? FatalReason)
{
    public bool AreAllDealt => Messages.All(m => m.Outcome != TriedMessage.NotSeen);

    /// <summary>Messages by the first word of their outcome.</summary>
    public SortedDictionary<string, int> Counts
    {
        get
        {
            var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
            foreach (var outcome in Messages.Select(m => m.Outcome.Split(' ')[0] is "no" ? TriedMessage.NoMessage : m.Outcome.Split(' ')[0])) counts[outcome] = counts.GetValueOrDefault(outcome) + 1;
            return counts;
        }
    }

    /// <summary>Pairs in the scratch spool.</summary>
    public int InSpool { get; } = Pairs(Scratch.Target);

    public int InHeld { get; } = Pairs(Scratch.Held);

    public int InCorrupt { get; } = CorruptFolder.Read(Scratch.Corrupt).Count();

    public int InIntakes { get; } = Messages.Count(m => Posix.Exists($"{m.Message.Intake}/{m.Message.Id.HeaderName}"));

    public TrialView View() => new()
    {
        Scratch = Scratch.IsKept ? Scratch.Path : null,
        TookSeconds = Views.View.Seconds(Took),
        Counts = Counts,
        Messages = [.. Messages.Select(View)],
    };

    private TriedMessageView View(TriedMessage message) => new()
    {
        Sample = message.Message.Sample,
        Id = message.Message.Id.ToString(),
        Passes = message.Passed ? Passes : [],
        Outcome = message.Outcome,
        Reason = message.Reason.Length > 0 ? message.Reason : null,
        Recipients = [.. message.Recipients.Select(r => new RecipientView { Address = RecordViews.Exact(r) })],
        Results = message.Results,
        Where = [.. message.Where.Select(path => Path.GetRelativePath(Scratch.Path, path))],
    };

    private static int Pairs(string path) => new SpoolDirectory(path).Messages().Count();
}

/// <summary>Runs trials.</summary>
internal static class TrialRun
{
    /// <param name="loaded">The chain; its intakes are set here.</param>
    /// <param name="resolver">Who is asked in place of the DNS; null: the configured servers.</param>
    /// <param name="scratch">Where it takes place.</param>
    /// <param name="messages">What was put there.</param>
    /// <param name="isNow">Past the hours of passes.</param>
    /// <param name="progress">Told how many messages are dealt with; by several threads, one at a time.</param>
    /// <param name="cancellationToken">Ends it early.</param>
    public static async Task<TrialReport> RunAsync(LoadedConfiguration loaded, IDnsResolver? resolver, Scratch scratch, IReadOnlyList<TrialMessage> messages, bool isNow, Action<long>? progress, CancellationToken cancellationToken)
    {
        loaded.Settings.Intakes.Clear();
        foreach (var path in messages.Select(t => t.Intake).Distinct()) loaded.Settings.Intakes.Add(new IntakeOptions { Path = path, Kind = IntakeKind.Spool });
        var services = new ServiceCollection();
        services.AddLogging();
        PassCatalog.AddAll(services);
        services.AddEngine(loaded, watch: false);
        if (resolver is not null) services.AddSingleton(resolver);
        var provider = services.BuildServiceProvider();
        var watch = Stopwatch.StartNew();
        await using (provider.ConfigureAwait(false))
        {
            var engine = provider.GetRequiredService<SpoolEngine>();
            var results = new TrialResults(messages);
            engine.Outcomes.Published += outcome =>
            {
                results.Seen(outcome);
                lock (results) progress?.Invoke(results.Dealt);
            };
            engine.IgnoresHours = isNow;
            engine.Start();
            await engine.DrainAsync(cancellationToken).ConfigureAwait(false);
            await engine.DisposeAsync().ConfigureAwait(false);
            watch.Stop();
            results.Complete();
            return new TrialReport(scratch, loaded.Settings.PassNames, results.Messages, watch.Elapsed, engine.FatalReason);
        }
    }
}
