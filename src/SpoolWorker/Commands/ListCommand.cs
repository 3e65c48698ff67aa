// spoolworker list: the messages of the intakes, of held/, corrupt/ or the target, or of any spool directory. Changes
// nothing. With --spool it reads no configuration and touches neither ledger nor host: that path is measured against
// `exim -bp`, the start of the program included. What cannot be read is listed with its error, and told by the exit code.
using System.CommandLine;
using SpoolWorker.Commands.Listing;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Options;

namespace SpoolWorker.Commands;

/// <summary>Lists messages.</summary>
internal static class ListCommand
{
    private const string Examples = """
        spoolworker list                            messages waiting in the intakes, oldest first
        spoolworker list --held                     what is held, and why
        spoolworker list --corrupt --json           what could not be read, for programs
        spoolworker list --spool /var/spool/exim4   any Exim spool; needs no configuration
        """;

    private const string Notes = """
        PENDING is the number of recipients still to be served, of all. SIZE is as exim -bp has it, AGE the time since reception.
        STATE: waiting, frozen, deferred or waiting for the hours of a pass ("in 23h" for its next try, or "due"), settled (the
        ledger says everyone is served), delivered (all recipients are done in -H), incomplete (no -D), held, unreadable.

        EXIT CODES:
          0 listed   65 listed, but some -H cannot be read   66 no such directory   74 reading failed   77 not permitted (what may be read is listed)
          Each directory is listed even when one before it failed. Corrupt messages in --corrupt are what is expected there: 0.
        """;

    public static Command Create(CommonOptions common)
    {
        var intake = new Option<bool>("--intake") { Description = "The intakes (default)" };
        var held = new Option<bool>("--held") { Description = "Messages held for the operator" };
        var corrupt = new Option<bool>("--corrupt") { Description = "Files that could not be read as messages" };
        var target = new Option<bool>("--target") { Description = "The target's spool" };
        var spool = new Option<string?>("--spool") { Description = "This spool directory, or its input directory", HelpName = "DIR" };
        var form = new OutputFormOptions("message");
        var command = new Command("list", "List messages: of the intakes, held, corrupt, the target's, or any spool's") { intake, held, corrupt, target, spool };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(spool) is { } directory) return List([new ListSource("spool", Input(directory), ListKind.Spool, null)], corrupt: null, form.Of(parsed));
            return Configured(common, parsed, new ListPlaces(parsed.GetValue(intake), parsed.GetValue(held), parsed.GetValue(corrupt), parsed.GetValue(target)), form.Of(parsed));
        });
        return command.WithExamples(Examples, Notes);
    }

    // A method of its own, as the next one: what they touch (configuration, LMDB) is loaded only when they are called.
    private static int Configured(CommonOptions common, ParseResult parsed, ListPlaces wanted, OutputForm form)
    {
        if (wanted is { Intake: false, Held: false, Corrupt: false, Target: false }) wanted = wanted with { Intake = true };
        if (common.Load(parsed, out var exitCode, Needs.Of(wanted.Keys)) is not { } loaded) return exitCode;
        using var ledger = wanted.Intake ? OpenLedger(loaded.Settings.Ledger, ref exitCode) : null;
        var listed = List([.. wanted.Sources(loaded.Settings, ledger)], wanted.Corrupt ? ListPlaces.CorruptSource(loaded.Settings) : null, form);
        return Worse(listed, exitCode);
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

    private static int List(List<ListSource> sources, ListSource? corrupt, OutputForm form)
    {
        var output = new RowOutput(Console.OpenStandardOutput(), isArray: form == OutputForm.Json);
        var rows = new ListRows(output, form, isOneOfSeveral: sources.Count + (corrupt is null ? 0 : 1) > 1, TimeProvider.System.GetUtcNow());
        var exitCode = ExitCode.Ok;
        try
        {
            foreach (var source in sources) exitCode = Worse(exitCode, Guarded(source, rows.Pairs));
            if (corrupt is not null) exitCode = Worse(exitCode, Guarded(corrupt, rows.Corrupt));
            output.End();
        }
        catch (IOException e) when (RowOutput.IsBrokenPipe(e))
        {
            // `| head` has seen enough
        }
        return exitCode;
    }

    // The first that was not permitted, or failed, counts; before those that some -H cannot be read.
    private static int Worse(int before, int now) => now != ExitCode.Ok && before is ExitCode.Ok or ExitCode.DataError ? now : before;

    private static int Guarded(ListSource source, Func<ListSource, int> list)
    {
        try
        {
            return list(source);
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException && !(e is IOException io && RowOutput.IsBrokenPipe(io)))
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
