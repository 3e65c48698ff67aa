// spoolworker list: the messages of the intakes, of held/, corrupt/ or the target, or of any spool directory. Changes
// nothing. With --spool it reads no configuration and touches neither ledger nor host: that path is measured against
// `exim -bp`, the start of the program included. What cannot be read is listed with its error, and told by the exit code.
using System.CommandLine;
using SpoolWorker.Commands.Listing;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Jobs;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Conditions;

namespace SpoolWorker.Commands;

/// <summary>Lists messages.</summary>
internal static class ListCommand
{
    private const string Examples = """
        spoolworker list                            messages waiting in the intakes, oldest first
        spoolworker list --held                     what is held, and why
        spoolworker list --corrupt --json           what could not be read, for programs
        spoolworker list --corrupt --where 'reason = truncated*'
        spoolworker list --jobs                     schedules, hours of passes and jobs: next and last run
        spoolworker list --spool /var/spool/exim4   any Exim spool; needs no configuration
        spoolworker list --spool /var/spool/MailScanner/quarantine
        spoolworker list --where 'age > 4d and not frozen'
        spoolworker list --held --by reason         how much is held for what, and since when
        spoolworker list --target --by domain --limit 10
        spoolworker list --held --where 'pass = dcc' --sort size --limit 20
        """;

    private const string Notes = """
        PENDING is the number of recipients still to be served, of all. SIZE is as exim -bp has it, AGE the time since reception.
        STATE: waiting, frozen, deferred or waiting for the hours of a pass ("in 23h" for its next try, or "due"), settled (the
        ledger says everyone is served), delivered (all recipients are done in -H), incomplete (no -D), held, unreadable.
        Of a directory without messages those below it are listed, three levels deep, each with its directory: a quarantine of MailScanner's.
        RECIPIENTS: the first of those still to be served, and how many more; --json has all.
        --by counts recipients by domain, else messages; its columns are minutes, each up to its number.
        Of conditions docs/conditions.md tells all. What a condition cannot be asked about (unreadable) fits none; of --corrupt it may ask for id, age, size,
        body_size, place, state and reason.

        EXIT CODES:
          0 listed   64 the condition is wrong   65 listed, but some -H cannot be read   66 no such directory   74 reading failed
          77 not permitted (what may be read is listed)
          Each directory is listed even when one before it failed. Corrupt messages in --corrupt are what is expected there: 0.
        """;

