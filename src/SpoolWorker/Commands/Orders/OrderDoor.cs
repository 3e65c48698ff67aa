// Where orders go: to the worker's control socket; where nobody listens there, into the ledger, which the worker looks at.
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Control.Client;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Orders;
using SpoolWorker.Operations.Status;
using SpoolWorker.Operations.Views.Orders;

namespace SpoolWorker.Commands.Orders;

/// <summary>Gives orders.</summary>
internal static class OrderDoor
{
    // As for the status: an order is a transaction of the ledger, and a drain's answer counts what lies in the intakes.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(200);

    /// <summary>What of the configuration orders need.</summary>
    public static Needs Wanted => Needs.Of("Control", "Intakes", "Passes", "Ledger", "Target:Path", "Target:Wake", "Held", "Corrupt", "Metrics");

    /// <summary>Gives one and prints what came of it. Returns the exit code.</summary>
    public static async Task<int> GiveAsync(LoadedConfiguration loaded, OrderRequest request, OutputForm form, CancellationToken cancellationToken)
    {
        try
        {
            if (SocketOf(loaded) is { } socket)
            {
                var answered = await ControlClient.OrderAsync(socket, request, Patience, cancellationToken).ConfigureAwait(false);
                if (answered.Value is { } answer) return Print(answer, form);
                if (!answered.IsNobody) return ExitCode.Told(answered.Trouble!);
            }
            return OrdersByLedger.Do(loaded.Settings, CommonOptions.Known(), request, TimeProvider.System, out var trouble) is { } written ? Print(written, form) : ExitCode.Told(trouble!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return ExitCode.Told(Trouble.Of(e));
        }
    }

    /// <summary>Has the worker take no more, and waits until it has nothing in hand.</summary>
    /// <param name="loaded">The configuration.</param>
    /// <param name="request">The order.</param>
    /// <param name="timeout">How long to wait; null: as long as it takes.</param>
    /// <param name="form">What is printed.</param>
    /// <param name="cancellationToken">Ends the wait; the worker stays as it is.</param>
    public static async Task<int> DrainAsync(LoadedConfiguration loaded, OrderRequest request, TimeSpan? timeout, OutputForm form, CancellationToken cancellationToken)
    {
        var since = TimeProvider.System.GetTimestamp();
        var socket = SocketOf(loaded);
        var answered = socket is null ? new Answered<OrderAnswerView>(null, true, null) : await ControlClient.OrderAsync(socket, request, Patience, cancellationToken).ConfigureAwait(false);
        if (answered.IsNobody) return Nobody(loaded);
        while (true)
        {
            if (answered.IsNobody) return ExitCode.Told(new Trouble(TroubleKind.NotNow, "the worker has ended before it said that nothing is in hand; what was in hand then is finished or undone by its next start"));
            if (answered.Value is not { } answer) return ExitCode.Told(answered.Trouble!);
            if (answer.InHand is not { } inHand) return ExitCode.Told(new Trouble(TroubleKind.NotNow, "somebody has resumed the worker meanwhile"));
            if (inHand == 0) return Print(answer with { Said = $"drained: nothing is in hand{(answer.Left is { } left ? $", {(answer.Capped == true ? "more than " : "")}{Characters.Amount.Of(left, "message")} left waiting in the intakes" : "")}; spoolworker resume ends it" }, form);
            if (timeout is { } most && TimeProvider.System.GetElapsedTime(since) >= most)
                return ExitCode.Told(new Trouble(TroubleKind.NotNow, $"not drained in time: {Characters.Amount.Of(inHand, "message")} still in hand; the worker takes no more, and goes on finishing them"));
            await Task.Delay(Pace, cancellationToken).ConfigureAwait(false);
            answered = await ControlClient.DrainedAsync(socket!, Patience, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Prints the passes that are skipped.</summary>
    public static async Task<int> ListSkipsAsync(LoadedConfiguration loaded, OutputForm form, CancellationToken cancellationToken)
    {
        var asked = SocketOf(loaded) is { } socket ? await ControlClient.StatusAsync(socket, Patience, cancellationToken).ConfigureAwait(false) : new Asked(null, true, null);
        if (asked is { Status: null, IsNobody: false }) return ExitCode.Told(asked.Trouble!);
        Trouble? trouble = null;
        var status = asked.Status ?? StatusByFiles.Of(loaded.Settings, TimeProvider.System, out trouble);
        if (trouble is not null) return ExitCode.Told(trouble);
        var skips = status.Orders.Where(o => o.Kind == Ledger.Orders.OrderWords.Of(Ledger.Orders.OrderKind.Skip)).ToList();
        var said = skips.Count == 0 ? "no pass is skipped" : string.Join('\n', skips.Select(o => o.Sentence));
        return Print(new OrderAnswerView { Said = said, Changed = false, Orders = skips }, form);
    }

    private static string? SocketOf(LoadedConfiguration loaded) => loaded.Settings.Control.Socket is { Length: > 0 } socket ? Path.GetFullPath(socket) : null;

    private static int Nobody(LoadedConfiguration loaded)
    {
        if (StatusByFiles.WorkerOf(loaded.Settings.Ledger) is { } process)
            return ExitCode.Told(new Trouble(TroubleKind.NotNow, $"a worker runs (process {process}) and cannot be asked at Control:Socket; pause tells it by the ledger"));
        Console.Error.WriteLine("spoolworker: no worker runs, so nothing is in hand; to keep the next one from taking mail, pause it");
        return ExitCode.Unavailable;
    }

    private static int Print(OrderAnswerView answer, OutputForm form)
    {
        if (form == OutputForm.Text) foreach (var line in answer.Said.Split('\n')) Console.WriteLine(Printable.Text(line));
        else ViewOutput.Print(answer, ViewJson.Default.OrderAnswerView);
        return ExitCode.Ok;
    }
}
