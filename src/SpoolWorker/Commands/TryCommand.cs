// spoolworker try: shows the whole chain at work on the samples built into the program, or on the pairs in a directory,
// without touching them or any spool. Each folder with pairs becomes an intake of its own in a scratch directory, since
// samples share message ids; the real engine with the real ledger takes them, runs the configured passes and requeues
// into a scratch spool. Needs no root, no Exim, no configuration. The scratch directory goes at the end unless --keep.
using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Trial;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;

namespace SpoolWorker.Commands;

/// <summary>A trial run.</summary>
internal static class TryCommand
{
    private const string Examples = """
        spoolworker try                        the samples that come with the program
        spoolworker try /var/spool/exim4       copies of the pairs of a spool, all of them
        spoolworker try DIR --keep             leaves the scratch directory to look at
        """;

    private const string Notes = """
        A message that is held, left or put aside is an outcome, not a failure of the trial.

        EXIT CODES:
          0 all messages were dealt with   66 no pairs in DIR   74 the scratch directory or the engine failed   78 configuration
        """;

    public static Command Create(CommonOptions common)
    {
        var directory = new Argument<string?>("DIR") { Description = "Where to look for pairs, subdirectories included (default: built-in samples)", Arity = ArgumentArity.ZeroOrOne };
        var keep = new Option<bool>("--keep") { Description = "Leave the scratch directory" };
        var json = CommonOptions.Json();
        var command = new Command("try", "Run samples, or the pairs of a directory, through the whole chain in a scratch spool") { directory, keep, json };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // With unmatched tokens let through, a setting can land here.
            var from = parsed.GetValue(directory);
            using var scratch = Scratch.Make(parsed.GetValue(keep));
            if (common.Load(parsed, out var exitCode, scratch.Overrides()) is not { } loaded) return exitCode;
            if (from is not null && !Directory.Exists(from)) return Fail(ExitCode.NoInput, $"no directory {from}");
            try
            {
                var trials = scratch.Fill(from);
                if (trials.Count == 0) return Fail(ExitCode.NoInput, $"no spool pairs in {from}");
                loaded.Settings.Intakes.Clear();
                return await RunAsync(loaded, scratch, trials, parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Fail(ExitCode.InputOutput, e.Message);
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static async Task<int> RunAsync(LoadedConfiguration loaded, Scratch scratch, IReadOnlyList<TrialMessage> trials, bool json, CancellationToken cancellationToken)
    {
        foreach (var path in trials.Select(t => t.Intake).Distinct()) loaded.Settings.Intakes.Add(new IntakeOptions { Path = path, Kind = IntakeKind.Spool });
        var services = new ServiceCollection();
        services.AddLogging();
        PassCatalog.AddAll(services);
        services.AddEngine(loaded, watch: false);
        var provider = services.BuildServiceProvider();
        var watch = Stopwatch.StartNew();
        await using (provider.ConfigureAwait(false))
        {
            var engine = provider.GetRequiredService<SpoolEngine>();
            var results = new TrialResults(trials, provider.GetRequiredService<PassChain>().Names);
            using (var progress = new Progress("messages", trials.Count, TimeProvider.System))
            {
                engine.Looked += (key, result, message) =>
                {
                    results.Seen(key, result, message);
                    lock (results) progress.Report(results.Dealt);
                };
                engine.Start();
                await engine.DrainAsync(cancellationToken).ConfigureAwait(false);
            }
            await engine.DisposeAsync().ConfigureAwait(false);
            watch.Stop();
            results.Complete(scratch, engine.Waiting);
            if (json) results.PrintJson(scratch, watch.Elapsed);
            else results.PrintTable(scratch, watch.Elapsed);
            if (engine.FatalReason is { } reason) return Fail(ExitCode.InputOutput, reason);
            return results.AllDealt ? ExitCode.Ok : Fail(ExitCode.InputOutput, "not all messages were dealt with");
        }
    }

    private static int Fail(int exitCode, string message)
    {
        Console.Error.WriteLine($"spoolworker: {message}");
        return exitCode;
    }
}