    public static Command Create(CommonOptions common)
    {
        var intake = new Option<bool>("--intake") { Description = "The intakes (default)" };
        var held = new Option<bool>("--held") { Description = "Messages held for the operator" };
        var corrupt = new Option<bool>("--corrupt") { Description = "Files that could not be read as messages" };
        var target = new Option<bool>("--target") { Description = "The target's spool" };
        var spool = new Option<string?>("--spool") { Description = "This spool directory, or its input directory", HelpName = "DIR" };
        var jobs = new Option<bool>("--jobs") { Description = "What is done by the clock: schedules, the hours of passes and jobs, next and last" };
        var options = new ListOptions();
        var command = new Command("list", "List messages: of the intakes, held, corrupt, the target's, or any spool's") { intake, held, corrupt, target, spool, jobs };
        options.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            var (places, asked, where) = (new ListPlaces(parsed.GetValue(intake), parsed.GetValue(held), parsed.GetValue(corrupt), parsed.GetValue(target)), options.Of(parsed), parsed.GetValue(options.Where));
            if (parsed.GetValue(jobs) && (places != new ListPlaces(false, false, false, false) || parsed.GetValue(spool) is not null || where is not null || asked is not { Shape: ListShape.Rows, Sort: null, Limit: int.MaxValue }))
                return Usage("--jobs goes alone, or with --json or --jsonl: it lists no messages");
            if (parsed.GetValue(jobs)) return Jobs(common, parsed, asked.Form);
            if (places is { Intake: false, Held: false, Corrupt: false, Target: false }) places = places with { Intake = true };
            var directory = parsed.GetValue(spool);
            if (directory is null && places.Corrupt && (asked.Sort is ListSort.Sender or ListSort.NextTry || asked is { Shape: ListShape.Groups, By: ListBy.Domain or ListBy.Sender }))
                return Usage("--corrupt has neither senders nor recipients, as what lies there could not be read: --sort age or size, --by reason or age");
            if (!TrySelect(where, directory is not null ? ConditionNames.OfPairs(Passes) : places.Names(Passes), out var selection)) return ExitCode.Usage;
            return directory is not null ? List([new ListSource("spool", Input(directory), ListKind.Spool, null) { MayBeTree = true }], corrupt: null, asked, selection) : Configured(common, parsed, places, asked, selection);
        });
        return command.WithExamples(Examples, Notes);
    }

    // Passes are asked for their results only when a name is none of the message's: that would load half the program.
    private static bool TrySelect(string? where, ConditionNames names, out Selection? selection)
    {
        selection = null;
        if (where is null || Selection.TryParse([], where, names, out selection, out var fault)) return true;
        Usage(fault);
        return false;
    }

    private static IEnumerable<PassRegistration> Passes() => CommonOptions.Known().Passes;

    private static int Usage(string fault)
    {
        Console.Error.WriteLine($"spoolworker: {fault}");
        return ExitCode.Usage;
    }

    // A method of its own, as the next one: what they touch (configuration, LMDB) is loaded only when they are called.
    private static int Configured(CommonOptions common, ParseResult parsed, ListPlaces wanted, ListAsked asked, Selection? selection)
    {
        wanted = wanted with { WithRecords = (selection?.Where?.Needs & (ConditionNeeds.Results | ConditionNeeds.Place)) > 0 };
        if (common.Load(parsed, out var exitCode, Needs.Of(wanted.Keys)) is not { } loaded) return exitCode;
        using var ledger = wanted.NeedsLedger ? OpenLedger(loaded.Settings.Ledger, ref exitCode) : null;
        var listed = List([.. wanted.Sources(loaded.Settings, ledger)], wanted.Corrupt ? ListPlaces.CorruptSource(loaded.Settings) : null, asked, selection);
        return Worse(listed, exitCode);
    }

    private static int Jobs(CommonOptions common, ParseResult parsed, OutputForm form)
    {
        var known = CommonOptions.Known();
        if (common.Load(parsed, out var exitCode, Needs.Of([.. JobRows.Keys, .. known.Jobs.Select(j => j.Section)])) is not { } loaded) return exitCode;
        using var ledger = OpenLedger(loaded.Settings.Ledger, ref exitCode);
        var now = TimeProvider.System.GetUtcNow();
        IReadOnlyList<ScheduleView> rows = [.. JobRows.All(loaded.Settings, ledger, now), .. JobRows.Upkeep(loaded, known.Jobs, ledger, now).Where(j => j.On == true)];
        if (form == OutputForm.Text) JobTable.Print(rows, now);
        else ViewOutput.PrintRows(rows, ViewJson.Default.ScheduleView, form);
        return exitCode;
    }

    // Only looked at: not made when it is not there, and a list without it is better than none.
    private static LedgerGlance? OpenLedger(LedgerOptions options, ref int exitCode)
    {
        try
        {
            return LedgerGlance.Open(options);
        }
        catch (IOException e)
        {
            exitCode = ExitCode.Told(Trouble.Of(e, "listed without the ledger: "));
            return null;
        }
    }

    private static int List(List<ListSource> sources, ListSource? corrupt, ListAsked asked, Selection? selection)
    {
        var now = TimeProvider.System.GetUtcNow();
        var output = new RowOutput(Console.OpenStandardOutput(), isArray: asked.Form == OutputForm.Json && asked.Shape != ListShape.Count);
        var rows = new ListRows(output, asked, isOneOfSeveral: sources.Count + (corrupt is null ? 0 : 1) > 1, now);
        var filter = selection?.Filter(now);
        var exitCode = ExitCode.Ok;
        try
        {
            foreach (var source in sources) exitCode = Worse(exitCode, Guarded(source with { Filter = filter }, rows.Pairs, output));
            if (corrupt is not null) exitCode = Worse(exitCode, Guarded(corrupt with { Filter = filter }, rows.Corrupt, output));
            rows.End();
            output.End();
        }
        catch (IOException e) when (RowOutput.IsBrokenPipe(e))
        {
            // `| head` has seen enough
        }
        return exitCode;
    }

    // The first that was not permitted, or failed, counts; before it, that a place is not there; before that, that some -H cannot be read.
    private static int Worse(int before, int now) => Weight(now) > Weight(before) ? now : before;

    private static int Weight(int code) => code switch
    {
        ExitCode.Ok => 0,
        ExitCode.DataError => 1,
        ExitCode.NoInput => 2,
        _ => 3,
    };

    private static int Guarded(ListSource source, Func<ListSource, int> list, RowOutput output)
    {
        try
        {
            return list(source);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or PatternTimeException or IOException && !output.HasFailed)
        {
            return ExitCode.Told(PlaceList.TroubleOf(source, e));
        }
    }

    // As Places does, without pulling in the configuration.
    private static string Input(string directory)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        return Path.GetFileName(full) != "input" && Directory.Exists($"{full}/input") ? $"{full}/input" : full;
    }
}
