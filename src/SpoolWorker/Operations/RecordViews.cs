// Records of the ledger as programs see them.
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;

namespace SpoolWorker.Operations;

/// <summary>Makes views of records.</summary>
internal static class RecordViews
{
    public static RecordView Of(LedgerEntry entry) => new()
    {
        Id = entry.Id,
        Intake = entry.Intake,
        FirstSeen = Time(entry.FirstSeen),
        Decided = Time(entry.Decided),
        Recipients = [.. entry.Done.Select(d => new SettledRecipientView { Address = Exact(d.Key), Outcome = d.Value })],
        Copies = [.. (entry.Copies ?? []).Select(Exact)],
        Results = entry.Found?.ToDictionary(f => f.Key, f => Exact(f.Value)),
        RecipientResults = OwnOf(entry),
        Failures = entry.Failures,
        LastFailure = entry.LastFailure.Length > 0 ? entry.LastFailure : null,
        Deferrals = entry.Deferrals,
        Skipped = [.. (entry.Ran ?? []).Where(r => r.Why is not null).Select(r => new SkippedView { Pass = r.Pass, Why = r.Why! })],
        Deferred = entry.Deferred is { } deferral
            ? new DeferralView { Since = View.TimeOfMilliseconds(deferral.Since), NextTry = deferral.IsOpenEnded ? null : View.TimeOfMilliseconds(deferral.Next), Pass = deferral.Pass.Length > 0 ? deferral.Pass : null, Planned = deferral.IsPlanned ? true : null, Reason = deferral.Reason } : null,
        Held = entry.Held is { } held ? new HeldView { Since = View.TimeOfMilliseconds(held.Since), Pass = held.Pass.Length > 0 ? held.Pass : null, Reason = held.Reason } : null,
        Staged = [.. entry.Staged.Select(s => new StagedView { Id = s.Id, Directory = s.Folder })],
        Expires = Time(entry.Expires),
    };

    /// <summary>What was found for single recipients; null when that was the same for all.</summary>
    public static IReadOnlyList<RecipientResultsView>? OwnOf(LedgerEntry? entry) => entry?.FoundFor?.Select(own => new RecipientResultsView
    {
        Recipients = [.. own.Recipients.Select(Exact)],
        Results = own.Results.ToDictionary(r => r.Key, r => Exact(r.Value)),
    }).ToList();

    /// <summary>Octets that stand as Latin-1, one character each.</summary>
    public static string Exact(string octets) => SafeText.Exact(Encoding.Latin1.GetBytes(octets));

    private static string? Time(long milliseconds) => milliseconds > 0 ? View.TimeOfMilliseconds(milliseconds) : null;
}
