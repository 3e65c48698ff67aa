namespace SpoolWorker.Operations.Checks;

/// <summary>A running Exim: a daemon, or one that runs queues by the clock.</summary>
/// <param name="Id">The number of the process.</param>
/// <param name="Words">Its command line.</param>
/// <param name="Config">Its <c>-C</c>; empty: the one it has by default.</param>
/// <param name="Spool">Its spool_directory.</param>
/// <param name="Started">When the process was made; a SIGHUP does not change that.</param>
internal sealed record EximProcess(int Id, IReadOnlyList<string> Words, string Config, string Spool, DateTimeOffset Started)
{
    /// <summary>The command line, for people.</summary>
    public string Line => string.Join(' ', Words);

    /// <summary>Takes mail by SMTP, or waits for what it is told at its socket.</summary>
    public bool IsDaemon => Words.Any(w => w is "-bd" or "-bdf");

    /// <summary>Whether it runs a queue by the clock: <c>-q30m</c>, <c>-qff</c>; <c>-qGname/30m</c> a named one.</summary>
    /// <param name="queue">Its name; empty: the one without a name.</param>
    public bool RunsQueue(string queue) => Words.Skip(1).Any(w => w.StartsWith("-q", StringComparison.Ordinal) && (queue.Length == 0 ? !w.Contains('G', StringComparison.Ordinal) : IsFor(w, queue)));

    private static bool IsFor(string word, string queue) => word.IndexOf('G', StringComparison.Ordinal) is > 0 and var at && word[(at + 1)..].Split('/')[0] == queue;
}
