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
        var begin = text.StartsWith(Begin, StringComparison.Ordinal) ? 0 : text.IndexOf("\n" + Begin, StringComparison.Ordinal) + 1;
        if (begin == 0 && !text.StartsWith(Begin, StringComparison.Ordinal)) return false;
        var end = text.IndexOf(End, begin, StringComparison.Ordinal);
        if (end < 0) return false;
        var first = text[begin..text.IndexOf('\n', begin)];
        var behind = text[(end + End.Length)..];
        var left = text[..(first.EndsWith(AddedNewline, StringComparison.Ordinal) && behind.Length == 0 ? begin - 1 : begin)] + behind;
        rest = left.Length == 0 && first.EndsWith(MadeFile, StringComparison.Ordinal) ? null : Encoding.Latin1.GetBytes(left);
        return true;
    }

    /// <summary>Whether the file of split configuration is one that init wrote.</summary>
    public static bool IsOurs(byte[] file) => Encoding.Latin1.GetString(file).StartsWith("# Written by 'spoolworker init --debian'", StringComparison.Ordinal);

    /// <summary>The queue that a text names; null when it names none.</summary>
    public static string? QueueIn(byte[] file) => Encoding.Latin1.GetString(file).Split('\n').FirstOrDefault(l => l.StartsWith($"{QueueMacro} = ", StringComparison.Ordinal))?[(QueueMacro.Length + 3)..].Trim();
}
