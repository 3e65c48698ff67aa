// spoolworker dsn explain: what a bounce says, in plain words. Reads any bounce from a file, a pipe or a pair; needs no
// configuration. One that is there decodes SRS addresses with its secrets, else they are read by their form alone.
using System.CommandLine;
using SpoolWorker.Commands.Explaining;
using SpoolWorker.Commands.Input;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Explaining;
using SpoolWorker.Operations.Json;
using SpoolWorker.Passes.BounceReading;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Commands;

/// <summary>Delivery status notifications on the command line.</summary>
internal static class DsnCommand
{
    private const string Examples = """
        spoolworker dsn explain bounce.eml
        spoolworker dsn explain - < bounce.eml
        spoolworker dsn explain /var/spool/exim4/input/1xVVi8-0004CH-2m-H --json
        """;

    private const string Notes = """
        Reads RFC 3464 reports, also from damaged MIME or in the text, and where that part is missing the texts of Exim, qmail,
        Postfix, sendmail, Exchange, Gmail and others. Notices to a postmaster, complaints and receipts are no bounces.

        EXIT CODES:
          0 explained   64 usage   65 no bounce   66 no such file   74 read error   78 configuration
        """;

    public static Command Create(CommonOptions common)
    {
        var command = new Command("dsn", "Read delivery status notifications");
        command.Subcommands.Add(Explain(common));
        return command.WithExamples("spoolworker dsn explain --help");
    }

    private static Command Explain(CommonOptions common)
    {
        var file = new Argument<string>("file") { Description = "A message, a -H file with its -D beside it, or - for standard input", HelpName = "FILE|-" };
        var form = new OutputFormOptions();
        var command = new Command("explain", "Say who failed, why, whether for good, and which host said so") { file };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            if (Decoder(common, parsed, out var exitCode) is not { } srs) return exitCode;
            using var message = MessageFile.Open(parsed.GetValue(file)!, out exitCode);
            if (message is null) return exitCode;
            try
            {
                // MimeKit reads one stream, and a pair is two files: put together on disk, so that size does not matter.
                using var whole = new FileStream(ScratchFile.Create(), FileAccess.ReadWrite);
                message.CopyTo(whole, []);
                whole.Position = 0;
                var report = BounceReader.Read(whole);
                if (form.Of(parsed) == OutputForm.Json) ViewOutput.Print(BounceViews.Of(report, srs), ViewJson.Default.BounceView);
                else if (report.Form != BounceForm.None) Console.Out.Write(ExplanationText.Of(report, srs));
                if (report.Form != BounceForm.None) return ExitCode.Ok;
                Console.Error.WriteLine($"spoolworker: {parsed.GetValue(file)}: no bounce: it names no recipient that failed");
                return ExitCode.DataError;
            }
            catch (IOException e)
            {
                Console.Error.WriteLine($"spoolworker: {e.Message}");
                return ExitCode.InputOutput;
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    // Only a configuration that is there, and may be read: without one SRS addresses are read by their form.
    private static SrsReading? Decoder(CommonOptions common, ParseResult parsed, out int exitCode)
    {
        if (common.LoadIfAny(parsed, Needs.Of("Srs"), "SRS addresses are read by their form alone", out exitCode) is not { } loaded) return null;
        return SrsReading.With(loaded.PassOptions.Values.OfType<SrsOptions>().FirstOrDefault(), fault => Console.Error.WriteLine($"spoolworker: {fault}"));
    }
}
