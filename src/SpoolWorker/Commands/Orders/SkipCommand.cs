// spoolworker skip: mail goes on without a pass for a while.
using System.CommandLine;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Orders;

namespace SpoolWorker.Commands.Orders;

/// <summary>Skips passes by hand.</summary>
internal static class SkipCommand
{
    public static Command Create(CommonOptions common)
    {
        var options = new OrderOptions();
        var pass = new Argument<string?>("pass") { Description = "The pass", Arity = ArgumentArity.ZeroOrOne };
        var time = OrderOptions.Time("--for", "How long; it ends by itself");
        var list = new Option<bool>("--list") { Description = "Show the passes that are skipped" };
        var remove = new Option<bool>("--remove") { Description = "End it now" };
        var command = new Command("skip", "Have mail go on without a pass, for a while") { pass, time, options.Reason, list, remove };
        command.Validators.Add(result =>
        {
            var (isList, isRemove, hasTime) = (result.GetValue(list), result.GetValue(remove), result.GetValue(time) is not null);
            if (isList && (isRemove || hasTime || result.GetValue(pass) is not null)) result.AddError("--list goes alone");
            else if (!isList && result.GetValue(pass) is null or "") result.AddError("no pass was named: spoolworker skip PASS --for TIME");
            else if (!isList && isRemove == hasTime) result.AddError("say --for TIME, or --remove");
        });
        options.Form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (common.Load(parsed, out var exitCode, OrderDoor.Wanted) is not { } loaded) return exitCode;
            if (parsed.GetValue(list)) return await OrderDoor.ListSkipsAsync(loaded, options.Form.Of(parsed), cancellationToken).ConfigureAwait(false);
            var verb = parsed.GetValue(remove) ? OrderVerb.Unskip : OrderVerb.Skip;
            return await OrderDoor.GiveAsync(loaded, options.Request(parsed, verb, parsed.GetValue(pass)!, OrderOptions.Of(parsed.GetValue(time))), options.Form.Of(parsed), cancellationToken).ConfigureAwait(false);
        });
        return command.WithExamples("""
            spoolworker skip dcc --for 2h --reason rebuilt
            spoolworker skip --list
            spoolworker skip dcc --remove
            """, """
            What waits for the pass goes on, too. Such mail bears a header line X-SpoolWorker-Skipped, and what the pass would have
            found is unknown to rules: neither a condition on it nor its opposite fits. srs, arc-seal, dkim-sign, dsn and notices
            are never skipped. It stands in the ledger: a restart and a reload keep it until its time is over.

            """ + OrderOptions.ExitCodes);
    }
}
