using System.CommandLine;
using SpoolWorker.Commands;

var common = new CommonOptions();
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
};
CommandHelp.Install(root);
// "@example.org" is an argument (a sender without local part), no file to read more arguments from.
var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
if (parsed.Errors.Count == 0)
{
    try
    {
        // The host handles SIGTERM itself: a message in hand is finished, however long that takes.
        return parsed.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null, EnableDefaultExceptionHandler = false });
    }
    catch (IOException e)
    {
        // What no command sees coming: standard output on a full disk, most of all. No bug, so no stack.
        Console.Error.WriteLine($"spoolworker: {e.Message}");
        return ExitCode.InputOutput;
    }
    catch (Exception e) when (e is not OperationCanceledException)
    {
        Console.Error.WriteLine($"spoolworker: a bug, please report it: {e}");
        return ExitCode.Software;
    }
    catch (OperationCanceledException)
    {
        // Ctrl+C: 128 and the number of SIGINT, as shells have it.
        return 130;
    }
}
foreach (var error in parsed.Errors) Console.Error.WriteLine($"spoolworker: {error.Message}");
Console.Error.WriteLine("spoolworker: see 'spoolworker --help'");
return ExitCode.Usage;
