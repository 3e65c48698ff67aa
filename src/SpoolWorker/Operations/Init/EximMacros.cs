// What Exim is told, for both of Debian's forms the same: macros that exim4-config itself provides for, so that no conffile is touched. Its MAIL ACL becomes one that
// puts the message into the queue and goes on with the ACL that was there. MAIL, because every message passes there once, before any of Debian's rules accepts a recipient;
// and as text in a macro, because the form that is not split has no place for ACLs, routers or files beside the template: what README's wiring of before names is not found
// there, and Exim answers 451 to every recipient. Seen on 4.96 in both forms.
// In a file of its own (split), or as a block at the end of exim4.conf.localmacros, which is the administrator's: what is taken out again leaves every byte of his as it was.
using System.Text;
using SpoolWorker.Operations.Exim;

namespace SpoolWorker.Operations.Init;

/// <summary>The macros, and where they stand.</summary>
internal static class EximMacros
{
    /// <summary>Behind the files in which macros are set, before the first that uses one (02_exim4-config_options).</summary>
    public const string SplitFile = $"{DebianExim.SplitMain}/01_spoolworker";

    /// <summary>The macro that names the queue.</summary>
    public const string QueueMacro = "SPOOLWORKER_QUEUE";

    private const string Begin = "# BEGIN spoolworker", End = "# END spoolworker\n";

    // What was done to the file beside adding the block, so that it can be undone.
    private const string MadeFile = " (new file)", AddedNewline = " (added the end of the line before)";

    /// <summary>Beginning of an acl_smtp_mail that puts mail into a queue.</summary>
    public const string AnyQueue = "warn queue = ";

    /// <summary>Beginning of Exim's acl_smtp_mail when the macros are in force.</summary>
    /// <param name="queue">The queue.</param>
    public static string AclOf(string queue) => $@"{AnyQueue}{queue}\n control = queue_only\n\nrequire acl = ";

    /// <summary>The macros, for the queue. Once, should both files be read: some link the one into conf.d.</summary>
    public static string Text(string queue) => $$"""
        # Written by 'spoolworker init --debian', for --remove to take out again.
        # What comes by SMTP waits in the queue '{{queue}}' for the worker;
        # then the MAIL ACL that was there goes on.
        .ifndef {{QueueMacro}}
        {{QueueMacro}} = {{queue}}
        .ifndef MAIN_ACL_CHECK_MAIL
        MAIN_ACL_CHECK_MAIL = acl_check_mail
        .endif
        MAIN_ACL_CHECK_MAIL == warn queue = {{QueueMacro}}\n control = queue_only\n\n\
          require acl = MAIN_ACL_CHECK_MAIL\n\n accept
        .endif

        """;

    /// <summary>A file with the block at its end.</summary>
    /// <param name="file">Its bytes; null when there is none.</param>
    /// <param name="queue">The queue.</param>
    public static byte[] Add(byte[]? file, string queue)
    {
        var joins = file is { Length: > 0 } && file[^1] != '\n';
        return [.. file ?? [], .. Encoding.ASCII.GetBytes($"{(joins ? "\n" : "")}{Begin}{(file is null ? MadeFile : joins ? AddedNewline : "")}\n{Text(queue)}{End}")];
    }

    /// <summary>A file without the block.</summary>
    /// <param name="file">Its bytes.</param>
    /// <param name="rest">What it was before; null when there was no file. The same bytes where no block is in it.</param>
    /// <returns>Whether a block was there.</returns>
    public static bool Cut(byte[] file, out byte[]? rest)
    {
        rest = file;
        var text = Encoding.Latin1.GetString(file);
        if (!TryFind(text, out var begin, out var behindIt)) return false;
        var first = text[begin..text.IndexOf('\n', begin)];
        var behind = text[behindIt..];
        var left = text[..(first.EndsWith(AddedNewline, StringComparison.Ordinal) && behind.Length == 0 ? begin - 1 : begin)] + behind;
        rest = left.Length == 0 && first.EndsWith(MadeFile, StringComparison.Ordinal) ? null : Encoding.Latin1.GetBytes(left);
        return true;
    }

    /// <summary>What stands in the block, its two marks not with it; null when there is none, or one without its end.</summary>
    public static string? Block(byte[] file)
    {
        var text = Encoding.Latin1.GetString(file);
        return TryFind(text, out var begin, out var behind) ? text[(text.IndexOf('\n', begin) + 1)..(behind - End.Length)] : null;
    }

    /// <summary>Whether a mark stands there without the other: somebody has taken lines out of the block.</summary>
    public static bool IsBroken(byte[] file) => (!Cut(file, out var rest) || rest is not null) && Encoding.Latin1.GetString(rest!).Split('\n').Any(l => l.StartsWith(Begin, StringComparison.Ordinal) || l + "\n" == End);

    // The last beginning before the first end: what lies between another one and that may be anybody's.
    private static bool TryFind(string text, out int begin, out int behind)
    {
        (begin, behind) = (-1, -1);
        for (var end = LineAt(text, End, 0); end >= 0; end = LineAt(text, End, end + 1))
        {
            for (var at = LineAt(text, Begin, 0); at >= 0 && at < end; at = LineAt(text, Begin, at + 1)) begin = at;
            behind = end + End.Length;
            if (begin >= 0) return true;
        }
        return false;
    }

    private static int LineAt(string text, string start, int from)
    {
        for (var at = text.IndexOf(start, from, StringComparison.Ordinal); at >= 0; at = text.IndexOf(start, at + 1, StringComparison.Ordinal))
        {
            if (at == 0 || text[at - 1] == '\n') return at;
        }
        return -1;
    }

    /// <summary>Whether the file of split configuration is one that init wrote.</summary>
    public static bool IsOurs(byte[] file) => Encoding.Latin1.GetString(file).StartsWith("# Written by 'spoolworker init --debian'", StringComparison.Ordinal);

    /// <summary>The queue that a text names; null when it names none.</summary>
    public static string? QueueIn(byte[] file) => Encoding.Latin1.GetString(file).Split('\n').FirstOrDefault(l => l.StartsWith($"{QueueMacro} = ", StringComparison.Ordinal))?[(QueueMacro.Length + 3)..].Trim();
}
