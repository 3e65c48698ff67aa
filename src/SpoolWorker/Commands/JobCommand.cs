// spoolworker job: the jobs beside Exim, by hand.
using System.CommandLine;
using SpoolWorker.Commands.Jobs;
using SpoolWorker.Commands.Orders;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Jobs;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Orders;
using SpoolWorker.Upkeep;

namespace SpoolWorker.Commands;

/// <summary>Lists, runs and pauses jobs.</summary>
internal static class JobCommand
{
    // As the job reports: somebody has to act.
    private const int Bad = 1;

    // Of the worker's own sections.
    private static readonly string[] OwnKeys = ["Schedule", "Ledger", "Target"];

    public static Command Create(CommonOptions common)
    {
        var command = new Command("job", "The jobs beside Exim: list, run, pause them") { List(common), Run(common), Order(common, OrderVerb.Pause), Order(common, OrderVerb.Resume) };
        return command.WithExamples("""
            spoolworker job list
            spoolworker job run ocsp
            spoolworker job pause ocsp --for 2h --reason moved
            """);
    }

    private static Command List(CommonOptions common)
    {
        var form = new OutputFormOptions();
        var command = new Command("list", "Show each job: next and last good run, and what the last one found");
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            var known = CommonOptions.Known().Jobs;
            if (common.Load(parsed, out var exitCode, Needs.Of([.. OwnKeys, .. known.Select(j => j.Section)])) is not { } loaded) return exitCode;
            using var ledger = Open(loaded, ref exitCode);
            var now = TimeProvider.System.GetUtcNow();
            var rows = JobRows.Upkeep(loaded, known, ledger, now);
            if (form.Of(parsed) == OutputForm.Text) Console.Out.Write(JobText.Of(rows, now));
            else ViewOutput.PrintRows(rows, ViewJson.Default.ScheduleView, form.Of(parsed));
            return exitCode;
        });
        return command.WithExamples("""
            spoolworker job list
            spoolworker job list --json | jq '.[] | select(.on)'
            """, """
            EXIT CODES:
              0 listed   74 the ledger is damaged (listed without it)   77 not permitted to look at the ledger (listed without it)
              78 configuration
            """);
    }

    private static Command Run(CommonOptions common)
    {
        var name = new Argument<string>("name") { Description = "The job", HelpName = "NAME" };
        var dry = new Option<bool>("--dry-run") { Description = "Only look: nothing is changed" };
        var fix = new Option<string?>("--fix") { Description = "janitor: move what is of this kind to lost+found, and nothing else", HelpName = "KIND" };
        var form = new OutputFormOptions();
        var command = new Command("run", "Run a job now, whether a worker runs or not, and past a pause of it") { name, dry, fix };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (Find(parsed.GetValue(name)!) is not { } job) return ExitCode.NoInput;
            var kind = parsed.GetValue(fix);
            if (kind is not null && !CanFix(job, kind)) return ExitCode.Usage;
            if (common.Load(parsed, out var exitCode, Needs.ToRun([job.Section], [.. OwnKeys, .. job.Reads])) is not { } loaded) return exitCode;
            return await RunAsync(loaded, job, parsed.GetValue(dry), kind, form.Of(parsed), cancellationToken).ConfigureAwait(false);
        });
        return command.WithExamples("""
            spoolworker job run ocsp
            spoolworker job run hints --dry-run
            spoolworker job run ocsp --dry-run --json
            spoolworker job run janitor
            spoolworker job run janitor --fix body-alone --dry-run
            """, """
            What it found is printed, a line for each thing it looks after. It is never run beside the worker's own run of it.

            EXIT CODES:
              0 all is well   1 somebody has to act (ocsp: a certificate is revoked; hints: a database is damaged, or grows
              although tidied; janitor: mail that nobody delivers)   64 the job fixes no such kind   66 no such job
              69 the program's LMDB library is missing   74 reading or writing failed   75 something could not be done now;
              it is tried again   77 not permitted   78 configuration, or the job has nothing to do
            """);
    }

    private static async Task<int> RunAsync(LoadedConfiguration loaded, JobRegistration job, bool isDry, string? fix, OutputForm form, CancellationToken cancellationToken)
    {
        try
        {
            var (report, view, trouble) = await JobByHand.RunAsync(loaded, job, isDry, fix, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            if (trouble is not null) return ExitCode.Told(trouble);
            if (form == OutputForm.Text) Console.Out.Write(JobText.Of(view!, TimeProvider.System.GetUtcNow()));
            else ViewOutput.Print(view!, ViewJson.Default.JobRunView);
            return report!.Findings.Any(f => f.Level == JobLevel.Bad) ? Bad : report.Fault is null ? ExitCode.Ok : ExitCode.TemporaryFailure;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ExitCode.Told(Trouble.Of(e));
        }
    }

    private static Command Order(CommonOptions common, OrderVerb verb)
    {
        var options = new OrderOptions();
        var isPause = verb == OrderVerb.Pause;
        var name = new Argument<string>("name") { Description = "The job", HelpName = "NAME" };
        var time = OrderOptions.Time("--for", "It ends by itself after that");
        var command = isPause ? new Command("pause", "Keep a job from running by the clock") { name, options.Reason, time } : new Command("resume", "End the pause of a job") { name, options.Reason };
        options.Form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (common.Load(parsed, out var exitCode, OrderDoor.Wanted) is not { } loaded) return exitCode;
            var request = options.Request(parsed, verb, time: isPause ? OrderOptions.Of(parsed.GetValue(time)) : null) with { Job = parsed.GetValue(name)! };
            return await OrderDoor.GiveAsync(loaded, request, options.Form.Of(parsed), cancellationToken).ConfigureAwait(false);
        });
        return isPause ? command.WithExamples("""
            spoolworker job pause ocsp --for 2h --reason moved
            """, "It stands in the ledger, as every pause does: a restart keeps it. What was missed is made up for once. By hand (job run) it runs all the same.\n\n" + OrderOptions.ExitCodes)
            : command.WithExamples("spoolworker job resume ocsp", OrderOptions.ExitCodes);
    }

    private static JobRegistration? Find(string name)
    {
        var known = CommonOptions.Known().Jobs;
        if (known.FirstOrDefault(j => j.Name == name) is { } job) return job;
        Console.Error.WriteLine($"spoolworker: '{name}' is no job; there are {string.Join(", ", known.Select(j => j.Name))}");
        return null;
    }

    private static bool CanFix(JobRegistration job, string kind)
    {
        if (job.Fixable.Contains(kind)) return true;
        Console.Error.WriteLine($"spoolworker: {job.Name} cannot fix '{kind}'; {(job.Fixable.Count > 0 ? $"it can {string.Join(", ", job.Fixable)}" : "leave --fix out")}");
        return false;
    }

    private static LedgerGlance? Open(LoadedConfiguration loaded, ref int exitCode)
    {
        try
        {
            return LedgerGlance.Open(loaded.Settings.Ledger);
        }
        catch (IOException e)
        {
            exitCode = ExitCode.Told(Trouble.Of(e, "listed without the ledger: "));
            return null;
        }
    }
}
