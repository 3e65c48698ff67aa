// spoolworker list: the messages of the intakes, of held/, corrupt/ or the target, or of any spool directory. Changes
// nothing. With --spool it reads no configuration and touches neither ledger nor host: that path is measured against
// `exim -bp`, the start of the program included. What cannot be read is listed with its error, and told by the exit code.
using System.CommandLine;
using System.Text;
using SpoolWorker.Commands.Listing;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations;
using SpoolWorker.Options;
using SpoolWorker.Spool;

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
        PENDING is the number of recipients still to be served, of all. SIZE is body and headers, AGE the time since reception.
        STATE: waiting, frozen, deferred ("in 23h" for its next try, or "due"), settled (the ledger says everyone is served),
        delivered (all recipients are done in -H), incomplete (no -D), held, unreadable. At --json each message is one object.

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
        var json = CommonOptions.Json();
        var command = new Command("list", "List messages: of the intakes, held, corrupt, the target's, or any spool's") { intake, held, corrupt, target, spool, json };
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            if (parsed.GetValue(spool) is { } directory) return List([new ListSource("spool", Input(directory), ListKind.Spool, null)], corrupt: null, parsed.GetValue(json));
            return Configured(common, parsed, new Wanted(parsed.GetValue(intake), parsed.GetValue(held), parsed.GetValue(corrupt), parsed.GetValue(target)), parsed.GetValue(json));
        });
        return command.WithExamples(Examples, Notes);
    }

    private sealed record Wanted(bool Intake, bool Held, bool Corrupt, bool Target);

    // A method of its own, as the next one: what they touch (configuration, LMDB) is loaded only when they are called.
    private static int Configured(CommonOptions common, ParseResult parsed, Wanted wanted, bool json)
    {
        if (wanted is { Intake: false, Held: false, Corrupt: false, Target: false }) wanted = wanted with { Intake = true };
        var needs = new[] { (wanted.Intake, "Intakes"), (wanted.Intake, "Ledger"), (wanted.Held, "Held"), (wanted.Corrupt, "Corrupt"), (wanted.Target, "Target:Path") };
        if (common.Load(parsed, out var exitCode, [.. needs.Where(n => n.Item1).Select(n => n.Item2)]) is not { } loaded) return exitCode;
        var settings = loaded.Settings;
        using var ledger = wanted.Intake ? OpenLedger(settings.Ledger, ref exitCode) : null;
        var sources = new List<ListSource>();
        if (wanted.Intake)
        {
            // An Exim makes its queues' directories itself; where there are others, the name is more likely mistyped.
            sources.AddRange(settings.Intakes.SelectMany(i => Places.IntakePaths(i).Select(path => (Path: path, IsExims: i.Kind != IntakeKind.Queuefile))).DistinctBy(i => i.Path)
                .Select(i => new ListSource("intake", i.Path, ListKind.Spool, ledger is null ? null : id => ledger.Find(i.Path, id)) { MayBeMissing = i.IsExims && NearbyPaths.Of(i.Path).Count == 0 }));
        }
        if (wanted.Held) sources.Add(new ListSource("held", Places.Full(settings.Held.Path), ListKind.Held, null) { MayBeMissing = true });
        if (wanted.Target) sources.Add(new ListSource("target", Places.TargetPath(settings.Target), ListKind.Spool, null));
        var corrupt = wanted.Corrupt ? new ListSource("corrupt", Places.Full(settings.Corrupt.Path), ListKind.Spool, null) { MayBeMissing = true } : null;
        var listed = List(sources, corrupt, json);
        return listed is ExitCode.Ok or ExitCode.DataError && exitCode != ExitCode.Ok ? exitCode : listed;
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
            Console.Error.WriteLine($"spoolworker: listed without the ledger: {e.Message}");
            exitCode = ExitCode.Of(e);
            return null;
        }
    }

    private static int List(List<ListSource> sources, ListSource? corrupt, bool json)
    {
        var now = TimeProvider.System.GetUtcNow();
        var output = new RowOutput(Console.OpenStandardOutput(), json);
        var exitCode = ExitCode.Ok;
        var several = sources.Count + (corrupt is null ? 0 : 1) > 1;
        try
        {
            foreach (var source in sources)
            {
                var code = Guarded(source, () => IsMissing(source) ? Nothing(source, json, several, output) : ListPairs(source, json, several, output, now));
                if (code != ExitCode.Ok && exitCode is ExitCode.Ok or ExitCode.DataError) exitCode = code;
            }
            if (corrupt is not null)
            {
                var code = Guarded(corrupt, () =>
                {
                    if (IsMissing(corrupt) || !CorruptList.Read(corrupt.Path).Any()) return Nothing(corrupt, json, several, output);
                    if (!json) Text(output, (several ? $"{corrupt.Name} {corrupt.Path}\n" : "") + CorruptList.Heading());
                    CorruptList.Write(corrupt, json, output, now);
                    return ExitCode.Ok;
                });
                if (code != ExitCode.Ok && exitCode is ExitCode.Ok or ExitCode.DataError) exitCode = code;
            }
            output.End();
        }
        catch (IOException e) when (RowOutput.IsBrokenPipe(e))
        {
            // `| head` has seen enough
        }
        return exitCode;
    }

    private static int ListPairs(ListSource source, bool json, bool several, RowOutput output, DateTimeOffset now)
    {
        using var names = MessageNames.Read(source.Path);
        if (names.Unread.Count == 0) return ListNames(names, source, json, several, output, now);
        if (names.Names.Length > 0) ListNames(names, source, json, several, output, now);
        output.Flush();
        foreach (var e in names.Unread) Console.Error.WriteLine($"spoolworker: {source.Name}: {e.Message}; what lies there is not listed");
        return ExitCode.Of(names.Unread[0]);
    }

    private static int ListNames(MessageNames names, ListSource source, bool json, bool several, RowOutput output, DateTimeOffset now)
    {
        if (names.Names.Length == 0) return Nothing(source, json, several, output);
        var idWidth = names.IdWidth;
        if (!json) Text(output, (several ? $"{source.Name} {source.Path}\n" : "") + TextListRenderer.Heading(source, idWidth));
        using var writer = new ListWriter(source, names, () => json ? new JsonListRenderer(source, now) : new TextListRenderer(idWidth, now), output);
        var result = writer.Write();
        if (source.Name == "intake" && Orphans.Read(source.Path, now) is { Count: > 0 } orphans)
        {
            output.Flush();
            Console.Error.WriteLine($"spoolworker: {source.Path}: {orphans}");
        }
        if (result.Unreadable == 0) return ExitCode.Ok;
        output.Flush();
        Console.Error.WriteLine($"spoolworker: {result.Unreadable} of {result.Messages} messages in {source.Path} cannot be read");
        return ExitCode.DataError;
    }

    private static bool IsMissing(ListSource source) => source.MayBeMissing && !Posix.Exists(source.Path);

    // Said to people; a script that counts lines gets none.
    private static int Nothing(ListSource source, bool json, bool several, RowOutput output)
    {
        if (!json && (several || Output.Terminal.IsTerminal)) Text(output, several ? $"{source.Name} {source.Path}\n  nothing\n" : $"nothing in {source.Path}\n");
        return ExitCode.Ok;
    }

    private static int Guarded(ListSource source, Func<int> list)
    {
        try
        {
            return list();
        }
        catch (PosixException e) when (e.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            Console.Error.WriteLine($"spoolworker: {source.Name}: no directory {source.Path}{NearbyPaths.Sentence(source.Path)}");
            return ExitCode.NoInput;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or PosixException { Errno: Errno.EACCES or Errno.EPERM })
        {
            Console.Error.WriteLine($"spoolworker: {source.Name}: {e.Message}");
            return ExitCode.NoPermission;
        }
        catch (IOException e) when (!RowOutput.IsBrokenPipe(e))
        {
            Console.Error.WriteLine($"spoolworker: {source.Name}: {e.Message}");
            return ExitCode.InputOutput;
        }
    }

    private static void Text(RowOutput output, string text) => output.Write(Encoding.UTF8.GetBytes(text));

    // As Places does, without pulling in the configuration.
    private static string Input(string directory)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(directory));
        return Path.GetFileName(full) != "input" && Directory.Exists($"{full}/input") ? $"{full}/input" : full;
    }
}
