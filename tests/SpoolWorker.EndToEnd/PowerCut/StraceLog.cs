// What a process asked of the kernel, read from a log of strace (-f -xx): calls of several threads lie in each other, so each has a
// line at which it began and one at which it was done. With -xx all strings are bytes in hex; nothing needs unescaping but that.
using System.Globalization;
using System.Text;

namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>One system call.</summary>
/// <param name="Start">Line at which it began.</param>
/// <param name="End">Line at which it was done; past all lines when the process was killed in it.</param>
/// <param name="Name">Its name.</param>
/// <param name="Arguments">As strace writes them.</param>
/// <param name="Result">What it returned; -1 for every error, null when it never did.</param>
internal sealed record Call(int Start, int End, string Name, IReadOnlyList<string> Arguments, long? Result)
{
    /// <summary>A descriptor; -1 for the current directory.</summary>
    public int Fd(int argument) => int.TryParse(Arguments[argument], CultureInfo.InvariantCulture, out var fd) ? fd : -1;

    public long Number(int argument) => long.Parse(Arguments[argument], CultureInfo.InvariantCulture);

    public string Text(int argument) => Encoding.UTF8.GetString(Bytes(argument));

    /// <summary>The bytes of a string, or of all strings of a vector.</summary>
    public byte[] Bytes(int argument)
    {
        var text = Arguments[argument];
        text.Should().NotContain("\"...", "strace is to write whole strings");
        var bytes = new List<byte>(text.Length / 4);
        for (var i = text.IndexOf('"', StringComparison.Ordinal); i >= 0; i = text.IndexOf('"', i + 1))
        {
            for (i++; text[i] != '"'; i += 4) bytes.Add(byte.Parse(text.AsSpan(i + 2, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture));
        }
        return [.. bytes];
    }
}

/// <summary>Reads such a log.</summary>
internal static class StraceLog
{
    private const string Unfinished = " <unfinished ...>", Resumed = " resumed>";

    /// <summary>Calls that change names or contents, or make them durable, and those that tell what a descriptor is. A name behind a
    /// question mark does not exist on every architecture.</summary>
    public static readonly string[] Options =
    [
        "-xx", "-s", "4194304", "-e", "signal=none", "-e",
        "trace=?open,openat,?creat,close,?dup,?dup2,dup3,fcntl,lseek,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate,copy_file_range,sendfile," +
        "?rename,renameat,renameat2,?link,linkat,?unlink,unlinkat,?mkdir,mkdirat,?rmdir,?symlink,symlinkat,fsync,fdatasync,syncfs,sync,msync,sync_file_range",
    ];

    public static List<Call> Read(string path)
    {
        var calls = new List<Call>();
        var open = new Dictionary<string, (int Line, string Text)>();
        var number = 0;
        foreach (var line in File.ReadLines(path))
        {
            number++;
            var parts = line.Split(' ', 2, StringSplitOptions.RemoveEmptyEntries);
            var (thread, text, start) = (parts[0], parts[1].TrimStart(), number);
            if (text.EndsWith(Unfinished, StringComparison.Ordinal))
            {
                open[thread] = (number, text[..^Unfinished.Length]);
                continue;
            }
            if (text.StartsWith("<... ", StringComparison.Ordinal))
            {
                if (!open.Remove(thread, out var begun)) continue;
                (start, text) = (begun.Line, begun.Text + text[(text.IndexOf(Resumed, StringComparison.Ordinal) + Resumed.Length)..]);
            }
            if (Parse(start, number, text) is { } call) calls.Add(call);
        }
        calls.AddRange(open.Values.Select(o => Parse(o.Line, int.MaxValue, o.Text + ") = ?")).OfType<Call>());
        return calls;
    }

    private static Call? Parse(int start, int end, string text)
    {
        var paren = text.IndexOf('(', StringComparison.Ordinal);
        var result = text.LastIndexOf(") ", StringComparison.Ordinal);
        var equals = text.LastIndexOf("= ", StringComparison.Ordinal);
        if (paren <= 0 || result < paren || equals < result) return null;
        var word = text[(equals + 2)..].Split(' ')[0];
        long? value = word == "?" ? null : word.StartsWith("0x", StringComparison.Ordinal) ? 0 : long.Parse(word, CultureInfo.InvariantCulture);
        return new Call(start, value is null ? int.MaxValue : end, text[..paren], Split(text[(paren + 1)..result]), value);
    }

    private static List<string> Split(string text)
    {
        var arguments = new List<string>();
        var (depth, from) = (0, 0);
        var quoted = false;
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '"') quoted = !quoted;
            if (quoted) continue;
            if (text[i] is '[' or '{' or '(') depth++;
            if (text[i] is ']' or '}' or ')') depth--;
            if (text[i] != ',' || depth > 0) continue;
            arguments.Add(text[from..i].Trim());
            from = i + 1;
        }
        arguments.Add(text[from..].Trim());
        return arguments;
    }
}
