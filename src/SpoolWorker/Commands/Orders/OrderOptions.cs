using System.CommandLine;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Commands.Verbs;
using SpoolWorker.Operations.Orders;
using SpoolWorker.Passes.Ranges;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Orders;

/// <summary>Options that commands for orders share.</summary>
internal sealed class OrderOptions
{
    public const string ExitCodes = """
        EXIT CODES:
          0 done; also where nothing was to be changed   64 wrong usage   65 it makes no sense (a pass that is never skipped, a time that is too long)
          66 no such intake or pass   69 the program's LMDB library is missing   74 the ledger is damaged
          75 cannot be done now; try again   77 not permitted (Control:Operators)   78 configuration, or the ledger is of a later version
        """;

    public Option<string> Reason { get; } = new("--reason") { Description = "Why; stands in status, log and audit", HelpName = "TEXT", DefaultValueFactory = _ => "" };

    public Option<string?> Intake { get; } = new("--intake") { Description = "Only what lies in this intake", HelpName = "DIR" };

    public Option<string?> Pass { get; } = new("--pass") { Description = "Only what comes to this pass", HelpName = "NAME" };

    public OutputFormOptions Form { get; } = new();

    /// <summary>An option that takes a time.</summary>
    public static Option<string?> Time(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "TIME" };
        option.Validators.Add(result =>
        {
            if (result.Tokens is [{ Value: { } text }] && !Duration.TryParse(text, out _, out var fault)) result.AddError($"{name} '{text}': {fault}");
        });
        return option;
    }

    /// <summary>Its value.</summary>
    public static TimeSpan? Of(string? text) => text is not null && Duration.TryParse(text, out var time, out _) ? time : null;

    /// <summary>Lets a command take one of <c>--intake</c> and <c>--pass</c>.</summary>
    public void AddScopeTo(Command command)
    {
        command.Options.Add(Intake);
        command.Options.Add(Pass);
        command.Validators.Add(result =>
        {
            if (result.GetValue(Intake) is not null && result.GetValue(Pass) is not null) result.AddError("--intake and --pass: say one of them");
            if (result.GetValue(Intake) is "" || result.GetValue(Pass) is "") result.AddError("--intake and --pass: neither may be empty");
        });
    }

    /// <summary>The request of a command line.</summary>
    public OrderRequest Request(ParseResult parsed, OrderVerb verb, string? pass = null, TimeSpan? time = null) => new()
    {
        Verb = verb,
        Intake = verb is OrderVerb.Pause or OrderVerb.Resume ? parsed.GetValue(Intake) ?? "" : "",
        Pass = pass ?? (verb is OrderVerb.Pause or OrderVerb.Resume ? parsed.GetValue(Pass) ?? "" : ""),
        For = time,
        Reason = parsed.GetValue(Reason) ?? "",
        Actor = Actor.Name,
        Uid = Posix.EffectiveUser,
    };
}
