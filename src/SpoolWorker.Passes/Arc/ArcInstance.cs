// The instance number of a set (RFC 8617, 4.2.1). Nothing here can fail but by its return value.
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Arc;

/// <summary>Reading of instance numbers.</summary>
internal static class ArcInstance
{
    /// <summary>RFC 8617, 4.2.1: position = 1*2DIGIT ; 1 - 50.</summary>
    public const int Max = 50;

    /// <summary>Takes a whole value of an i= tag; 0 when it is not a number of one or two digits.</summary>
    /// <remarks>Numbers above <see cref="Max"/> are returned too: the caller tells them from what is no number.</remarks>
    public static int Parse(ReadOnlySpan<byte> value)
    {
        if (value.Length is 0 or > 2) return 0;
        var number = 0;
        foreach (var c in value)
        {
            if (c is < (byte)'0' or > (byte)'9') return 0;
            number = (number * 10) + c - '0';
        }
        return number;
    }

    /// <summary>Takes the instance off an AAR: <c>[CFWS] "i" [CFWS] "=" [CFWS] position [CFWS] ";"</c>.</summary>
    /// <param name="value">What stands behind the colon of the header field.</param>
    /// <param name="instance">The number; 0 when there is none.</param>
    /// <returns>Whether an i= is there at all.</returns>
    public static bool TryOfResults(ReadOnlySpan<byte> value, out int instance)
    {
        instance = 0;
        var at = FieldSyntax.SkipComments(value, 0);
        // "i" is case-sensitive: %s"i"
        if (at >= value.Length || value[at] != 'i') return false;
        at = FieldSyntax.SkipComments(value, at + 1);
        if (at >= value.Length || value[at] != '=') return false;
        at = FieldSyntax.SkipComments(value, at + 1);
        var start = at;
        while (at < value.Length && value[at] is >= (byte)'0' and <= (byte)'9') at++;
        var digits = value[start..at];
        at = FieldSyntax.SkipComments(value, at);
        if (at < value.Length && value[at] == ';') instance = Parse(digits);
        return true;
    }
}
