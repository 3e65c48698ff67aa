namespace SpoolWorker.Spool;

// Makes message ids as Exim does (receive.c: time, process id, fraction of a second). Within one generator no id comes twice, also when the
// clock stands still or jumps back: then the time in the id runs ahead of the clock. Two generators with the same process id can collide (a
// restarted container is always process 1), so whoever creates the file must do so exclusively and ask for another id when the name is taken.

/// <summary>A source of fresh message ids. Safe for use by many threads.</summary>
public sealed class MessageIdGenerator
{
    // receive.c: id_resolution is 500 us in two digits up to 4.96, 1 us in four digits from 4.97
    private const int ShortTicksPerSecond = 2000;
    private const int LongTicksPerSecond = 1_000_000;

    private readonly TimeProvider _clock;
    private readonly int _processId;
    private readonly Lock _lock = new();
    private long _lastShort = -1;
    private long _lastLong = -1;

    /// <param name="clock">Where the time comes from.</param>
    /// <param name="processId">What tells this process from Exim's own.</param>
    public MessageIdGenerator(TimeProvider clock, int processId)
    {
        ArgumentNullException.ThrowIfNull(clock);
        ArgumentOutOfRangeException.ThrowIfNegative(processId);
        _clock = clock;
        _processId = processId;
    }

    /// <summary>A new id, in the form of Exim 4.97 and later or in the one before.</summary>
    public MessageId Next(bool longForm)
    {
        var microseconds = Math.Max(0, (_clock.GetUtcNow() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);
        lock (_lock)
        {
            return longForm
                ? Compose(_lastLong = Math.Max(microseconds, _lastLong + 1), LongTicksPerSecond, pidDigits: 11, fractionDigits: 4)
                : Compose(_lastShort = Math.Max(microseconds / (1_000_000 / ShortTicksPerSecond), _lastShort + 1), ShortTicksPerSecond, pidDigits: 6, fractionDigits: 2);
        }
    }

    private MessageId Compose(long tick, int ticksPerSecond, int pidDigits, int fractionDigits)
    {
        Span<char> text = stackalloc char[MessageId.LongLength];
        text = text[..(MessageId.TimeDigits + 1 + pidDigits + 1 + fractionDigits)];
        PutNumber(text[..MessageId.TimeDigits], tick / ticksPerSecond);
        text[MessageId.TimeDigits] = '-';
        PutNumber(text.Slice(MessageId.TimeDigits + 1, pidDigits), _processId);
        text[MessageId.TimeDigits + 1 + pidDigits] = '-';
        PutNumber(text[^fractionDigits..], tick % ticksPerSecond);
        return MessageId.TryParse(text, out var id) ? id : throw new InvalidOperationException($"not a message id: {text}");
    }

    private static void PutNumber(Span<char> field, long value)
    {
        for (var i = field.Length - 1; i >= 0; i--)
        {
            (value, var digit) = Math.DivRem(value, MessageId.Digits.Length);
            field[i] = MessageId.Digits[(int)digit];
        }
    }
}
