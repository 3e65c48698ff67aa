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
// The host handles SIGTERM itself: a message in hand is finished, however long that takes.
if (parsed.Errors.Count == 0) return parsed.Invoke(new InvocationConfiguration { ProcessTerminationTimeout = null });
foreach (var error in parsed.Errors) Console.Error.WriteLine($"spoolworker: {error.Message}");
Console.Error.WriteLine("spoolworker: see 'spoolworker --help'");
return ExitCode.Usage;
