// Which messages of a place are wanted: by id, by condition, or both.
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>A choice of messages.</summary>
/// <param name="Ids">These alone; null: any.</param>
/// <param name="Where">Those for which this holds; null: any.</param>
/// <param name="Now">What ages count from.</param>
internal sealed record ListFilter(IReadOnlySet<MessageId>? Ids, Condition? Where, DateTimeOffset Now)
{
    /// <summary>Whether it asks for a recipient, done or not.</summary>
    public bool AsksRecipient => Where is { AsksRecipient: true };
}
