// spoolworker show: one message with everything that is known of it. An id is looked for in the intakes, the target, held/
// and corrupt/, and shown wherever it is; a file may lie anywhere and needs no configuration. Changes nothing, takes no lock.
using System.CommandLine;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Commands.Showing;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Shows a message.</summary>
internal static class ShowCommand
{
    private const string Examples = """
        spoolworker show 1xVVht-000477-0i                       wherever it is: intakes, target, held, corrupt
        spoolworker show var/corrupt/1xVVht-000477-0i-H         a file; says where and why it cannot be read
        spoolworker show /var/spool/exim4/input/1xVVht-000477-0i-H --json
        """;

    private const string Notes = """
        Bytes that are not printable are shown as \xNN. --json prints an array: an id may lie in several places.

        EXIT CODES:
          0 shown   64 neither an id nor a file   65 shown, but -H cannot be read   66 not found   74 reading failed   77 not permitted (what may be read is shown)
          78 configuration
        """;

    public static Command Create(CommonOptions common)
    {
        var what = new Argument<string>("id|file") { Description = "Message id, or path of a -H file" };
        var json = CommonOptions.Json();
        var command = new Command("show", "Show a message: envelope, variables, recipients and their state, headers") { what, json };
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            try
            {
                return Show(common, parsed, parsed.GetValue(what)!, parsed.GetValue(json));
            }
            catch (PosixException e)
            {
                Console.Error.WriteLine($"spoolworker: {e.Message}");
                return e.Errno is Errno.EACCES or Errno.EPERM ? ExitCode.NoPermission : ExitCode.InputOutput;
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static int Show(CommonOptions common, ParseResult parsed, string what, bool json)
    {
        if (!MessageId.TryParse(what.AsSpan(), out var id))
        {
            if (what.Contains('/', StringComparison.Ordinal) || Posix.Exists(what) || what.EndsWith("-H", StringComparison.Ordinal))
            {
                if (Posix.Exists(what)) return Print([MessageView.Read("file", Path.GetFullPath(what), _ => [])], json);
                Console.Error.WriteLine($"spoolworker: no file {what}");
                return ExitCode.NoInput;
            }
            Console.Error.WriteLine($"spoolworker: '{what}' is neither a message id (6-6-2 or 6-11-4 letters and digits) nor a file");
            return ExitCode.Usage;
        }
        if (common.Load(parsed, out var exitCode, CommonOptions.Places) is not { } loaded) return exitCode;
        var seen = ExitCode.Ok;
        using var ledger = OpenLedger(loaded.Settings.Ledger, ref seen);
        var entries = ledger?.FindAll(id) ?? [];
        var views = new List<MessageView>();
        foreach (var (place, path) in Places(loaded.Settings))
        {
            try
            {
                foreach (var header in HeadersIn(place, path, id)) views.Add(MessageView.Read(place, header, _ => entries));
            }
            catch (PosixException e)
            {
                // What lies elsewhere can be shown all the same.
                Console.Error.WriteLine($"spoolworker: {place}: {e.Message}");
                seen = ExitCode.Of(e);
            }
        }
        if (views.Count > 0) return Print(views, json) is var printed && printed != ExitCode.Ok ? printed : seen;
        if (entries.Count > 0)
        {
            foreach (var entry in entries) Console.Error.WriteLine($"spoolworker: {id} is gone; the ledger says: {string.Join(", ", entry.Done.Select(d => $"{Printable.Text(d.Key)} {d.Value}"))}");
        }
        else if (seen == ExitCode.Ok) Console.Error.WriteLine($"spoolworker: {id} is not in the intakes, the target, {loaded.Settings.Held.Path} or {loaded.Settings.Corrupt.Path}");
        else Console.Error.WriteLine($"spoolworker: {id} is not where this user may look");
        return seen != ExitCode.Ok ? seen : ExitCode.NoInput;
    }

    private static IEnumerable<(string Place, string Path)> Places(Settings settings) => settings.Intakes.SelectMany(i => Engine.Target.Places.IntakePaths(i)).Distinct().Select(path => ("intake", path))
        .Append(("target", Engine.Target.Places.TargetPath(settings.Target))).Append(("held", Engine.Target.Places.Full(settings.Held.Path))).Append(("corrupt", Engine.Target.Places.Full(settings.Corrupt.Path)));

    private static List<string> HeadersIn(string place, string path, MessageId id)
    {
        using var directory = new SpoolDirectory(path);
        if (place != "corrupt") return directory.FolderWith(id, 'H') is { } folder ? [$"{folder}/{id.HeaderName}"] : [];
        var error = directory.TryOpen(out var corrupt);
        if (error is Errno.ENOENT or Errno.ENOTDIR) return [];
        if (error != 0) throw new PosixException(error, "open", path);
        corrupt!.Dispose();
        return [.. CorruptFolder.Read(path).Where(e => e.Name == id.ToString() || e.Name.StartsWith(id + ".", StringComparison.Ordinal)).Select(e => $"{path}/{e.Name}-H")];
    }

    private static LedgerGlance? OpenLedger(LedgerOptions options, ref int exitCode)
    {
        try
        {
            return LedgerGlance.Open(options);
        }
        catch (IOException e)
        {
            Console.Error.WriteLine($"spoolworker: shown without the ledger: {e.Message}");
            exitCode = ExitCode.Of(e);
            return null;
        }
    }

    private static int Print(IReadOnlyList<MessageView> views, bool json)
    {
        if (json)
        {
            Json.Print(writer =>
            {
                writer.WriteStartArray();
                foreach (var view in views) JsonView.Write(writer, view);
                writer.WriteEndArray();
            });
        }
        else Console.Out.Write(string.Join("\n", views.Select(v => TextView.Of(v, TimeProvider.System.GetUtcNow()))));
        return views.Any(v => v.Error is not null) ? ExitCode.DataError : ExitCode.Ok;
    }
}
