// U-labels to A-labels (RFC 5890; RFC 8616): the authentication methods compare and look up ASCII names. Strings hold
// octets, one char a byte; UTF-8 in them is decoded, and what is no UTF-8 or no valid IDN stays as it is.
using System.Globalization;
using System.Text;

namespace SpoolWorker.Passes.Dns;

/// <summary>Domain names of messages.</summary>
public static class DomainName
{
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>The name with A-labels for U-labels.</summary>
    /// <param name="octets">The name, one char a byte.</param>
    public static string ToALabels(string octets)
    {
        ArgumentNullException.ThrowIfNull(octets);
        if (Ascii.IsValid(octets)) return octets;
        try
        {
            var labels = Utf8.GetString(Encoding.Latin1.GetBytes(octets)).ToLowerInvariant().Split('.', '\u3002', '\uff0e', '\uff61');
            return string.Join('.', labels.Select(l => Ascii.IsValid(l) ? l : new IdnMapping { AllowUnassigned = true }.GetAscii(l)));
        }
        catch (ArgumentException)
        {
            return octets;
        }
    }
}
