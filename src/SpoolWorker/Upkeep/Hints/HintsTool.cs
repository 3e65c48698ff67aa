// Runs exim_dumpdb or exim_tidydb of the Exim that writes the databases, as that Exim's user: their formats differ, so nobody else opens them. Root becomes the owner of db/ first; else a
// lockfile that the tool makes would be root's, and Exim shut out. It waits for Exim's lock by itself, a minute at the most (exim_dbutil.c, EXIMDB_LOCK_TIMEOUT). Bounded: time (then it
// is ended, and the kernel gives its lock back), lines, and what is kept of them. Its exit code is 0 also where Berkeley DB could not read: what counts is said on standard error. Nothing throws.
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using SpoolWorker.Engine.Target;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Hints;

/// <summary>How a tool ended.</summary>
internal enum ToolEnd
{
    /// <summary>It did what it was asked.</summary>
    Done,

    /// <summary>It did not get the lock.</summary>
    Busy,

    /// <summary>The database is damaged, or of another format.</summary>
    Unreadable,

    /// <summary>It is too old to know what it was asked.</summary>
    Unknown,

    /// <summary>It could not be started, was ended, or said something else.</summary>
    Failed,
}

/// <summary>What came of it.</summary>
/// <param name="End">How it ended.</param>
/// <param name="Reason">Why, on one line; empty when it is done.</param>
internal readonly record struct ToolResult(ToolEnd End, string Reason);

/// <summary>One of Exim's tools.</summary>
/// <param name="path">The program.</param>
/// <param name="limit">How long it may take.</param>
/// <param name="clock">What the limit is measured by.</param>
internal sealed class HintsTool(string path, TimeSpan limit, TimeProvider clock)
{
    // A key has 1023 bytes at the most, a line some more; complaints are repeated for each page.
    private const int MostLine = 16 * 1024, MostKept = 300;

    private const int Signalled = 128, Root = 0;

    // SIGILL, SIGABRT, SIGBUS, SIGFPE, SIGSEGV: what damaged pages lead Berkeley DB to. Others come from somebody.
    private static readonly int[] Crashes = [4, 6, 7, 8, 11];

    // What a tool that is in the middle of its work at the worker's stop gets to end by itself.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private const string Complaint = "** ", Usage = "Usage:", NoLock = "** Failed to get ", NotOpened = "** Failed to open ", LockFile = "lock file";

