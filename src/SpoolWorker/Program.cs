using System.CommandLine;
using SpoolWorker.Commands;

var (arguments, settings) = CommandLine.Split(args);
var common = new CommonOptions { Settings = settings };
var root = new RootCommand("SpoolWorker: takes spool pairs from Exim, runs passes over them, and requeues them into an Exim spool. Nothing lost, nothing twice.")
{
    RunCommand.Create(common),
    TryCommand.Create(common),
    ListCommand.Create(common),
    ShowCommand.Create(common),
    CheckConfigCommand.Create(common),
    ReleaseCommand.Create(common),
    ForgetCommand.Create(common),
    ArcSealCommand.Create(common),
    EximConfigCommand.Create(),
    TableCommand.Create(),
    AuthenticateCommand.Create(common),
    DccCommand.Create(common),
    KeygenCommand.Create(),
    SpfCommand.Create(common),
    SrsCommand.Create(),
    DsnCommand.Create(common),
    TraceCommand.Create(common),
    VersionCommand.Create(),
};
CommandHelp.Install(root);
foreach (var option in root.Options.OfType<VersionOption>()) option.Aliases.Add("-V");
// "@example.org" is an argument (a sender without local part), no file to read more arguments from.
var parser = new ParserConfiguration { ResponseFileTokenReplacer = null };
var parsed = root.Parse(arguments, parser);
// Without a command, or with a group's name alone, there is nothing to do but to say what there is.
if (parsed.CommandResult.Command.Subcommands.Count > 0 && parsed.Tokens.Count == arguments.Length && parsed.UnmatchedTokens.Count == 0 && parsed.Action?.ClearsParseErrors != true)
    parsed = root.Parse([.. arguments, "--help"], parser);
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
