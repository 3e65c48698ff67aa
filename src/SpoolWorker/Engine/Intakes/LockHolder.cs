// Who holds the lock on a directory, in words an operator can act on: process, command line and ledger, as far as /proc
// shows them to us.
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>Names the holder of a flock.</summary>
internal static class LockHolder
{
    private const int MostText = 200;

    /// <summary>Such as "process 4711 (spoolworker run --config /etc/a.json), ledger /var/lib/a/ledger".</summary>
    public static string Describe(ulong inode)
    {
        var process = Posix.FlockHolder(inode);
        if (process <= 0) return "a process that cannot be seen from here";
        var words = $"process {process}";
        try
        {
            var line = new string([.. File.ReadAllText($"/proc/{process}/cmdline").Replace('\0', ' ').Trim().Where(c => !char.IsControl(c)).Take(MostText)]);
            if (line.Length > 0) words += $" ({line})";
            // The ledger of a worker is where its own lock file is.
            var ledger = Directory.EnumerateFiles($"/proc/{process}/fd").Select(f => new FileInfo(f).LinkTarget)
                .FirstOrDefault(f => f is not null && f.EndsWith("/lock", StringComparison.Ordinal) && File.Exists($"{f[..^"/lock".Length]}/ledger.mdb"));
            if (ledger is not null) words += $", ledger {Path.GetDirectoryName(ledger)}";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // another user's, or just ended: its number is what can be said
        }
        return words;
    }
}
