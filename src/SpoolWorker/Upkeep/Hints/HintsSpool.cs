// What lies in db/ of a spool (dbfn.c of Exim: hints databases are there and nowhere else; named queues have none of their own). The names are those that exim_dbutil.c
// takes; lockfiles, logs of Berkeley DB and what SQLite lays beside a database are none. Looked at, never opened: but for lockfiles, which tell who is at work (F_OFD_GETLK;
// nothing is locked by us, so closing them gives nobody's lock back). Never through a link. Throws IOException.
using System.Text.RegularExpressions;
using SpoolWorker.Engine.Target;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Hints;

/// <summary>A hints database.</summary>
/// <param name="Spool">The spool directory.</param>
/// <param name="Name">Its name, as exim_tidydb takes it.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="Owner">Whose db/ is.</param>
internal sealed record HintsDatabase(string Spool, string Name, long Bytes, uint Owner)
{
    /// <summary>Its file.</summary>
    public string Path => $"{HintsSpool.DirectoryOf(Spool)}/{Name}";

    /// <summary>Why it cannot be used, with the cure; null: it can.</summary>
    public string? Fault { get; init; }
}

/// <summary>Looks into spools.</summary>
internal static partial class HintsSpool
{
    /// <summary>What a database may be called, as a sentence.</summary>
    public const string KnownNames = "exim_tidydb knows retry, misc, callout, ratelimit, tls, seen and wait-TRANSPORT";

    private const string LockSuffix = ".lockfile";

    // A transport has one; who has more of them than this has another trouble.
    private const int MostDatabases = 500;

    /// <summary>Where the databases of a spool are.</summary>
    public static string DirectoryOf(string spool) => $"{spool}/db";

    /// <summary>Whether that is the name of a database.</summary>
    public static bool IsDatabase(string name) => Name().IsMatch(name);

    /// <summary>The databases of a spool, by name.</summary>
    /// <exception cref="IOException">They cannot be looked at; with the reason and the cure.</exception>
    public static IReadOnlyList<HintsDatabase> Databases(string spool)
    {
        using var above = SpoolFolder.Open(spool);
        var error = above.TryOpenFolder("db", out var folder);
        // Exim makes it with its first delivery.
        if (error == Errno.ENOENT) return [];
        if (error is Errno.ELOOP or Errno.ENOTDIR) throw new IOException($"{DirectoryOf(spool)}: a link, or no directory; Exim's hints are looked at in their own place alone: mount there what shall be elsewhere");
        if (error != 0) throw new PosixException(error, "open", DirectoryOf(spool));
        using (folder)
        {
            var names = new List<string>();
            folder!.ReadNamesWhile((name, _) =>
            {
                var text = System.Text.Encoding.Latin1.GetString(name);
                if (IsDatabase(text)) names.Add(text);
                return names.Count < MostDatabases;
            });
            return [.. names.Order(StringComparer.Ordinal).Select(name => Look(folder, spool, name)).OfType<HintsDatabase>()];
        }
    }

    /// <summary>Looks at one again; null: it is not there any more.</summary>
    public static HintsDatabase? Again(HintsDatabase database) => Databases(database.Spool).FirstOrDefault(d => d.Name == database.Name);

    /// <summary>Whether somebody holds its lock, and which process; 0 when that is not known. Where there is no lockfile nobody does.</summary>
    public static bool IsBusy(HintsDatabase database, out int process)
    {
        process = 0;
        if (Posix.TryOpen(database.Path + LockSuffix, Posix.O_RDONLY, 0, out var file) != 0) return false;
        using (file) return Posix.IsLocked(file!, 0, out process);
    }

    private static HintsDatabase? Look(SpoolFolder folder, string spool, string name)
    {
        // Removed meanwhile: an administrator may do that at any time.
        if (folder.TryStatus(name, out var status) != 0) return null;
        var database = new HintsDatabase(spool, name, status.Size, folder.Status.Uid);
        if (!status.IsRegular) return database with { Fault = $"{(status.IsSymlink ? "a link" : "no file")}; Exim makes a database anew when it is not there: take it away" };
        var hasLock = folder.TryStatus(name + LockSuffix, out var locked) == 0;
        if (hasLock && !locked.IsRegular) return database with { Fault = $"its lockfile is {(locked.IsSymlink ? "a link" : "no file")}; take {database.Path}{LockSuffix} away" };
        var wrong = status.Uid != database.Owner ? database.Path : hasLock && locked.Uid != database.Owner ? database.Path + LockSuffix : null;
        if (wrong is null) return database;
        var (owner, group) = (Places.UserName(database.Owner), Places.GroupName(folder.Status.Gid));
        return database with { Fault = $"{wrong} belongs to {Places.UserName(status.Uid != database.Owner ? status.Uid : locked.Uid)}, its directory to {owner}: Exim cannot use it either; chown {owner}:{group} {wrong}" };
    }

    // Names of drivers are letters, digits and underscores (readconf.c, readconf_readname).
    [GeneratedRegex(@"^(retry|misc|callout|ratelimit|tls|seen|wait-[A-Za-z0-9_]{1,200})\z")]
    private static partial Regex Name();
}
