// spoolworker retry, hold, release, bounce, delete, redirect: what the operator says becomes an order, VerbWorker has it executed, and what came of it is
// counted here, what did not is named.
using System.CommandLine;
using System.Text;
using SpoolWorker.Commands.Input;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Quarantine;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Operations.Verbs;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Verbs;

/// <summary>The commands that do something with messages.</summary>
internal sealed class VerbCommand
{
    private static readonly Needs BesideAWorker = Needs.Of("Intakes", "Target", "Held", "Corrupt", "Ledger", "Audit");

    private readonly VerbKind _verb;
    private readonly CommonOptions _common;
    private readonly OutputFormOptions _form = new("message");
    private readonly Argument<string[]> _words;
    private readonly Option<string?> _where = new("--where") { Description = "Messages that fit a condition (docs/conditions.md)", HelpName = "CONDITION" };
    private readonly Option<string[]> _recipient = new("--recipient") { Description = "For these recipients only", HelpName = "ADDR", AllowMultipleArgumentsPerToken = true };
    private readonly Option<string> _reason = new("--reason") { Description = "Why; stands in the audit", HelpName = "TEXT", DefaultValueFactory = _ => "" };
    private readonly Option<bool> _asIs = new("--as-is") { Description = "Without the passes that are still to come" };
    private readonly Option<bool> _intake = new("--intake") { Description = "Also mail that waits in an intake and that no pass has deferred" };
    private readonly Option<bool> _dryRun = new("--dry-run") { Description = "Only say what it would be done with" };
    private readonly StandingOptions? _standing;
    private readonly Option<bool> _yes = new("--yes") { Description = "Do not ask before more than one message" };

    private VerbCommand(VerbKind verb, CommonOptions common)
    {
        _verb = verb;
        _common = common;
        _standing = verb == VerbKind.Hold ? new StandingOptions() : null;
        _words = new Argument<string[]>(verb switch { VerbKind.Redirect => "address|id", VerbKind.Release => "id|file", _ => "id" })
        {
            Description = verb switch { VerbKind.Redirect => "The new address, and message ids", VerbKind.Release => "Message ids, or -H files of a quarantine (or their directories)", _ => "Message ids" },
            Arity = ArgumentArity.ZeroOrMore,
        };
    }

    /// <summary>The command of a verb.</summary>
    public static Command Create(VerbKind verb, CommonOptions common) => new VerbCommand(verb, common).Make();

