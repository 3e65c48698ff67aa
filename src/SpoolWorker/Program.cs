using System.CommandLine;
using SpoolWorker.Commands;
using SpoolWorker.Commands.Parsing;

var (arguments, settings) = CommandLine.Split(args);
var common = new CommonOptions { Settings = settings };
var root = CommandCatalog.Root(common);
var parsed = CommandCatalog.Parse(root, arguments);
// Without a command, or with a group's name alone, there is nothing to do but to say what there is.
if (parsed.CommandResult.Command is { Action: null, Subcommands.Count: > 0 } && parsed.Tokens.Count == arguments.Length && parsed.UnmatchedTokens.Count == 0 && parsed.Action?.ClearsParseErrors != true)
    parsed = CommandCatalog.Parse(root, [.. arguments, "--help"]);
var faults = CommandLine.Faults(parsed, common, arguments);
if (faults.Count > 0)
{
    foreach (var fault in faults) Console.Error.WriteLine($"spoolworker: {fault}");
    if (!faults.Any(f => f.Contains("--help", StringComparison.Ordinal))) Console.Error.WriteLine($"spoolworker: see '{CommandLine.Path(parsed.CommandResult.Command)} --help'");
    return ExitCode.Usage;
}
try
{
    // The host handles SIGTERM itself: a message in hand is finished, however long that takes.
    return parsed.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
}
catch (OperationCanceledException)
{
    // Ctrl+C: 128 and the number of SIGINT, as shells have it.
    return 130;
}
catch (Exception e)
{
    var failure = Failure.Of(e);
    Console.Error.WriteLine(failure is { } known ? $"spoolworker: {known.Text}" : $"spoolworker: a bug, please report it: {e}");
    return failure?.ExitCode ?? ExitCode.Software;
}
