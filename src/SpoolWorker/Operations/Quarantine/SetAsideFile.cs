// What an operator names of a quarantine as MailScanner keeps it ("Quarantine Whole Messages As Queue Files"): the -H of a pair, or the directory with that pair alone.
// MailScanner copies both files as they are in Exim's queue, for infections to DIR/YYYYMMDD/ID/ID-H and ID-D, for the rest to DIR/YYYYMMDD/spam/ (nonspam/, mcp/). Only
// names are looked at here.
using SpoolWorker.Characters;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Quarantine;

/// <summary>A pair that lies somewhere, or lay there.</summary>
/// <param name="Folder">The directory, absolute.</param>
/// <param name="Id">The message.</param>
internal sealed record SetAsideFile(string Folder, MessageId Id)
{
    /// <summary>Its -H.</summary>
    public string Path => $"{Folder}/{Id.HeaderName}";

    /// <summary>Whether a word of a command line names a file, and no id.</summary>
    public static bool IsMeant(string word) => !MessageId.TryParse(word.AsSpan(), out _) && (word.Contains('/', StringComparison.Ordinal) || word.EndsWith("-H", StringComparison.Ordinal) || Posix.Exists(word));

    /// <summary>Finds what a path names; null with what is wrong. The -H itself need not be there: what became of it may be known.</summary>
    /// <exception cref="PosixException">A directory cannot be read.</exception>
    public static SetAsideFile? Find(string path, out Trouble? trouble)
    {
        trouble = null;
        var full = System.IO.Path.TrimEndingDirectorySeparator(System.IO.Path.GetFullPath(path));
        var (folder, name) = (System.IO.Path.GetDirectoryName(full) ?? "/", System.IO.Path.GetFileName(full));
        var shown = SafeText.Of(path);
        if (Posix.TryStatusBehindLinks(full, out var status) == 0 && status.IsDirectory) return InDirectory(full, name, shown, out trouble);
        if (name.EndsWith("-H", StringComparison.Ordinal) && MessageId.TryParse(name.AsSpan(0, name.Length - 2), out var id)) return new SetAsideFile(folder, id);
        trouble = !Posix.Exists(full) ? new Trouble(TroubleKind.NotFound, $"no file {shown}")
            : name.EndsWith("-D", StringComparison.Ordinal) ? new Trouble(TroubleKind.BadData, $"{shown} is a body: name the -H beside it")
            : new Trouble(TroubleKind.BadData, $"{shown} is no -H of a message; a whole message is sent with: spoolworker inject FILE --from SENDER --to RECIPIENT");
        return null;
    }

    private static SetAsideFile? InDirectory(string full, string name, string shown, out Trouble? trouble)
    {
        trouble = null;
        using var folder = SpoolFolder.Open(full);
        var (ids, hasMessage) = (new List<MessageId>(), false);
        folder.ReadNames((file, _) =>
        {
            if (MessageId.TryParseFileName(file, 'H', out var id)) ids.Add(id);
            hasMessage |= file.SequenceEqual("message"u8);
        });
        if (ids.Count == 1) return new SetAsideFile(full, ids[0]);
        if (ids.Count > 1) trouble = new Trouble(TroubleKind.BadData, $"{shown} has {ids.Count} messages: name their -H, as in {shown}/{ids[0].HeaderName}; see: spoolworker list --spool {shown}");
        // MailScanner calls the directory of an infected message by its id, and it stays when the pair has gone.
        else if (MessageId.TryParse(name.AsSpan(), out var id) && !hasMessage) return new SetAsideFile(full, id);
        else if (hasMessage) trouble = new Trouble(TroubleKind.BadData, $"{shown} has a whole message and no queue files; send it with: spoolworker inject {shown}/message --from SENDER --to RECIPIENT");
        else trouble = new Trouble(TroubleKind.NotFound, $"{shown} has no -H of a message");
        return null;
    }
}
