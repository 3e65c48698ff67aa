// Exim's configuration from what is in its files now: made beside the one in use first, and looked at by Exim itself: does it read it (-bV), has the MAIL ACL become ours with the
// one of before behind it, and does a session get temporary errors that it does not get now (-bh). Only then is it made live, and the daemon told. Nothing throws but CannotMakeException.
using System.Globalization;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Init;

/// <summary>A step that failed: what was done before it is taken back.</summary>
/// <param name="message">Why.</param>
/// <param name="kind">What sort of trouble that is.</param>
internal sealed class CannotMakeException(string message, TroubleKind kind = TroubleKind.Configuration) : IOException(message)
{
    /// <summary>A program of the system that failed.</summary>
    /// <param name="run">It.</param>
    /// <param name="behind">What is told behind its own words.</param>
    public CannotMakeException(ToolRun run, string behind = "") : this(run.Fault + behind, run.IsDiskFull ? TroubleKind.NotNow : TroubleKind.Configuration)
    {
    }

    public TroubleKind Kind => kind;
}

/// <summary>Makes Exim's configuration.</summary>
internal static class EximMaking
{
    /// <summary>What <see cref="Change"/> runs, for people.</summary>
    public static readonly IReadOnlyList<string> Commands =
    [
        $"{DebianExim.Generator} -o {Candidate}",
        $"{DebianExim.Program} -C {Candidate} -bV",
        $"{DebianExim.Program} -C {Candidate} -bh 127.0.0.1",
        DebianExim.Generator,
        "kill -HUP <Exim's daemon>",
    ];

