// Numbers in conditions: bytes with K, M, G, times with s, m, h, d. A unit that does not go with the name is refused, and so is what could be
// two things: in a text of unknown meaning, 5m is minutes to one reader and megabytes to another.
using System.Globalization;

namespace SpoolWorker.Passes.Conditions;

/// <summary>Reads a number with its unit.</summary>
internal static class ConditionNumber
{
    private const double Kilo = 1024, Minute = 60, Hour = 60 * Minute, Day = 24 * Hour;
    private const NumberStyles Plain = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;

    /// <summary>The number in bytes, seconds or pieces; else what is wrong with it.</summary>
    public static bool TryParse(string text, ConditionName name, out double number, out string error)
    {
        error = "";
        number = 0;
        var unit = text.Length > 0 && char.IsAsciiLetter(text[^1]) ? text[^1] : '\0';
        if (!double.TryParse(unit == '\0' ? text : text[..^1], Plain, CultureInfo.InvariantCulture, out number) || !double.IsFinite(number))
            error = $"a number must stand here{Example(name.Kind)}";
        else if (number < 0 && name.Kind != ValueKind.Text) error = $"{name.Name} is never below 0";
        else if (Factor(unit, name.Kind) is not { } factor) error = Fault(text, unit, name);
        else number *= factor;
        return error.Length == 0;
    }

    private static double? Factor(char unit, ValueKind kind) => (unit, kind) switch
    {
        ('\0', _) => 1,
        ('K' or 'k', ValueKind.Bytes or ValueKind.Text) => Kilo,
        ('M', ValueKind.Bytes or ValueKind.Text) or ('m', ValueKind.Bytes) => Kilo * Kilo,
        ('G' or 'g', ValueKind.Bytes or ValueKind.Text) => Kilo * Kilo * Kilo,
        ('s', ValueKind.Time or ValueKind.Text) => 1,
        ('m', ValueKind.Time) => Minute,
        ('h', ValueKind.Time or ValueKind.Text) => Hour,
        ('d', ValueKind.Time or ValueKind.Text) => Day,
        _ => null,
    };

    private static string Fault(string text, char unit, ConditionName name) => (unit, name.Kind) switch
    {
        ('m', ValueKind.Text) => $"{text} may be minutes or megabytes: say {text[..^1]}M, or the seconds",
        (_, ValueKind.Time) => $"'{unit}' is no unit of time, which {name.Name} is: 90s, 5m, 2h or 4d",
        (_, ValueKind.Bytes) => $"'{unit}' is no unit of bytes, which {name.Name} is: 10K, 2M or 1G",
        (_, ValueKind.Count) => $"{name.Name} is a count and has no unit",
        _ => $"'{unit}' is no unit: K, M, G for bytes, s, h, d for times",
    };

    private static string Example(ValueKind kind) => kind switch
    {
        ValueKind.Time => ", as in 90s, 5m, 2h or 4d",
        ValueKind.Count => ", as in 3",
        _ => ", as in 100 or 10M",
    };
}
