// spoolworker pause, resume, drain: mail waits, and goes on.
using System.CommandLine;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Orders;

namespace SpoolWorker.Commands.Orders;

/// <summary>The commands that keep mail waiting.</summary>
internal static class PauseCommand
{
    public static Command Pause(CommonOptions common)
    {
        var options = new OrderOptions();
        var time = OrderOptions.Time("--for", "It ends by itself after that");
        var command = new Command("pause", "Keep mail waiting: all of it, that of an intake, or what comes to a pass") { options.Reason, time };
        options.AddScopeTo(command);
        options.Form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) => common.Load(parsed, out var exitCode, OrderDoor.Wanted) is not { } loaded ? exitCode
            : await OrderDoor.GiveAsync(loaded, options.Request(parsed, OrderVerb.Pause, time: OrderOptions.Of(parsed.GetValue(time))), options.Form.Of(parsed), cancellationToken).ConfigureAwait(false));
        return command.WithExamples("""
            spoolworker pause                                         the worker takes no message to work
            spoolworker pause --intake /var/spool/exim4-in --for 2h
            spoolworker pause --pass dcc                              what comes to dcc waits there
            """, """
            It stands in the ledger: a restart, a kill and a reload keep it, until resume or the end of its time. What is in hand is
            finished. Nothing that waits counts as failed or deferred. Verbs are done all the same, but for retry. Without a worker
            the next one starts paused.

            """ + OrderOptions.ExitCodes);
    }

    public static Command Resume(CommonOptions common)
    {
        var options = new OrderOptions();
        var command = new Command("resume", "End a pause or a drain: mail goes on") { options.Reason };
        options.AddScopeTo(command);
        options.Form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) => common.Load(parsed, out var exitCode, OrderDoor.Wanted) is not { } loaded ? exitCode
            : await OrderDoor.GiveAsync(loaded, options.Request(parsed, OrderVerb.Resume), options.Form.Of(parsed), cancellationToken).ConfigureAwait(false));
        return command.WithExamples("""
            spoolworker resume                                        the worker; pauses of intakes and passes stay
            spoolworker resume --pass dcc
            """, "What is still paused is told.\n\n" + OrderOptions.ExitCodes);
    }

    public static Command Drain(CommonOptions common)
    {
        var options = new OrderOptions();
        var timeout = OrderOptions.Time("--timeout", "Wait for so long at most");
        var command = new Command("drain", "Have the worker take no more, and wait until nothing is in hand") { options.Reason, timeout };
        options.Form.AddTo(command);
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) => common.Load(parsed, out var exitCode, OrderDoor.Wanted) is not { } loaded ? exitCode
            : await OrderDoor.DrainAsync(loaded, options.Request(parsed, OrderVerb.Drain), OrderOptions.Of(parsed.GetValue(timeout)), options.Form.Of(parsed), cancellationToken).ConfigureAwait(false));
        return command.WithExamples("""
            spoolworker drain                                         then: systemctl stop spoolworker
            spoolworker drain --timeout 5m --reason kernel
            """, """
            What is in hand, and what waits for its commit, is finished; then it says how many messages are left waiting. The worker
            stays drained until resume, or until it ends: the next one takes mail again (pause keeps that from it).

            EXIT CODES:
              0 nothing is in hand   64 wrong usage   69 no worker runs   75 not in time, or the worker cannot be asked
              77 not permitted (Control:Operators)   78 configuration
            """);
    }
}