    private Command Make()
    {
        var command = new Command(VerbWords.Of(_verb), VerbHelp.Description(_verb)) { _words, _where, _recipient, _reason, _intake, _dryRun, _yes };
        if (_verb is VerbKind.Release or VerbKind.Redirect) command.Options.Add(_asIs);
        _standing?.AddTo(command);
        _form.AddTo(command);
        _common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (_standing?.IsMeant(parsed) == true) return await HoldWhatComesAsync(parsed, cancellationToken).ConfigureAwait(false);
            if (OrderOf(parsed) is not { } order) return ExitCode.Usage;
            if (_common.Load(parsed, out var exitCode, BesideAWorker) is not { } loaded) return exitCode;
            try
            {
                return await RunAsync(parsed, order, loaded, cancellationToken).ConfigureAwait(false);
            }
            catch (PatternTimeException e)
            {
                return ExitCode.Told(new Trouble(TroubleKind.BadData, $"--where: {e.Message}; nothing is done"));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return ExitCode.Told(Trouble.Of(e));
            }
        });
        return command.WithExamples(VerbHelp.Examples(_verb), VerbHelp.Notes(_verb));
    }

    private async Task<int> HoldWhatComesAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var isOfMessages = (parsed.GetValue(_words) ?? []).Length > 0 || (parsed.GetValue(_recipient) ?? []).Length > 0 || parsed.GetValue(_intake) || parsed.GetValue(_dryRun);
        if (isOfMessages) return Told("--new holds what comes: it goes with --where and --reason, or with --list or --remove, and without message ids, --recipient, --intake and --dry-run");
        if (!_standing!.TryRead(parsed, parsed.GetValue(_where), parsed.GetValue(_reason)!, out var call, out var fault)) return Told(fault);
        if (_common.Load(parsed, out var exitCode, BesideAWorker) is not { } loaded) return exitCode;
        return await call(loaded.Settings, _form.Of(parsed), cancellationToken).ConfigureAwait(false);

        static int Told(string text)
        {
            _ = Wrong(text);
            return ExitCode.Usage;
        }
    }

    private VerbOrder? OrderOf(ParseResult parsed)
    {
        var (ids, recipients, others, files) = (new List<string>(), new List<string>(), new List<string>(), new List<string>());
        // "--recipient a b ID": an id has no domain, and every recipient has one.
        foreach (var (word, isRecipient) in (parsed.GetValue(_words) ?? []).Select(w => (w, false)).Concat((parsed.GetValue(_recipient) ?? []).Select(r => (r, true))))
        {
            if (MessageId.TryParse(word.AsSpan(), out _)) ids.Add(word);
            else if (_verb == VerbKind.Release && !(isRecipient && AddressArgument.IsMailbox(word)) && SetAsideFile.IsMeant(word)) files.Add(word);
            else if (isRecipient) recipients.Add(Octets(word));
            else others.Add(word);
        }
        var address = "";
        if (_verb == VerbKind.Redirect)
        {
            if (others is not [var one] || !AddressArgument.IsMailbox(one)) return Wrong(others.Count == 0 ? "no address was given to redirect to" : $"'{others[^1]}' is no address: one local part and one domain, as in carol@r.example");
            address = Octets(one);
        }
        else if (others.Count > 0) return Wrong($"'{others[0]}' is not a message id (6-6-2 or 6-11-4 letters and digits)");
        if (files.Count > 0 && (ids.Count > 0 || parsed.GetValue(_where) is not null || parsed.GetValue(_intake))) return Wrong($"'{files[0]}' is a file: files go without message ids, --where and --intake");
        if (files.Count == 0 && ids.Count == 0 && parsed.GetValue(_where) is null) return Wrong($"neither a message id {(_verb == VerbKind.Release ? "nor a file " : "")}nor a condition (--where) was given");
        if (!Selection.TryParse(ids, parsed.GetValue(_where), ConditionNames.OfMail(() => CommonOptions.Known().Passes), out var selection, out var fault)) return Wrong(fault);
        return new VerbOrder
        {
            Verb = _verb,
            Selection = selection,
            Files = files,
            Recipients = recipients,
            Address = address,
            Intake = parsed.GetValue(_intake),
            AsIs = _verb is VerbKind.Release or VerbKind.Redirect && parsed.GetValue(_asIs),
            Reason = parsed.GetValue(_reason)!,
            Actor = Actor.Name,
            Uid = Posix.EffectiveUser,
        };
    }

    private async Task<int> RunAsync(ParseResult parsed, VerbOrder order, LoadedConfiguration loaded, CancellationToken cancellationToken)
    {
        var form = _form.Of(parsed);
        var quarantine = new QuarantineOrder(loaded.Settings, order);
        var targets = order.Files.Count > 0 ? quarantine.Look() : VerbSearch.Find(loaded.Settings, order, TimeProvider.System.GetUtcNow());
        // With one id the sentence about that message says more.
        if (targets is { Unknown.Count: > 0, Found.Count: > 0 } or { Unknown.Count: > 0, Missed.Count: > 1 })
            return ExitCode.Told(new Trouble(TroubleKind.NotFound, $"{string.Join(", ", targets.Unknown.Select(Printable.Text))}: no recipient that is still to be served; nothing is done"));
        if (targets is { Found.Count: 0, Missed.Count: 0, Troubles.Count: 0 }) return ExitCode.Told(new Trouble(TroubleKind.NotFound, "no held or deferred message fits the condition (--intake asks all that wait)"));
        if (parsed.GetValue(_dryRun)) return Print([.. targets.Found.Select(t => (IReadOnlyList<VerbView>)[VerbAnswers.Of(order, t)])], [], order, targets, form, isDry: true);
        if (targets.Found.Count > 1 && !parsed.GetValue(_yes) && !Confirmed(targets.Found.Count)) return ExitCode.Usage;
        if (targets.Found.Count > 0 && order.Files.Count > 0) targets = await quarantine.TakeAsync(cancellationToken).ConfigureAwait(false);
        if (targets.Found.Count == 0) return Print([], [], order, targets, form, isDry: false);
        var worker = new VerbWorker(loaded, () => _common.Load(parsed, out _));
        var rows = await worker.RunAsync(order, targets.Found, cancellationToken).ConfigureAwait(false);
        return Print([.. rows.Zip(targets.Found, (line, target) => line.Select(row => VerbAnswers.Of(row, target.Place)).ToList())], [.. rows.SelectMany(line => line).Select(VerbAnswers.TroubleOf).OfType<Trouble>()], order, targets, form, isDry: false);
    }

    // Of each message a view, or as many as it went in parts.
    private int Print(IReadOnlyList<IReadOnlyList<VerbView>> messages, IReadOnlyList<Trouble> troubles, VerbOrder order, VerbTargets targets, OutputForm form, bool isDry)
    {
        var views = messages.SelectMany(m => m).ToList();
        if (form != OutputForm.Text) ViewOutput.PrintRows([.. views, .. targets.Missed.Select(m => VerbAnswers.Of(order, m))], ViewJson.Default.VerbView, form);
        else foreach (var view in views.Where(v => v.Done)) Console.WriteLine(isDry ? $"{view.Id} in {Printable.Text(view.Directory!)}" : $"{VerbWords.Past(_verb)} {view.Id}: {Printable.Text(view.Result)}");
        var all = troubles.Concat(targets.Missed.Select(m => m.Trouble)).Concat(targets.Troubles).ToList();
        foreach (var trouble in all) _ = ExitCode.Told(trouble);
        var asked = messages.Count + targets.Missed.Count;
        if (form == OutputForm.Text && asked > 1)
            Console.WriteLine(isDry ? $"would {VerbWords.Of(_verb)} {messages.Count} of {asked} messages" : $"{VerbWords.Past(_verb)} {messages.Count(m => m.All(v => v.Done))} of {asked} messages");
        return all.Count > 0 ? ExitCode.Of(all[0].Kind) : ExitCode.Ok;
    }

    private bool Confirmed(int count)
    {
        if (Console.IsInputRedirected || !Terminal.IsTerminal)
        {
            Console.Error.WriteLine($"spoolworker: these are {count} messages: say --yes to {VerbWords.Of(_verb)} them all, or --dry-run to see which");
            return false;
        }
        Console.Write($"{VerbWords.Of(_verb)} {count} messages? [y/N] ");
        var answer = Console.ReadLine();
        if (answer?.Trim() is "y" or "Y" or "yes") return true;
        // The end of the input leaves the cursor behind the question.
        Console.Error.WriteLine($"{(answer is null ? "\n" : "")}spoolworker: nothing is done");
        return false;
    }

    private static VerbOrder? Wrong(string text)
    {
        Console.Error.WriteLine($"spoolworker: {Printable.Text(text)}");
        return null;
    }

    private static string Octets(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
