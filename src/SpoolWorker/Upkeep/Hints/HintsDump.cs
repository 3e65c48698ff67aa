// Reads what exim_dumpdb writes (exim_dbutil.c), line by line: a database may have millions of records. Records of retry are put together by what they are about, those of wait-* by host;
// all others stand for themselves. Of tls the keys alone are asked for: the rest are secrets of sessions. A line that is not understood is passed over. Bounded.
using System.Globalization;
using System.Text.RegularExpressions;

namespace SpoolWorker.Upkeep.Hints;

/// <summary>What a database knows about one thing.</summary>
/// <param name="Key">The thing: a host, an address, a key of an ACL; Latin-1.</param>
internal sealed record HintRow(string Key)
{
    /// <summary>Of retry: how many records are about it, its own and one for each message with a trouble of its own. Of wait-*: how many messages wait for it.</summary>
    public int Count { get; init; }

    /// <summary>When the record was written, where that is told.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Of retry: since when it fails, when it was tried last, and when it is tried again.</summary>
    public DateTimeOffset? FirstFailed { get; init; }

    /// <inheritdoc cref="FirstFailed"/>
    public DateTimeOffset? LastTry { get; init; }

    /// <inheritdoc cref="FirstFailed"/>
    public DateTimeOffset? NextTry { get; init; }

    /// <summary>Of retry: its time is over; what comes next is tried once and fails.</summary>
    public bool IsExpired { get; init; }

    /// <summary>Of ratelimit.</summary>
    public double? Rate { get; init; }

    /// <summary>What else is told: of retry the last fault.</summary>
    public string Text { get; init; } = "";
}

/// <summary>Takes the lines of one database.</summary>
/// <param name="database">Its name.</param>
internal sealed partial class HintsDump(string database)
{
    // A screen has some fifty of them; this bounds memory alone.
    private const int MostRows = 100_000;

    private const string Wait = "wait-", Date = @"\d\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d", DateFormat = "dd-MMM-yyyy HH:mm:ss";

    private readonly Dictionary<string, HintRow> _rows = [];
    private HintRow? _open;

    /// <summary>How exim_dumpdb is to be called for it.</summary>
    public IReadOnlyList<string> Arguments => database == HintsOptions.TlsName ? ["-k"] : [];

    /// <summary>How many records were read.</summary>
    public long Records { get; private set; }

    /// <summary>What is worth looking at first: most records, then oldest; of ratelimit the highest rate.</summary>
    public IReadOnlyList<HintRow> Rows => [.. _rows.Values.OrderByDescending(r => r.Count).ThenByDescending(r => r.Rate ?? 0).ThenBy(r => r.FirstFailed ?? r.Time ?? DateTimeOffset.MaxValue).ThenBy(r => r.Key, StringComparer.Ordinal)];

    /// <summary>Takes one line.</summary>
    public void Take(string line)
    {
        if (database == "retry") TakeRetry(line);
        else if (database.StartsWith(Wait, StringComparison.Ordinal)) TakeWait(line);
        else if (RowOf(line) is { } row)
        {
            Records++;
            Put(row);
        }
    }

    // "  KEY errno more text", and below it three dates and a star where the time is over.
    private void TakeRetry(string line)
    {
        if (RetryTimes().Match(line) is { Success: true } times && _open is { } open)
        {
            var row = open with { FirstFailed = TimeOf(times, 1), LastTry = TimeOf(times, 2), NextTry = TimeOf(times, 3), IsExpired = times.Groups[4].Length > 0, Count = 1 };
            _open = null;
            Records++;
            Put(_rows.TryGetValue(row.Key, out var known) ? Together(known, row) : row);
        }
        else if (RetryKey().Match(line) is { Success: true } key)
        {
            // A fault of one message has its id at the end; the host is what is looked at.
            _open = new HintRow(MessageId().Replace(key.Groups[1].Value, "")) { Text = key.Groups[2].Value };
        }
        else if (_open is not null) _open = _open with { Text = $"{_open.Text} {line.Trim()}" };
    }

    private static HintRow Together(HintRow one, HintRow other) => (one.LastTry >= other.LastTry ? one : other) with
    {
        Count = one.Count + other.Count,
        FirstFailed = one.FirstFailed <= other.FirstFailed ? one.FirstFailed : other.FirstFailed,
        NextTry = one.NextTry <= other.NextTry ? one.NextTry : other.NextTry,
        IsExpired = one.IsExpired && other.IsExpired,
    };

    // "HOST id id id "; a host with many has "HOST:0" and so on beside it.
    private void TakeWait(string line)
    {
        if (WaitLine().Match(line) is not { Success: true } found) return;
        Records++;
        var (key, messages) = (found.Groups[1].Value, found.Groups[2].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        if (key.Split(':') is [var host, var number] && number.All(char.IsAsciiDigit)) key = host;
        Put(new HintRow(key) { Count = messages + (_rows.TryGetValue(key, out var known) ? known.Count : 0) });
    }

    private HintRow? RowOf(string line) => database switch
    {
        HintsOptions.TlsName => line.StartsWith("  ", StringComparison.Ordinal) ? new HintRow(line[2..]) : null,
        "seen" => SeenLine().Match(line) is { Success: true } found ? new HintRow(found.Groups[1].Value) { Time = TimeOf(found, 2) } : null,
        "ratelimit" => RateLine().Match(line) is { Success: true } found
            ? new HintRow(found.Groups[3].Value) { Time = TimeOf(found, 1), Rate = double.TryParse(found.Groups[2].Value, NumberStyles.Float, CultureInfo.InvariantCulture, out var rate) ? rate : null } : null,
        "callout" => CalloutLine().Match(line) is { Success: true } found ? new HintRow(found.Groups[2].Value) { Time = TimeOf(found, 1), Text = found.Groups[3].Value } : null,
        _ => OtherLine().Match(line) is { Success: true } found ? new HintRow(found.Groups[2].Value) { Time = TimeOf(found, 1) } : null,
    };

    private void Put(HintRow row)
    {
        if (_rows.Count < MostRows || _rows.ContainsKey(row.Key)) _rows[row.Key] = row;
    }

    private static DateTimeOffset? TimeOf(Match match, int group) =>
        DateTimeOffset.TryParseExact(match.Groups[group].Value, DateFormat, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null;

    [GeneratedRegex($@"^({Date})  ({Date})  ({Date}) ?(\*?)\s*$")]
    private static partial Regex RetryTimes();

    [GeneratedRegex(@"^  (\S.*?) -?\d+ -?\d+ (.*)$")]
    private static partial Regex RetryKey();

    // Of 4.96 and before, and of 4.97 on.
    [GeneratedRegex(@":[0-9A-Za-z]{6}-([0-9A-Za-z]{6}-[0-9A-Za-z]{2}|[0-9A-Za-z]{11}-[0-9A-Za-z]{4})$")]
    private static partial Regex MessageId();

    [GeneratedRegex(@"^(\S+)((?: [0-9A-Za-z]{6}-[0-9A-Za-z]{6,11}-[0-9A-Za-z]{2,4})*) $")]
    private static partial Regex WaitLine();

    [GeneratedRegex($@"^(.*)\t({Date})$")]
    private static partial Regex SeenLine();

    [GeneratedRegex($@"^({Date})\.\d+ rate: +(\S+) (?:epoch: {Date} size: \d+ )?key: (.*)$")]
    private static partial Regex RateLine();

    [GeneratedRegex($@"^({Date}) (.+?) (callout=.*)$")]
    private static partial Regex CalloutLine();

    [GeneratedRegex($@"^({Date}) (.+)$")]
    private static partial Regex OtherLine();
}
