// The texts of notifications: which there are, and in which language a message is answered.
using System.Diagnostics.CodeAnalysis;
using System.Text;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dsn.Writing;

/// <summary>Texts of notifications.</summary>
public static class DsnTemplate
{
    private static readonly TextTemplateKind Kind = new("dsn-", "Dsn:Templates",
        ["failed-subject", "failed", "delayed-subject", "delayed", "until", "relayed-subject", "relayed", "returned-headers", "returned-full", "returned-not-full"],
        ["host", "id", "sender", "arrived", "until", "date", "recipients", "returned"]);

    /// <summary>Reads a language's file from a directory, or the built-in one.</summary>
    public static bool TryLoad(string directory, string language, [NotNullWhen(true)] out TextTemplate? template, [NotNullWhen(false)] out string? error) =>
        TextTemplate.TryLoad(Kind, directory, language, out template, out error);

    /// <summary>The language the message asks for among those there are, else the first: Accept-Language (RFC 3282) before Content-Language.</summary>
    public static TextTemplate Choose(IReadOnlyList<TextTemplate> templates, HeaderFile message)
    {
        foreach (var field in new[] { "Accept-Language", "Content-Language" })
        {
            foreach (var wanted in Wanted(message, field))
            {
                if (templates.FirstOrDefault(t => t.Language.Equals(wanted, StringComparison.OrdinalIgnoreCase)) is { } exact) return exact;
                if (templates.FirstOrDefault(t => Primary(t.Language).Equals(Primary(wanted), StringComparison.OrdinalIgnoreCase)) is { } near) return near;
            }
        }
        return templates[0];
    }

    // "de-AT, de;q=0.8, *;q=0.1" in the order of preference
    private static IEnumerable<string> Wanted(HeaderFile message, string field)
    {
        var line = message.Headers.FirstOrDefault(h => !h.IsDeleted && h.Is(Encoding.ASCII.GetBytes(field)));
        if (line is null) return [];
        return Encoding.Latin1.GetString(line.Value).Split(',').Select(item => item.Split(';')).Select(parts => (Tag: parts[0].Trim(), Quality: Quality(parts)))
            .Where(w => w.Tag.Length > 0 && w.Quality > 0).OrderByDescending(w => w.Quality).Select(w => w.Tag);
    }

    private static double Quality(string[] parts)
    {
        var q = Array.Find(parts, p => p.Trim().StartsWith("q=", StringComparison.OrdinalIgnoreCase));
        return q is null ? 1 : double.TryParse(q.Trim().AsSpan(2), System.Globalization.CultureInfo.InvariantCulture, out var value) ? value : 0;
    }

    private static string Primary(string tag) => tag.Split('-')[0];
}
