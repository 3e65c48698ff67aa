// Finds what an operator means, place by place, the oldest message first. Reads only, and what it says may be over a moment later: whoever acts
// on it looks again under the message's lock. Of a message that cannot be read nothing is known, so no condition chooses it; an id does.
// Throws PosixException when a directory cannot be read, PatternTimeException when a pattern takes too long.
using SpoolWorker.Characters;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Selecting;

/// <summary>A message that was chosen.</summary>
/// <param name="Source">The place it lies in.</param>
/// <param name="Id">Its id.</param>
/// <param name="State">As in the list.</param>
/// <param name="Sender">Envelope sender, each byte as one Latin-1 character, as the ledger has addresses.</param>
/// <param name="Recipients">Those still to be served, likewise.</param>
/// <param name="Size">As <c>exim -bp</c> counts it; -1 without -D.</param>
internal sealed record SelectedMessage(ListSource Source, MessageId Id, string State, string Sender, IReadOnlyList<string> Recipients, long Size)
{
    /// <summary>Why it is held or deferred, each reason once, without the recipients; none unless that was asked for (<see cref="ListSource.WithReasons"/>).</summary>
    public IReadOnlyList<string> Causes { get; init; } = [];
}

/// <summary>What a search came to.</summary>
/// <param name="Messages">In the order of the places, the oldest first.</param>
/// <param name="Missing">Ids that were named and lie in none of the places.</param>
/// <param name="Troubles">Directories that could not be read, in part or as a whole, and messages that a condition could not be asked about.</param>
internal sealed record SelectedMessages(IReadOnlyList<SelectedMessage> Messages, IReadOnlyList<MessageId> Missing, IReadOnlyList<Trouble> Troubles);

/// <summary>Chooses messages.</summary>
internal static class MessageSelector
{
    /// <summary>Looks through places.</summary>
    public static SelectedMessages Find(Selection selection, IEnumerable<ListSource> sources, DateTimeOffset now)
    {
        var found = new List<SelectedMessage>();
        var troubles = new List<Trouble>();
        var seen = new HashSet<MessageId>();
        foreach (var source in sources)
        {
            var unreadable = 0;
            if (source.MayBeMissing && !Posix.Exists(source.Path)) continue;
            try
            {
                using var names = MessageNames.Read(source.Path, selection.Filter(now)?.Ids);
                troubles.AddRange(names.Unread.Select(e => new Trouble(Trouble.KindOf(e), $"{source.Name}: {e.Message}; what lies there is not looked at")));
                foreach (var message in Read(source with { Filter = selection.Filter(now), WithWaiting = true }, names))
                {
                    seen.Add(message.Id);
                    if (message.Chosen is { } chosen) found.Add(chosen);
                    else if (message.IsUnreadable) unreadable++;
                }
                if (selection.Where is not null && unreadable > 0) troubles.Add(new Trouble(TroubleKind.BadData, $"{source.Name}: {Amount.Of(unreadable, "message")} cannot be read, and fit no condition"));
            }
            catch (Exception e) when (e is PosixException or UnauthorizedAccessException)
            {
                troubles.Add(PlaceList.TroubleOf(source, e));
            }
        }
        return new SelectedMessages(found, [.. selection.Ids.Where(id => !seen.Contains(id))], troubles);
    }

    private static IEnumerable<(MessageId Id, SelectedMessage? Chosen, bool IsUnreadable)> Read(ListSource source, MessageNames names)
    {
        var readers = new ListedMessageReader?[names.Folders.Count];
        try
        {
            foreach (var name in names.Names)
            {
                var reader = readers[name.Folder] ??= new ListedMessageReader(names.Folders[name.Folder], source);
                if (!reader.TryRead(name.Id, out var message)) continue;
                yield return (name.Id, message.IsLeftOut ? null : Of(source, message), message.Error is not null);
            }
        }
        finally
        {
            foreach (var reader in readers) reader?.Dispose();
        }
    }

    private static SelectedMessage Of(ListSource source, in ListedMessage message) =>
        new(source, message.Id, message.State, LedgerEntry.Text(message.Sender.Span), message.Waiting, message.Size) { Causes = message.Causes };
}
