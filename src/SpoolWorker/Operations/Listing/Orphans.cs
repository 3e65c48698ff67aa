// Files of messages that have no -H in a spool directory: nobody will ever take them. Exim and MailScanner write -D first, so a young one is
// on its way; an old one is left of a crash. MailScanner's -T (its temporary -H) and a lone -J are the same. Counts by age; reads names, and
// the time of what has no -H. Throws PosixException when the directory cannot be read.
using System.Globalization;
using SpoolWorker.Characters;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>Orphaned files of a directory.</summary>
/// <param name="Young">Changed within the last hour: being written, most likely.</param>
/// <param name="Days">Older than that, and up to a day.</param>
/// <param name="Old">Older than a day.</param>
/// <param name="Kinds">How many of each suffix.</param>
/// <param name="Oldest">Age of the oldest.</param>
internal sealed record Orphans(int Young, int Days, int Old, IReadOnlyDictionary<char, int> Kinds, TimeSpan Oldest)
{
    private static readonly char[] Suffixes = ['D', 'J', 'T'];
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1), Day = TimeSpan.FromDays(1);

    public int Count => Young + Days + Old;

    /// <summary>Reads a directory and its split subdirectories.</summary>
    public static Orphans Read(string path, DateTimeOffset now)
    {
        using var directory = new SpoolDirectory(path);
        var (young, days, old, oldest) = (0, 0, 0, TimeSpan.Zero);
        var kinds = new SortedDictionary<char, int>();
        foreach (var folder in directory.OpenFolders([]).ToList())
        {
            using (folder)
            {
                foreach (var (id, suffix) in Alone(folder))
                {
                    if (folder.TryStatus($"{id}-{suffix}", out var status) != 0) continue;
                    var age = now - status.Modified;
                    if (age > Day) old++;
                    else if (age > Hour) days++;
                    else young++;
                    if (age > oldest) oldest = age;
                    kinds[suffix] = kinds.GetValueOrDefault(suffix) + 1;
                }
            }
        }
        return new Orphans(young, days, old, kinds, oldest);
    }

    /// <summary>As in "3 files without -H (2 -D, 1 -T): 1 younger than an hour, 2 older than a day, the oldest 5.0d".</summary>
    public override string ToString()
    {
        var ages = new[] { (Young, "younger than an hour"), (Days, "older than an hour"), (Old, "older than a day") }.Where(a => a.Item1 > 0).Select(a => string.Create(CultureInfo.InvariantCulture, $"{a.Item1} {a.Item2}"));
        return $"{Amount.Of(Count, "file")} without -H ({string.Join(", ", Kinds.Select(k => string.Create(CultureInfo.InvariantCulture, $"{k.Value} -{k.Key}")))}): {string.Join(", ", ages)}, the oldest {Amount.Age((long)Oldest.TotalSeconds)}";
    }

    private static List<(MessageId Id, char Suffix)> Alone(SpoolFolder folder)
    {
        var headers = new HashSet<MessageId>();
        var others = new List<(MessageId Id, char Suffix)>();
        folder.ReadNames((name, _) =>
        {
            if (MessageId.TryParseFileName(name, 'H', out var id)) headers.Add(id);
            foreach (var suffix in Suffixes)
            {
                if (MessageId.TryParseFileName(name, suffix, out id)) others.Add((id, suffix));
            }
        });
        others.RemoveAll(o => headers.Contains(o.Id));
        return others;
    }
}
