// What lies in a TNEF file (winmail.dat, application/ms-tnef; MS-OXTNEF): Outlook wraps attachments in one, and its readers unwrap them. Names and content of attachments are told as
// they go by; a message among them is one content. What is damaged ends the look with a reason. Throws IOException when the file fails.
using MimeKit.Tnef;

namespace SpoolWorker.Passes.Mime;

/// <summary>Reads one.</summary>
internal static class TnefFile
{
    // A name that is longer than any we tell, in UTF-16.
    private const int MostText = 4 * MimeLimits.Name;

    // What does not keep the rest from being found.
    private const TnefComplianceStatus Harmless = TnefComplianceStatus.InvalidAttributeChecksum | TnefComplianceStatus.InvalidAttributeValue | TnefComplianceStatus.InvalidDate
        | TnefComplianceStatus.InvalidMessageClass | TnefComplianceStatus.InvalidMessageCodepage | TnefComplianceStatus.InvalidTnefVersion;

    /// <summary>Tells what is in it.</summary>
    /// <param name="file">It, from its first byte.</param>
    /// <param name="name">Given each name of an attachment: several of one, where it has a short and a long one; false: enough.</param>
    /// <param name="content">Given the content of each, with the name that stood last; false: enough.</param>
    /// <returns>Why not all of it could be read; null: it was.</returns>
    public static string? Read(Stream file, Func<string, bool> name, Func<Stream, string, bool> content)
    {
        try
        {
            var tnef = new TnefReader(file, 0, TnefComplianceMode.Loose);
            var last = "";
            while (tnef.ReadNextAttribute())
            {
                if (tnef.AttributeLevel != TnefAttributeLevel.Attachment) continue;
                var property = tnef.TnefPropertyReader;
                if (tnef.AttributeTag == TnefAttributeTag.AttachRenderData) last = "";
                else if (tnef.AttributeTag == TnefAttributeTag.AttachTitle)
                {
                    if (tnef.AttributeRawValueLength > MostText) return TooLong;
                    if (!name(last = property.ReadValueAsString())) return null;
                }
                else if (tnef.AttributeTag == TnefAttributeTag.AttachData)
                {
                    using var data = property.GetRawValueReadStream();
                    if (!content(data, last)) return null;
                }
                else if (tnef.AttributeTag == TnefAttributeTag.Attachment && Properties(property, name, content, ref last) is { } reason) return reason.Length > 0 ? reason : null;
            }
            return (tnef.ComplianceStatus & ~Harmless) != 0 ? Damaged : null;
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or ArgumentException or NotSupportedException or OverflowException)
        {
            return Damaged;
        }
    }

    private const string TooLong = "a name in it is too long", Damaged = "it is damaged";

    // Null: on to the next attribute; empty: enough.
    private static string? Properties(TnefPropertyReader property, Func<string, bool> name, Func<Stream, string, bool> content, ref string last)
    {
        while (property.ReadNextProperty())
        {
            switch (property.PropertyTag.Id)
            {
                case TnefPropertyId.AttachFilename or TnefPropertyId.AttachLongFilename:
                    if (property.RawValueLength > MostText) return TooLong;
                    if (!name(last = property.ReadValueAsString())) return "";
                    break;
                case TnefPropertyId.AttachData when property.PropertyTag.ValueTnefType is TnefPropertyType.Binary or TnefPropertyType.Object:
                    using (var data = property.GetRawValueReadStream())
                    {
                        if (!content(data, last)) return "";
                    }
                    break;
            }
        }
        return null;
    }
}
