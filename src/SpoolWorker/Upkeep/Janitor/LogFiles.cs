// Message logs: msglog/<id>, made when a message is received and removed before it, and msglog/<id>-<pid>-<n>, what a transport says while it runs (deliver.c). So one
// whose message is in none of the folders that Exim looks in is nobody's. A message that is being moved to another queue has its log there first, for an instant: hence two looks.
using System.Globalization;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Janitor;

/// <summary>Judges message logs.</summary>
/// <param name="place">Where the messages lie.</param>
/// <param name="measure">By what.</param>
internal sealed class LogFiles(JanitorPlace place, JanitorMeasure measure)
{
    /// <summary>Whether that is the name of one, and of which message.</summary>
    public static bool TryParse(ReadOnlySpan<byte> name, out MessageId id)
    {
        if (MessageId.TryParse(name, out id)) return true;
        // Of the long form first: a short id and what stands behind it may be as long.
        foreach (var length in new[] { MessageId.LongLength, MessageId.ShortLength })
        {
            if (name.Length > length + 1 && name[length] == '-' && IsOutput(name[(length + 1)..]) && MessageId.TryParse(name[..length], out id)) return true;
        }
        return false;
    }

    /// <summary>What is wrong with one; null: nothing, or it is too young to tell.</summary>
    public Litter? Of(SpoolFolder folder, string name)
    {
        if (!folder.Exists(name, out var status) || !measure.IsOld(status.Modified) || !TryParse(Encoding.ASCII.GetBytes(name), out var id)) return null;
        if (place.Directory.FolderWith(id, 'D') is not null || place.Directory.FolderWith(id, 'H') is not null) return null;
        return new Litter(JanitorKinds.LogAlone, place.Logs!, folder.Path, [name], status.Modified) { Inode = status.Inode, Again = again => Of(again, name) };
    }

    private static bool IsOutput(ReadOnlySpan<byte> rest)
    {
        var dash = rest.IndexOf((byte)'-');
        return dash > 0 && IsNumber(rest[..dash]) && IsNumber(rest[(dash + 1)..]);
    }

    private static bool IsNumber(ReadOnlySpan<byte> text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _);
}