    /// <summary>Runs it.</summary>
    /// <param name="database">The database.</param>
    /// <param name="arguments">What stands before spool and name.</param>
    /// <param name="line">Takes each line of its output.</param>
    /// <param name="cancellationToken">The stop.</param>
    public async Task<ToolResult> RunAsync(HintsDatabase database, IReadOnlyList<string> arguments, Action<string> line, CancellationToken cancellationToken)
    {
        if (StartOf(database, arguments, out var fault) is not { } start) return new(ToolEnd.Failed, fault);
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Exception e) when (e is Win32Exception or IOException or InvalidOperationException)
        {
            return new(ToolEnd.Failed, $"{path} could not be started: {e.Message}; Hints:Tools names the directory of Exim's tools");
        }
        using (process)
        {
            process.StandardInput.Close();
            var (said, complained) = (new Said(), new Said());
            var all = Task.WhenAll(ReadAsync(process.StandardOutput, text => said.Take(text, line)), ReadAsync(process.StandardError, text => complained.Take(text, null)), process.WaitForExitAsync(CancellationToken.None));
            var timely = await EndAsync(process, all, cancellationToken).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            if (timely) return Judge(process.ExitCode, said, complained);
            // On a full disk Berkeley DB tries for ever, and holds Exim's lock meanwhile.
            var why = complained.Text.Length > 0 ? $": {complained.Text}" : "; raise Hints:TimeLimit";
            return new(ToolEnd.Failed, $"{path} took longer than {Passes.Ranges.Duration.Text(limit)} and was ended{why}");
        }
    }

    private ProcessStartInfo? StartOf(HintsDatabase database, IReadOnlyList<string> arguments, out string fault)
    {
        fault = "";
        var start = new ProcessStartInfo(path, [.. arguments, database.Spool, database.Name])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.Latin1,
            StandardErrorEncoding = Encoding.Latin1,
            WorkingDirectory = "/",
        };
        // Names of months are C's, times UTC.
        start.Environment.Clear();
        (start.Environment["LC_ALL"], start.Environment["TZ"], start.Environment["PATH"]) = ("C", "UTC", "/usr/sbin:/usr/bin:/sbin:/bin");
        if (Posix.EffectiveUser != Root) return start;
        if (UserFault(database) is { } wrong)
        {
            fault = wrong;
            return null;
        }
        start.UserName = Places.UserName(database.Owner);
        return start;
    }

    /// <summary>Why root cannot run a tool as the owner of the databases; null: it can.</summary>
    public static string? UserFault(HintsDatabase database)
    {
        var directory = HintsSpool.DirectoryOf(database.Spool);
        if (database.Owner == Root) return $"{directory} belongs to root, and Exim's tools are not run as root; chown it to Exim's user";
        return uint.TryParse(Places.UserName(database.Owner), out _) ? $"{directory} belongs to uid {database.Owner}, which is no user of this host; chown it to Exim's user" : null;
    }

    private async Task<bool> EndAsync(Process process, Task all, CancellationToken cancellationToken)
    {
        try
        {
            await all.WaitAsync(limit, clock, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAny(all, Task.Delay(Grace, clock, CancellationToken.None)).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Told by the result.
        }
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        return false;
    }

    private ToolResult Judge(int exitCode, Said said, Said complained)
    {
        // A key may look like a complaint; those end with another code than 0.
        var (text, errors) = (exitCode == 0 ? "" : said.Text, complained.Text);
        if (text.StartsWith(NoLock, StringComparison.Ordinal)) return new(ToolEnd.Busy, text);
        if (exitCode != 0 && said.First.StartsWith(Usage, StringComparison.Ordinal)) return new(ToolEnd.Unknown, $"{path} does not know that: {said.First}");
        if (text.StartsWith(NotOpened, StringComparison.Ordinal) && text.Contains(LockFile, StringComparison.Ordinal)) return new(ToolEnd.Failed, text);
        // What the library said is more to the point than what the tool makes of it.
        if (errors.Length > 0) return new(ToolEnd.Unreadable, errors);
        if (text.StartsWith(NotOpened, StringComparison.Ordinal)) return new(ToolEnd.Unreadable, text);
        if (exitCode > Signalled) return new(Crashes.Contains(exitCode - Signalled) ? ToolEnd.Unreadable : ToolEnd.Failed, $"{path} was ended by signal {exitCode - Signalled}");
        return exitCode == 0 ? new(ToolEnd.Done, "") : new(ToolEnd.Failed, $"{path} ended with {exitCode}: {(text.Length > 0 ? text : said.First)}");
    }

    private static async Task ReadAsync(StreamReader from, Action<string> line)
    {
        var (piece, kept) = (new char[4096], new StringBuilder());
        for (int n; (n = await from.ReadAsync(piece).ConfigureAwait(false)) > 0;)
        {
            for (var i = 0; i < n; i++)
            {
                if (piece[i] != '\n')
                {
                    if (kept.Length < MostLine) kept.Append(piece[i]);
                    continue;
                }
                line(kept.ToString());
                kept.Clear();
            }
        }
        if (kept.Length > 0) line(kept.ToString());
    }

    // What is to be known of an output: its first line, and its first complaint with what stands in the line below it.
    private sealed class Said
    {
        private bool _isOpen;

        public string First { get; private set; } = "";

        public string Text { get; private set; } = "";

        // Of standard error each line is a complaint.
        public void Take(string text, Action<string>? line)
        {
            if (First.Length == 0) First = Cut(text);
            if (Text.Length == 0 && (line is null || text.StartsWith(Complaint, StringComparison.Ordinal))) (Text, _isOpen) = (Cut(text.Trim()), text.EndsWith(':'));
            else if (_isOpen) (Text, _isOpen) = (Cut($"{Text} {text.Trim()}"), false);
            line?.Invoke(text);
        }

        private static string Cut(string text) => text.Length <= MostKept ? text : text[..MostKept] + "…";
    }
}
