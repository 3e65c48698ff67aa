// spoolworker hints: looks into the hints databases of Exim's spools. Changes nothing; 'job run hints' tidies them.
using System.CommandLine;
using SpoolWorker.Commands.Jobs;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Hints;
using SpoolWorker.Operations.Json;

namespace SpoolWorker.Commands;

/// <summary>Shows hints databases.</summary>
internal static class HintsCommand
{
    private const int ShownRows = 20;

    public static Command Create(CommonOptions common) => new Command("hints", "Exim's hints databases: what it remembers of hosts, callouts, rates and sessions") { Show(common) }.WithExamples("""
        spoolworker hints show
        spoolworker hints show retry
        spoolworker job run hints
        """);

    private static Command Show(CommonOptions common)
    {
        var name = new Argument<string?>("name") { Description = "The database, such as retry or wait-remote_smtp; without it all are listed", HelpName = "NAME", Arity = ArgumentArity.ZeroOrOne };
        var spool = new Option<string?>("--spool") { Description = "This spool directory alone; it need not be in the configuration", HelpName = "DIR" };
        var limit = new Option<int>("--limit") { Description = "Rows of a database at most (0: all)", HelpName = "N", DefaultValueFactory = _ => ShownRows };
        var form = new OutputFormOptions("database");
        var command = new Command("show", "Show the databases of Exim's spools, or what one of them knows") { name, spool, limit };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (common.LoadIfAny(parsed, Needs.Of("Hints", "Intakes", "Target"), "shown with the defaults", out var exitCode) is not { } loaded) return exitCode;
            var named = parsed.GetValue(name);
            var (databases, trouble) = await new HintsLook(loaded, TimeProvider.System).LookAsync(parsed.GetValue(spool), named, Math.Max(0, parsed.GetValue(limit)), cancellationToken).ConfigureAwait(false);
            if (form.Of(parsed) != OutputForm.Text) ViewOutput.PrintRows(databases, ViewJson.Default.HintsView, form.Of(parsed));
            else if (named is null && trouble is null && databases.Count == 0) Console.Out.Write("no hints databases; Exim makes them when it has something to note\n");
            else if (named is null && databases.Count > 0) Console.Out.Write(HintsText.Of(databases));
            else foreach (var database in databases) Console.Out.Write(HintsText.Of(database, TimeProvider.System.GetUtcNow()));
            return trouble is null ? ExitCode.Ok : ExitCode.Told(trouble);
        });
        return command.WithExamples("""
            spoolworker hints show                      all databases, with their size
            spoolworker hints show retry                hosts and addresses that fail, most records first, then the oldest
            spoolworker hints show retry --limit 0 --json | jq '.[].rows[] | select(.expired)'
            spoolworker hints show ratelimit --spool /var/spool/exim4
            """, """
            It is Exim's exim_dumpdb that reads them, as their owner where root asks. Of sessions (tls) the keys alone are shown.
            RECORDS of retry: one of its own, and one for each message that had a trouble of its own there.

            EXIT CODES:
              0 shown   65 a database is damaged, or of another Exim than the tool   66 no such database, or no spool is known
              69 the tool is missing, or too old   74 reading failed   75 somebody is at work in it, or it took too long
              77 not permitted   78 configuration
            """);
    }
}
