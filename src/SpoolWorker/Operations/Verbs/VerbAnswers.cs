// What is told of orders: as rows for programs, and as what went wrong.
using SpoolWorker.Characters;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Operations.Verbs;

/// <summary>Answers.</summary>
internal static class VerbAnswers
{
    public static VerbView Of(VerbRow row, string place) => new()
    {
        Verb = VerbWords.Of(row.Verb),
        Id = row.Id,
        Place = place,
        Directory = row.Intake,
        Done = row.Result == VerbResult.Done,
        Result = TroubleOf(row) is { } trouble ? trouble.Text : row.Told,
        NewId = row.NewId.Length > 0 ? row.NewId : null,
        Recipients = [.. row.Served.Select(Recipient)],
        Number = row.Number,
        File = row.File.Length > 0 ? row.File : null,
    };

    /// <summary>What would be tried.</summary>
    public static VerbView Of(VerbOrder order, VerbTarget target) => new()
    {
        Verb = VerbWords.Of(order.Verb),
        Id = target.Id.ToString(),
        Place = target.Place,
        Directory = target.Directory,
        Done = true,
        Result = "would be tried",
        Recipients = [.. target.Recipients.Select(Recipient)],
        File = target.File.Length > 0 ? target.File : null,
    };

    public static VerbView Of(VerbOrder order, VerbMiss miss) => new() { Verb = VerbWords.Of(order.Verb), Id = miss.Id, Done = false, Result = miss.Trouble.Text };

    public static AuditView Of(VerbRow row) => new()
    {
        Number = row.Number,
        Verb = VerbWords.Of(row.Verb),
        Id = row.Id.Length > 0 ? row.Id : null,
        Directory = row.Intake.Length > 0 ? row.Intake : null,
        Standing = row.Standing > 0 ? row.Standing : null,
        Time = View.TimeOfMilliseconds(row.Time),
        Actor = row.Actor,
        Uid = row.Uid,
        Reason = row.Reason.Length > 0 ? row.Reason : null,
        State = StateOf(row),
        Result = row.Told.Length > 0 ? row.Told : null,
        Executed = row.Executed > 0 ? View.TimeOfMilliseconds(row.Executed) : null,
        Recipients = [.. (row.Executed > 0 ? row.Served : row.Recipients).Select(Recipient)],
        Address = row.Address.Length > 0 ? RecordViews.Exact(row.Address) : null,
        NewId = row.NewId.Length > 0 ? row.NewId : null,
        Sender = row.Sender is { } sender ? RecordViews.Exact(sender) : null,
        Headers = row.Headers is { } headers ? RecordViews.Exact(headers) : null,
        File = row.File.Length > 0 ? row.File : null,
    };

    /// <summary>The word for how far a row is.</summary>
    public static string StateOf(VerbRow row) => row.Result switch { VerbResult.Waiting => "waiting", VerbResult.Done => "done", _ => "not done" };

    /// <summary>Why a row is not done; null for one that is.</summary>
    public static Trouble? TroubleOf(VerbRow row) => row.Result switch
    {
        VerbResult.Done => null,
        VerbResult.Waiting => new Trouble(TroubleKind.NotNow, $"{row.Id}: the worker has not come to it; it will, unless it is told otherwise; see: spoolworker audit"),
        VerbResult.NotThere => new Trouble(TroubleKind.NotFound, $"{row.Id}: {SafeText.Of(row.Told)}"),
        VerbResult.NotPermitted => new Trouble(TroubleKind.NotPermitted, $"{row.Id}: {SafeText.Of(row.Told)}"),
        VerbResult.Unreadable or VerbResult.Refused => new Trouble(TroubleKind.BadData, $"{row.Id}: {SafeText.Of(row.Told)}"),
        _ => new Trouble(TroubleKind.NotNow, $"{row.Id}: {SafeText.Of(row.Told)}"),
    };

    private static RecipientView Recipient(string address) => new() { Address = RecordViews.Exact(address) };
}
