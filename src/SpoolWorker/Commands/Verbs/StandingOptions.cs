// spoolworker hold --new: holds of what comes, made, listed and removed. Beside the options of `hold` these say which of the three.
using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Verbs;

/// <summary>The options of standing holds.</summary>
internal sealed class StandingOptions
{
    /// <summary>What is longer than this is meant to last until it is removed.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    private readonly Option<bool> _new = new("--new") { Description = "Hold what comes from now on, before its first pass" };
    private readonly Option<string?> _for = new("--for") { Description = "With --new: for so long; else until it is removed", HelpName = "TIME" };
    private readonly Option<bool> _list = new("--list") { Description = "With --new: show what is held when it comes" };
    private readonly Option<long?> _remove = new("--remove") { Description = "With --new: do so no more", HelpName = "NUMBER" };

    /// <summary>What was asked for, ready to be done; the exit code comes of it.</summary>
    public delegate Task<int> Call(Settings settings, OutputForm form, CancellationToken cancellationToken);

    /// <summary>Lets a command take them.</summary>
    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _new, _for, _list, _remove }) command.Options.Add(option);
        command.Validators.Add(result =>
        {
            if (!result.GetValue(_new) && (result.GetValue(_for) is not null || result.GetValue(_list) || result.GetValue(_remove) is not null)) result.AddError("--for, --list and --remove are about what comes: say --new with them");
        });
    }

    /// <summary>Whether a command line is about what comes.</summary>
    public bool IsMeant(ParseResult parsed) => parsed.GetValue(_new);

    /// <summary>Reads the rest of it.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="where">The condition; null: none.</param>
    /// <param name="reason">Why; may be empty.</param>
    /// <param name="call">Set when it can be done.</param>
    /// <param name="fault">What is wrong, as a sentence.</param>
    public bool TryRead(ParseResult parsed, string? where, string reason, [NotNullWhen(true)] out Call? call, [NotNullWhen(false)] out string? fault)
    {
        (call, fault) = (null, null);
        var (isList, number) = (parsed.GetValue(_list), parsed.GetValue(_remove));
        var asked = (where is not null ? 1 : 0) + (isList ? 1 : 0) + (number is not null ? 1 : 0);
        if (asked != 1) fault = "--new goes with one of --where CONDITION, --list and --remove NUMBER";
        else if (parsed.GetValue(_for) is not null && where is null) fault = "--for is the time of a new hold: say it with --where";
        else if (isList) call = (settings, form, _) => Task.FromResult(List(settings, form));
        else if (number is { } old) call = (settings, form, token) => RemoveAsync(settings, form, old, reason, token);
        else if (reason.Trim().Length == 0) fault = "say why with --reason: it stands beside each message that is held, and in the audit";
        else if (!TryTime(parsed.GetValue(_for), out var time, out fault)) return false;
        else if (!Condition.TryParse(where!, ConditionNames.OfHeader(() => CommonOptions.Known().Passes), out _, out var error)) fault = $"--where: {error}";
        else call = (settings, form, token) => AddAsync(settings, form, new StandingHold { Condition = where!, Reason = reason, Actor = Actor.Name, Uid = Posix.EffectiveUser }, time, token);
        return fault is null;
    }

    private static bool TryTime(string? text, out TimeSpan? time, [NotNullWhen(false)] out string? fault)
    {
        (time, fault) = (null, null);
        if (text is null) return true;
        if (!Duration.TryParse(text, out var read, out var wrong)) fault = $"--for '{text}': {wrong}";
        else if (read <= TimeSpan.Zero || read > Longest) fault = $"--for '{text}': must be more than 0s and at most {Duration.Text(Longest)}; without --for it lasts until it is removed";
        time = read;
        return fault is null;
    }

    private static int List(Settings settings, OutputForm form)
    {
        try
        {
            Print(new StandingOrders(settings, TimeProvider.System).All(), form);
            return ExitCode.Ok;
        }
        catch (IOException e)
        {
            return ExitCode.Told(Trouble.Of(e));
        }
    }

    private static async Task<int> AddAsync(Settings settings, OutputForm form, StandingHold hold, TimeSpan? time, CancellationToken cancellationToken)
    {
        try
        {
            var (made, effect) = await new StandingOrders(settings, TimeProvider.System).AddAsync(hold, time, cancellationToken).ConfigureAwait(false);
            if (made is null) return ExitCode.Told(new Trouble(TroubleKind.NotNow, $"there are {StandingOrders.Most} standing holds already; remove one (spoolworker hold --new --list), or ask for several things in one condition"));
            return Answer(made, effect, form, "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ExitCode.Told(Trouble.Of(e));
        }
    }

    private static async Task<int> RemoveAsync(Settings settings, OutputForm form, long number, string reason, CancellationToken cancellationToken)
    {
        try
        {
            var (removed, effect) = await new StandingOrders(settings, TimeProvider.System).RemoveAsync(number, Actor.Name, reason, cancellationToken).ConfigureAwait(false);
            if (removed is null) return ExitCode.Told(new Trouble(TroubleKind.NotFound, $"there is no standing hold {number}; see: spoolworker hold --new --list"));
            return Answer(removed, effect, form, "removed ");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ExitCode.Told(Trouble.Of(e));
        }
    }

    private static int Answer(StandingHold hold, StandingEffect effect, OutputForm form, string what)
    {
        if (form != OutputForm.Text) Print([hold], form);
        else Console.WriteLine($"{what}standing hold {hold.Number}: {Printable.Text(hold.Condition)}{(what.Length == 0 ? Until(hold) : "")}{(effect == StandingEffect.NextStart ? "; no worker runs: from its next start on" : "")}");
        return effect != StandingEffect.Unknown ? ExitCode.Ok
            : ExitCode.Told(new Trouble(TroubleKind.NotNow, $"standing hold {hold.Number}: that is written down, and the worker that runs has not said that it knows; see its log, and: spoolworker status"));
    }

    private static void Print(IReadOnlyList<StandingHold> holds, OutputForm form)
    {
        var now = TimeProvider.System.GetUtcNow();
        if (form != OutputForm.Text)
        {
            ViewOutput.PrintRows(holds.Select(h => StandingViews.Of(h, now)), ViewJson.Default.StandingHoldView, form);
            return;
        }
        foreach (var hold in holds)
        {
            var view = StandingViews.Of(hold, now);
            Console.WriteLine($"{hold.Number} by {Printable.Text(hold.Actor)} ({hold.Uid}) since {Local(hold.Time)}{(view.Ended ? ", ended" : Until(hold))}");
            Console.WriteLine($"  where: {Printable.Text(hold.Condition)}");
            if (view.Fault is { } fault) Console.WriteLine($"  NOTHING IS HELD: it cannot be read: {Printable.Text(fault)}");
            Console.WriteLine($"  reason: {Printable.Text(hold.Reason)}");
        }
    }

    private static string Until(StandingHold hold) => hold.Ends > 0 ? $", until {Local(hold.Ends)}" : "";

    private static string Local(long time) => DateTimeOffset.FromUnixTimeMilliseconds(time).ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
