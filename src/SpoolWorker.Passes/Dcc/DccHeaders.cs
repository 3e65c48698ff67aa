// The header edits: an X-DCC header that came with the message under the name the daemon uses is removed, since anybody can
// write one; then the daemon's is added, then the lines an ACL asked for. The ACL's lines are held to RFC 5322, unlike
// Exim's, which go in as they are: a line that is no header field would end the header section. Cannot fail.
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Dcc;

internal static class DccHeaders
{
    /// <summary>Where action tag says what it found. No name dccifd uses: its own end in -Metrics.</summary>
    public const string TagName = "X-DCC-Result";

    /// <summary>Removes lines of the same name, then adds this one at the end, where Exim adds its own (dcc.c).</summary>
    public static IEnumerable<HeaderEdit> Replace(HeaderFile message, HeaderLine line) => [.. Remove(message, line.Name), new HeaderEdit.AddAtEnd(line)];

    /// <summary>Removes all lines of a name.</summary>
    public static IReadOnlyList<HeaderEdit> Remove(HeaderFile message, ReadOnlySpan<byte> name)
    {
        var edits = new List<HeaderEdit>();
        foreach (var line in message.Headers)
        {
            if (!line.IsDeleted && line.Is(name)) edits.Add(new HeaderEdit.Delete(line));
        }
        return edits;
    }

    /// <summary>Splits the value of an ACL variable into header lines; what is none goes to the notes.</summary>
    public static IReadOnlyList<HeaderLine> FromVariable(ReadOnlySpan<byte> value, string variable, List<string> notes)
    {
        var lines = new List<HeaderLine>();
        var field = new List<byte>();
        foreach (var range in value.Split((byte)'\n'))
        {
            var part = value[range].TrimEnd((byte)'\r');
            if (part.IsEmpty) continue;
            if (part[0] is not ((byte)' ' or (byte)'\t')) Take(field, variable, lines, notes);
            field.AddRange(part);
            field.Add((byte)'\n');
        }
        Take(field, variable, lines, notes);
        return lines;
    }

    private static void Take(List<byte> field, string variable, List<HeaderLine> lines, List<string> notes)
    {
        if (field.Count == 0) return;
        try
        {
            lines.Add(HeaderLine.Create(field.ToArray()));
        }
        catch (ArgumentException e)
        {
            notes.Add($"{variable}: {e.Message.Split(" (Parameter", 2)[0]}; left out");
        }
        field.Clear();
    }
}