    private const string Candidate = "/var/lib/exim4/config.spoolworker", Option = "acl_smtp_mail", Behind = @"\n\n accept";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60), Pause = TimeSpan.FromMilliseconds(50);

    // Nothing of it is looked up in the DNS, and nothing is sent.
    private const string Session = "EHLO localhost\r\nMAIL FROM:<>\r\nRCPT TO:<postmaster>\r\nQUIT\r\n";

    /// <summary>Whether the configuration in use has the queue.</summary>
    public static bool IsLive(string queue) => DebianExim.Setting(Option)?.StartsWith(EximMacros.AclOf(queue), StringComparison.Ordinal) == true;

    /// <summary>Changes Exim's files and makes its configuration of them; what is taken back takes the configuration back, too.</summary>
    /// <param name="changes">Where each change goes down.</param>
    /// <param name="queue">The queue it has to have; null: it has to be without one.</param>
    /// <param name="files">Changes the files.</param>
    /// <exception cref="CannotMakeException">It is not made.</exception>
    public static void Change(FileChanges changes, string? queue, Action files)
    {
        var isLive = false;
        // Before the files: what is first here is last on the way back, when the files are as they were.
        changes.Do(static () => { }, () =>
        {
            if (isLive) MakeLive();
        });
        files();
        Check(queue);
        isLive = true;
        MakeLive();
    }

    /// <summary>Looks at what would be made.</summary>
    /// <param name="queue">The queue it has to have; null: it has to be without one.</param>
    /// <exception cref="CannotMakeException">It must not be made live.</exception>
    private static void Check(string? queue)
    {
        try
        {
            Good(ToolRun.Of(DebianExim.Generator, ["-o", Candidate]));
            Good(ToolRun.Of(DebianExim.Program, ["-C", Candidate, "-bV"]));
            if (queue is not null) CheckAcl(queue);
            else if (DebianExim.Setting(Option, Candidate) is { } left && left.StartsWith(EximMacros.AnyQueue, StringComparison.Ordinal))
                throw new CannotMakeException($"Exim's {Option} would still be '{left}': {HandWiring.Where(left)} says what init has said; take it out there first");
            var (now, then) = (Temporary(null), Temporary(Candidate));
            if (then is not null && now is null) throw new CannotMakeException($"with it Exim would answer '{then}' where it does not now; look at {DebianExim.Root}");
        }
        finally
        {
            _ = Posix.TryUnlink(Candidate);
            // What update-exim4.conf leaves where it fails.
            _ = Posix.TryUnlink(Candidate + ".tmp");
        }
    }

    /// <summary>Makes it, and tells the daemon.</summary>
    /// <exception cref="CannotMakeException">It is not made, or the daemon does not come back with it.</exception>
    private static void MakeLive()
    {
        Good(ToolRun.Of(DebianExim.Generator, []));
        if (DebianExim.Daemon() is not { } daemon) return;
        var before = ListeningSockets.Of(daemon);
        var told = ToolRun.Of("/bin/sh", ["-c", string.Create(CultureInfo.InvariantCulture, $"kill -HUP {daemon}")]);
        // One that has just ended reads it when it is started again.
        if (DebianExim.Daemon() is null) return;
        Good(told);
        // It closes its sockets, becomes itself anew, and listens again (daemon.c). One that only runs the queue shows nothing of that.
        for (var waited = TimeSpan.Zero; before.Count > 0 && (ListeningSockets.Of(daemon) is not { Count: > 0 } now || now.Overlaps(before)); waited += Pause)
        {
            if (DebianExim.Daemon() is null)
                throw new CannotMakeException($"Exim's daemon (process {daemon}) ended when it was told to read its configuration: {DebianExim.PanicLog} says why; start it: 'systemctl start exim4'");
            if (waited >= Patience) throw new CannotMakeException($"Exim's daemon (process {daemon}) has not come back within {Patience.TotalSeconds:0} s of being told to read its configuration: its log says why");
            Thread.Sleep(Pause);
        }
    }

    private static void CheckAcl(string queue)
    {
        var (now, then) = (DebianExim.Setting(Option), DebianExim.Setting(Option, Candidate));
        if (now?.StartsWith(EximMacros.AclOf(queue), StringComparison.Ordinal) == true) now = null;
        if (now?.StartsWith(EximMacros.AnyQueue, StringComparison.Ordinal) == true)
            throw new CannotMakeException($"Exim receives into another queue than '{queue}' now ({Option} is '{now}'): 'spoolworker init --debian --remove --wiring-only' takes that back, and then say it again");
        if (now is not null && (now.Length == 0 || now.Contains(' ', StringComparison.Ordinal)))
            throw new CannotMakeException($"Exim's {Option} is '{now}': no ACL with a name that one could go on with; give it one, and set MAIN_ACL_CHECK_MAIL to it in {DebianExim.LocalMacros}");
        var wanted = EximMacros.AclOf(queue) + now;
        if (then?.StartsWith(wanted, StringComparison.Ordinal) == true && then.EndsWith(Behind, StringComparison.Ordinal) && (now is null || then.Length == wanted.Length + Behind.Length)) return;
        throw new CannotMakeException($"Exim's {Option} would be '{then}' and not '{wanted}{Behind}': another file of {DebianExim.Root} sets MAIN_ACL_CHECK_MAIL, {EximMacros.QueueMacro} or {Option}. Set MAIN_ACL_CHECK_MAIL in {DebianExim.LocalMacros} alone");
    }

    // The first temporary error of a session; null when there is none.
    private static string? Temporary(string? configuration)
    {
        var run = ToolRun.Of(DebianExim.Program, [.. configuration is null ? Array.Empty<string>() : ["-C", configuration], "-bh", "127.0.0.1"], Session);
        if (run.ExitCode is null) throw new CannotMakeException(run);
        return run.Output.Split('\n', StringSplitOptions.TrimEntries).FirstOrDefault(l => l.Length > 3 && l[0] == '4' && char.IsAsciiDigit(l[1]) && char.IsAsciiDigit(l[2]) && l[3] is ' ' or '-');
    }

    private static void Good(ToolRun run)
    {
        if (!run.IsGood) throw new CannotMakeException(run);
    }
}
