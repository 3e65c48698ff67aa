// The directories with messages below one that has none, as MailScanner keeps its quarantine: a day, then spam/, nonspam/, mcp/, or a directory a message. Found by
// names, through no symlink. How many are kept open is bounded: a list holds them all.
using System.Text;
using SpoolWorker.Spool;

#pragma warning disable RS0030 // names of directories

namespace SpoolWorker.Operations.Listing.Trees;

/// <summary>Looks for them.</summary>
internal static class QuarantineFolders
{
    // Quarantine/day/message; one more for who keeps quarantines by domain. Each of so many has a descriptor, and a hard limit of 4096 leaves room for more than these.
    private const int MostLevels = 3, MostFolders = 2000;

    /// <summary>Those with a -H, by their paths; the caller disposes each.</summary>
    /// <param name="top">The directory above.</param>
    /// <param name="unread">Takes what cannot be read, and says where there are too many.</param>
    public static IReadOnlyList<SpoolFolder> Below(SpoolFolder top, ICollection<PosixException> unread)
    {
        var found = new List<SpoolFolder>();
        Add(top, 1, found, unread);
        return found;
    }

    private static void Add(SpoolFolder above, int level, List<SpoolFolder> found, ICollection<PosixException> unread)
    {
        var names = new List<string>();
        above.ReadNames((name, mayBeFolder) =>
        {
            if (mayBeFolder && !name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8)) names.Add(Encoding.UTF8.GetString(name));
        });
        foreach (var name in names.Order(StringComparer.Ordinal))
        {
            var error = above.TryOpenFolder(name, out var folder);
            if (error is Errno.ENOENT or Errno.ENOTDIR or Errno.ELOOP) continue;
            if (error != 0)
            {
                unread.Add(new PosixException(error, "open", above.PathOf(name)));
                continue;
            }
            using (folder)
            {
                try
                {
                    var has = false;
                    folder!.ReadNamesWhile((file, _) => !(has = MessageId.TryParseFileName(file, 'H', out var _)));
                    if (has && found.Count >= MostFolders)
                    {
                        if (found.Count == MostFolders && unread.All(e => e.Errno != Errno.EMFILE)) unread.Add(new PosixException(Errno.EMFILE, $"above {MostFolders} directories with messages; list a day of them: open", folder.Path));
                        return;
                    }
                    if (has) found.Add(folder.Share());
                    if (level < MostLevels) Add(folder, level + 1, found, unread);
                }
                catch (PosixException e)
                {
                    unread.Add(e);
                }
            }
        }
    }
}
