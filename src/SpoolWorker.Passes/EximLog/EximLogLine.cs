// One line of Exim's main log or of a message log, split into what every line has: time, process, message id, the two-letter
// mark, and the rest. No copy is made: the text is a slice of the line. Whatever is no log line (torn, binary, another
// program's) gives false with the reason and where; nothing here throws.
//   2026-11-23 21:30:24.585 +0000 [1511] 1xVbcG-0000OL-1i ** bob@r.example R=out T=smtp H=mx [192.0.2.1]: 550 no
// Main log: log.c and deliver.c (deliver_msglog, string_log_address). A message log has no id, and no marks.
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.EximLog;

/// <summary>What a line tells (manual, "Log files").</summary>
public enum EximLogMark
{
    /// <summary>Anything else.</summary>
    None,

    /// <summary><c>&lt;=</c> message arrival; also <c>(=</c>, arrival with a faked refusal.</summary>
    Arrival,

    /// <summary><c>=&gt;</c> normal delivery.</summary>
    Delivery,

    /// <summary><c>-&gt;</c> a further address in the same delivery.</summary>
    FurtherDelivery,

    /// <summary><c>&gt;&gt;</c> cutthrough delivery.</summary>
    Cutthrough,

    /// <summary><c>*&gt;</c> delivery suppressed by -N.</summary>
    Suppressed,

    /// <summary><c>**</c> delivery failed; the address bounces.</summary>
    Failure,

    /// <summary><c>==</c> delivery deferred; temporary problem.</summary>
    Deferral,

    /// <summary><c>Completed</c>: nothing is left to do.</summary>
    Completed,
}

/// <summary>A line.</summary>
public readonly ref struct EximLogLine
{
    private EximLogLine(DateTimeOffset time, long process, MessageId id, EximLogMark mark, ReadOnlySpan<byte> text)
    {
        Time = time;
        Process = process;
        Id = id;
        Mark = mark;
        Text = text;
    }

    /// <summary>When it was written; local time of this host where the line names no zone.</summary>
    public DateTimeOffset Time { get; }

    /// <summary>Process id (log_selector +pid), 0 when it is not logged.</summary>
    public long Process { get; }

    /// <summary>The message; the default value in lines that belong to none, and in message logs.</summary>
    public MessageId Id { get; }

    /// <summary>What the line is about: <c>&lt;=</c>, <c>=&gt;</c>, <c>**</c> …</summary>
    public EximLogMark Mark { get; }

    /// <summary>What follows the mark (or the id, without a mark), without leading blanks.</summary>
    public ReadOnlySpan<byte> Text { get; }

    /// <summary>The two letters of a mark; empty for lines that have none.</summary>
    public static string Token(EximLogMark mark) => mark switch
    {
        EximLogMark.None => "",
        EximLogMark.Arrival => "<=",
        EximLogMark.Delivery => "=>",
        EximLogMark.FurtherDelivery => "->",
        EximLogMark.Cutthrough => ">>",
        EximLogMark.Suppressed => "*>",
        EximLogMark.Failure => "**",
        EximLogMark.Deferral => "==",
        EximLogMark.Completed => "Completed",
        _ => throw new ArgumentOutOfRangeException(nameof(mark), mark, "not a mark"),
    };

    /// <summary>Splits a line, given without its newline.</summary>
    public static bool TryParse(ReadOnlySpan<byte> line, TimeZoneInfo local, out EximLogLine parsed, out EximLogError error)
    {
        parsed = default;
        if (!EximLogTime.TryRead(line, local, out var time, out var at)) return Fail(0, "no time at the head of the line", out error);
        if (at < line.Length && line[at] != ' ') return Fail(at, "no blank behind the time", out error);
        SkipBlanks(line, ref at);
        var process = ReadProcess(line, ref at);
        var id = ReadId(line, ref at);
        var mark = id.Length > 0 ? ReadMark(line, ref at) : EximLogMark.None;
        parsed = new EximLogLine(time, process, id, mark, line[at..].TrimEnd("\r "u8));
        error = default;
        return true;
    }

    private static bool Fail(int offset, string reason, out EximLogError error)
    {
        error = new EximLogError(offset, reason);
        return false;
    }

    private static void SkipBlanks(ReadOnlySpan<byte> line, ref int at)
    {
        while (at < line.Length && line[at] == ' ') at++;
    }

    private static long ReadProcess(ReadOnlySpan<byte> line, ref int at)
    {
        if (at >= line.Length || line[at] != '[') return 0;
        var end = line[at..].IndexOf((byte)']');
        if (end < 2 || !System.Buffers.Text.Utf8Parser.TryParse(line[(at + 1)..(at + end)], out long process, out var used) || used != end - 1) return 0;
        at += end + 1;
        SkipBlanks(line, ref at);
        return process;
    }

    private static MessageId ReadId(ReadOnlySpan<byte> line, ref int at)
    {
        var end = line[at..].IndexOf((byte)' ');
        if (end < 0) end = line.Length - at;
        if (!MessageId.TryParse(line.Slice(at, end), out var id)) return default;
        at += end;
        SkipBlanks(line, ref at);
        return id;
    }

    private static EximLogMark ReadMark(ReadOnlySpan<byte> line, ref int at)
    {
        var rest = line[at..];
        if (rest.StartsWith("Completed"u8) && (rest.Length == 9 || rest[9] == ' '))
        {
            at += 9;
            SkipBlanks(line, ref at);
            return EximLogMark.Completed;
        }
        if (rest.Length < 3 || rest[2] != ' ') return EximLogMark.None;
        var mark = (rest[0], rest[1]) switch
        {
            ((byte)'<', (byte)'=') or ((byte)'(', (byte)'=') => EximLogMark.Arrival,
            ((byte)'=', (byte)'>') => EximLogMark.Delivery,
            ((byte)'-', (byte)'>') => EximLogMark.FurtherDelivery,
            ((byte)'>', (byte)'>') => EximLogMark.Cutthrough,
            ((byte)'*', (byte)'>') => EximLogMark.Suppressed,
            ((byte)'*', (byte)'*') => EximLogMark.Failure,
            ((byte)'=', (byte)'=') => EximLogMark.Deferral,
            _ => EximLogMark.None,
        };
        if (mark == EximLogMark.None) return mark;
        at += 2;
        SkipBlanks(line, ref at);
        return mark;
    }
}

/// <summary>Why a line is none of Exim's.</summary>
/// <param name="Offset">Where in the line.</param>
/// <param name="Reason">What is wrong.</param>
public readonly record struct EximLogError(int Offset, string Reason);
