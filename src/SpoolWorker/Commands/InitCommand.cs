// spoolworker init: puts the worker between Exim's receiving and its delivering on a Debian machine. Shows what it would do; --apply does it, --remove takes it back.
using System.CommandLine;
using SpoolWorker.Commands.Init;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Operations.Init;
using SpoolWorker.Operations.Json;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Wires the worker to Exim.</summary>
internal static class InitCommand
{
    private const string Notes = """
        Without --apply and --remove nothing is done: it shows each file, and what would be run. On a terminal it asks for what is not said.
        What is there already is kept and said: configuration, keys, a fragment made by hand. Say it as often as you like.
        Exim checks its new configuration before it is made live; what fails in the middle takes back all that was done before.
        --remove leaves every file as it was before. It refuses while mail lies in an intake and no worker takes it out, and says what
        else in Exim's configuration brings mail there: then configuration, keys and worker stay.

        EXIT CODES:
          0 done, or shown   64 wrong usage   69 no Debian's Exim here   74 writing failed   75 mail lies in an intake, or a disk is full
          77 not as this user, or on this file system   78 Exim's configuration, or the worker's, does not allow it
        """;

    public static Command Create()
    {
        var debian = new Option<bool>("--debian") { Description = "Exim is Debian's, configured by exim4-config" };
        var apply = new Option<bool>("--apply") { Description = "Do it" };
        var remove = new Option<bool>("--remove") { Description = "Take back what --apply did" };
        var wiringOnly = new Option<bool>("--wiring-only") { Description = "With --remove: Exim's part alone; configuration and keys stay" };
        var yes = new Option<bool>("--yes") { Description = "Ask nothing: what is not said has its default" };
        var choices = new InitOptions();
        var form = new OutputFormOptions();
        var command = new Command("init", "Put the worker between Exim's receiving and its delivering, or take it out again") { debian, apply, remove, wiringOnly, yes };
        choices.AddTo(command);
        form.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetValue(apply) && result.GetValue(remove)) result.AddError("--apply and --remove: say one of them");
            if (result.GetValue(wiringOnly) && !result.GetValue(remove)) result.AddError("--wiring-only goes with --remove");
            if (!result.GetValue(debian) && (result.GetValue(apply) || result.GetValue(remove))) result.AddError("say --debian: only Debian's Exim is known");
        });
        command.SetAction(parsed =>
        {
            if (!parsed.GetValue(debian)) return Advice();
            var (isApply, isRemove) = (parsed.GetValue(apply), parsed.GetValue(remove));
            if ((isApply || isRemove) && Posix.EffectiveUser != 0) return ExitCode.Told(new Trouble(TroubleKind.NotPermitted, $"{(isApply ? "--apply" : "--remove")} writes files of root and of Exim: run it as root"));
            if (isRemove) return Remove(parsed.GetValue(wiringOnly), form.Of(parsed));
            var isAsked = !parsed.GetValue(yes) && form.Of(parsed) == OutputForm.Text && !Console.IsInputRedirected && Terminal.IsTerminal;
            return Apply(parsed, choices, isApply, isAsked, form.Of(parsed));
        });
        return command.WithExamples("""
            spoolworker init --debian --sign example.org
            spoolworker init --debian --sign example.org --apply
            spoolworker init --debian --remove
            """, Notes);
    }

    private static int Advice()
    {
        Console.WriteLine("""
            spoolworker init has to be told what Exim this is:
              --debian    Debian's, as exim4-config configures it. Shows what it would do; with --apply it does it.

            It needs root, Debian's exim4, and to know: the queue to receive into (--intake), the domains to sign for (--sign), the passes (--passes).
            For another Exim, or one that is configured by hand: spoolworker exim-config prints Exim's part of each wiring.
            """);
        return ExitCode.Usage;
    }

    private static int Remove(bool wiringOnly, OutputForm form)
    {
        if (DebianRemoval.Remove(wiringOnly, out var trouble) is not { } done) return ExitCode.Told(trouble!);
        Print(InitReport.Of(done), form);
        return ExitCode.Ok;
    }

    private static int Apply(ParseResult parsed, InitOptions options, bool isApply, bool isAsked, OutputForm form)
    {
        if (DebianExim.Find(out var trouble) is not { } exim) return ExitCode.Told(trouble!);
        var known = CommonOptions.Known();
        IReadOnlyList<string> names = [.. known.Passes.Select(p => p.Name)];
        var choices = isAsked && !InitOptions.IsConfigured ? InitQuestions.Ask(options, parsed, exim, names) : options.Of(parsed, exim);
        if (choices.Fault(known, exim) is { } fault)
        {
            Console.Error.WriteLine($"spoolworker: {Printable.Text(fault)}");
            return ExitCode.Usage;
        }
        if (DebianPlan.Make(exim, choices, out trouble) is not { } plan) return ExitCode.Told(trouble!);
        InitDone? done = null;
        if (isApply)
        {
            if (isAsked)
            {
                Print(InitReport.Of(plan, null), form);
                if (!InitQuestions.Confirmed()) return ExitCode.Usage;
            }
            done = DebianInit.Apply(plan, known, out trouble);
            if (done is null) return ExitCode.Told(trouble!);
        }
        Print(InitReport.Of(plan, done), form);
        return ExitCode.Ok;
    }

    private static void Print(Operations.Views.Tools.InitView view, OutputForm form)
    {
        if (form == OutputForm.Json) ViewOutput.Print(view, ViewJson.Default.InitView);
        else InitLines.Print(view);
    }
}
