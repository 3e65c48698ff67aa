// spoolworker try: shows the whole chain at work on the samples built into the program, or on the pairs in a directory,
// without touching them or any spool. Each folder with pairs becomes an intake of its own in a scratch directory, since
// samples share message ids; the real engine with the real ledger takes them, runs the configured passes and requeues
// into a scratch spool. Needs no root, no Exim, no configuration. The scratch directory goes at the end unless --keep.
using System.CommandLine;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Commands.Trial;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Trial;

namespace SpoolWorker.Commands;

/// <summary>A trial run.</summary>
internal static class TryCommand
{
    private const string Examples = """
        spoolworker try                        authenticate, rules, srs, arc-seal and dsn on the samples that come with the program
        spoolworker try --hostile              the samples of what may not be taken: where each of them ends
        spoolworker try --Passes=rules         another chain
        spoolworker try /var/spool/exim4       copies of the pairs of a spool, all of them
        spoolworker try DIR --keep             leaves the scratch directory to look at
        """;

    private const string Notes = """
        Without a configuration of yours the built-in samples go through a chain whose key, secret and DNS are made for the trial; with
        --config, or Passes given, through that one. Pairs of DIR go through the chain of the configuration, if there is one.
        A pass that has no hours now keeps a message waiting, as it would for real, unless --now says otherwise.
        A message that is held, left or put aside is an outcome, not a failure of the trial.

        EXIT CODES:
          0 all messages were dealt with   66 no pairs in DIR   74 the scratch directory or the engine failed   78 configuration
        """;

    public static Command Create(CommonOptions common)
    {
        var directory = new Argument<string?>("DIR") { Description = "Where to look for pairs, subdirectories included (default: built-in samples)", Arity = ArgumentArity.ZeroOrOne };
        var hostile = new Option<bool>("--hostile") { Description = "The built-in samples that are broken or meant to harm, in place of the good ones" };
        var keep = new Option<bool>("--keep") { Description = "Leave the scratch directory" };
        var now = new Option<bool>("--now") { Description = "Past the hours of passes" };
        var form = new OutputFormOptions("message");
        var command = new Command("try", "Run samples, or the pairs of a directory, through the whole chain in a scratch spool") { directory, hostile, keep, now };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var from = parsed.GetValue(directory);
            if (from is not null && !Directory.Exists(from)) return Fail(ExitCode.NoInput, $"no directory {from}");
            if (from is not null && parsed.GetValue(hostile)) return Fail(ExitCode.Usage, "--hostile is for the built-in samples; leave DIR out");
            using var scratch = Scratch.Make(parsed.GetValue(keep));
            try
            {
                var file = common.FileIfAny(parsed, "tried without the worker's configuration");
                var shown = file.IsNone && from is null && !common.Settings.Any(s => s.StartsWith("--Passes", StringComparison.OrdinalIgnoreCase)) ? new Demonstration(scratch.Path) : null;
                string[] settings = [.. shown?.Settings ?? [], .. common.Settings, .. scratch.Overrides()];
                if (CommonOptions.Usable(ConfigurationLoader.Load(file.IsNone ? ConfigurationFile.Example() : file, settings, CommonOptions.Known()), out var exitCode) is not { } loaded) return exitCode;
                var trials = scratch.Fill(from, parsed.GetValue(hostile));
                if (trials.Count == 0) return Fail(ExitCode.NoInput, $"no spool pairs in {from}");
                TrialReport report;
                using (var progress = new Progress("messages", trials.Count, TimeProvider.System))
                    report = await TrialRun.RunAsync(loaded, shown, scratch, trials, parsed.GetValue(now), progress.Report, cancellationToken).ConfigureAwait(false);
                Print(report, form.Of(parsed));
                if (report.FatalReason is { } reason) return Fail(ExitCode.InputOutput, reason);
                return report.AreAllDealt ? ExitCode.Ok : Fail(ExitCode.InputOutput, "not all messages were dealt with");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Fail(ExitCode.InputOutput, e.Message);
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static void Print(TrialReport report, OutputForm form)
    {
        if (form == OutputForm.Json) ViewOutput.Print(report.View(), ViewJson.Default.TrialView);
        else if (form == OutputForm.JsonLines) ViewOutput.PrintRows(report.View().Messages, ViewJson.Default.TriedMessageView, form);
        else TrialTable.Print(report);
    }

    private static int Fail(int exitCode, string message)
    {
        Console.Error.WriteLine($"spoolworker: {message}");
        return exitCode;
    }
}
