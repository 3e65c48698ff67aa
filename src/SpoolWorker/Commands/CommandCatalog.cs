using System.CommandLine;
using SpoolWorker.Commands.Orders;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Commands.Verbs;
using SpoolWorker.Ledger.Verbs;

namespace SpoolWorker.Commands;

/// <summary>The commands this program knows: one line each.</summary>
internal static class CommandCatalog
{
    // "@example.org" is an argument (a sender without local part), no file to read more arguments from.
    private static readonly ParserConfiguration Parser = new() { ResponseFileTokenReplacer = null };

    /// <summary>The program's command line.</summary>
    public static RootCommand Root(CommonOptions common)
    {
        var root = new RootCommand("SpoolWorker: takes spool pairs from Exim, runs passes over them, and requeues them into an Exim spool. Nothing lost, nothing twice.")
        {
            RunCommand.Create(common),
            TryCommand.Create(common),
            ListCommand.Create(common),
            ShowCommand.Create(common),
            StatusCommand.Create(common),
            ReloadCommand.Create(common),
            CheckConfigCommand.Create(common),
            ConfigCommand.Create(common),
            DoctorCommand.Create(common),
            VerbCommand.Create(VerbKind.Release, common),
            VerbCommand.Create(VerbKind.Retry, common),
            VerbCommand.Create(VerbKind.Hold, common),
            VerbCommand.Create(VerbKind.Bounce, common),
            VerbCommand.Create(VerbKind.Delete, common),
            VerbCommand.Create(VerbKind.Redirect, common),
            AuditCommand.Create(common),
            PauseCommand.Pause(common),
            PauseCommand.Resume(common),
            PauseCommand.Drain(common),
            SkipCommand.Create(common),
            JobCommand.Create(common),
            HintsCommand.Create(common),
            ExplainCommand.Create(common),
            InjectCommand.Create(common),
            ForgetCommand.Create(common),
            ArcSealCommand.Create(common),
            InitCommand.Create(),
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
            LowerLmdbCommand.Create(),
        };
        CommandHelp.Install(root);
        foreach (var option in root.Options.OfType<VersionOption>()) option.Aliases.Add("-V");
        return root;
    }

    /// <summary>Parses a command line from which the settings have been taken (<see cref="CommandLine.Split"/>).</summary>
    public static ParseResult Parse(RootCommand root, IReadOnlyList<string> arguments) => root.Parse(arguments, Parser);
}
