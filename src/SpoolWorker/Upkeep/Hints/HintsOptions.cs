using SpoolWorker.Calendar;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Upkeep.Hints;

/// <summary>Section <c>Hints</c>: the hints databases in <c>db/</c> of Exim's spools.</summary>
internal sealed class HintsOptions
{
    /// <summary>The database of TLS sessions, and how long a record of it is kept where nothing else is said: a session ends after hours (RFC 5077, and two with GnuTLS).</summary>
    public const string TlsName = "tls";

    private const int MostSpools = 100;

    private static readonly TimeSpan LeastAge = TimeSpan.FromHours(1), MostAge = TimeSpan.FromDays(3650), TlsAge = TimeSpan.FromDays(1);

    /// <summary>Whether they are tidied, by the clock and by <c>job run hints</c>.</summary>
    public bool Tidy { get; set; }

    /// <summary>The spools. Empty: those of the intakes and of the target, but for the one that Debian's daily job tidies.</summary>
    public List<HintsSpoolOptions> Spools { get; set; } = [];

    /// <summary>Names of databases that are tidied, such as <c>retry</c> or <c>wait-remote_smtp</c>. Empty: all there are.</summary>
    public List<string> Databases { get; set; } = [];

    /// <summary>Records that were not written for so long are removed.</summary>
    [TimeRange("1h", "3650d")]
    public TimeSpan Age { get; set; } = TimeSpan.FromDays(30);

    /// <summary>The same for single databases, by name. <c>tls</c> has 1d where it is not named here. What an ACL's <c>seen</c> or <c>ratelimit</c> remembers for longer than that is lost.</summary>
    public Dictionary<string, string> Ages { get; set; } = [];

    /// <summary>Quiet hours, such as <c>01:00-05:00</c> or <c>Mon-Fri 22:00-05:00</c>: the worker tidies in these alone. Empty: at any hour.</summary>
    public string Hours { get; set; } = "";

    /// <summary>The directory of <c>exim_tidydb</c> and <c>exim_dumpdb</c>, which have to be of the Exim that writes the databases. Empty: that of the target's exim command, else the usual places.</summary>
    [PathSetting]
    public string Tools { get; set; } = "";

    /// <summary>How long one of them may take. Exim's own processes wait a minute for the lock that it holds, and then do without the database.</summary>
    [TimeRange("1s", "1h")]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromSeconds(50);

    /// <summary>A database grows although tidied when a run leaves more than so much of what any run left in the age before.</summary>
    [NumberRange(110, 10_000, Unit = "percent")]
    public int GrowthPercent { get; set; } = 200;

    /// <summary>Up to this a database may grow as it likes.</summary>
    [NumberRange(0, 1L << 46, Unit = "bytes")]
    public long SmallBytes { get; set; } = 1 << 20;

    /// <summary>More than this is told as growth from the first run on.</summary>
    [NumberRange(1 << 20, 1L << 46, Unit = "bytes")]
    public long LargeBytes { get; set; } = 1 << 30;

    /// <summary>How old the records of a database may get.</summary>
    public TimeSpan AgeOf(string database) => Ages.TryGetValue(database, out var text) && Duration.TryParse(text, out var age, out _) ? age : database == TlsName && TlsAge < Age ? TlsAge : Age;

    /// <summary>The quiet hours; null: any.</summary>
    public DayWindows? HoursIn(TimeZoneInfo zone) => Hours.Length > 0 && DayWindows.TryParse(Hours, zone, out var windows, out _) ? windows : null;

    /// <summary>What is wrong with them.</summary>
    public static IEnumerable<string> Faults(HintsOptions options)
    {
        if (options.Spools.Count > MostSpools) yield return $"Spools: {options.Spools.Count} of them; name at most {MostSpools}";
        for (var i = 0; i < options.Spools.Count; i++)
        {
            if (options.Spools[i].Path.Length == 0) yield return $"Spools:{i}:Path = '': must be a spool directory (exim -bP spool_directory)";
        }
        for (var i = 0; i < options.Databases.Count; i++)
        {
            if (!HintsSpool.IsDatabase(options.Databases[i])) yield return $"Databases:{i} = '{options.Databases[i]}': {HintsSpool.KnownNames}";
        }
        foreach (var (name, text) in options.Ages)
        {
            if (!HintsSpool.IsDatabase(name)) yield return $"Ages:{name} = '{text}': no such database; {HintsSpool.KnownNames}";
            else if (!Duration.TryParse(text, out var age, out var error)) yield return $"Ages:{name} = '{text}': {error}";
            else if (age < LeastAge || age > MostAge) yield return $"Ages:{name} = '{text}': must be {Duration.Text(LeastAge)} to {Duration.Text(MostAge)}";
        }
        // By which zone is said in another section; a window is one in any.
        if (options.Hours.Length > 0 && !DayWindows.TryParse(options.Hours, TimeZoneInfo.Utc, out _, out var fault)) yield return $"Hours = '{options.Hours}': {fault}";
    }
}

/// <summary>One element of <c>Hints:Spools</c>.</summary>
internal sealed class HintsSpoolOptions
{
    /// <summary>An Exim's spool directory: its databases are in <c>db/</c>, those of its named queues among them.</summary>
    [PathSetting]
    public string Path { get; set; } = "";

    /// <summary>The directory of the tools of that Exim. Empty: as in <c>Tools</c> of the section.</summary>
    [PathSetting]
    public string Tools { get; set; } = "";
}
