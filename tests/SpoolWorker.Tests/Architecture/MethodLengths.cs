namespace SpoolWorker.Tests.Architecture;

/// <summary>A method, constructor or accessor of a source.</summary>
/// <param name="Start">Its first line, from 1.</param>
/// <param name="Lines">How many it has, braces and all.</param>
/// <param name="Text">That first line.</param>
internal sealed record MethodLength(int Start, int Lines, string Text);

/// <summary>Counts lines by the layout that `dotnet format` keeps: the braces of a method stand alone, below the first letter of its
/// declaration. What is inside a method counts with it.</summary>
internal static class MethodLengths
{
    private static readonly string[] Types = ["class", "struct", "record", "interface", "enum", "namespace"];

    public static List<MethodLength> Of(string source)
    {
        var lines = source.Split('\n');
        var found = new List<MethodLength>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (BlockAt(lines, i) is { } block) found.Add(block);
            else if (ExpressionAt(lines, i) is { } expression) found.Add(expression);
        }
        return found;
    }

    // Line i is the brace that opens it.
    private static MethodLength? BlockAt(string[] lines, int i)
    {
        if (lines[i].Trim() != "{" || i == 0) return null;
        var indent = IndentOf(lines[i]);
        // A long list of parameters goes on in lines of its own, further in.
        var start = i - 1;
        while (start > 0 && IndentOf(lines[start]) > indent) start--;
        var head = lines[start].Trim();
        var isAccessor = head.Split(' ')[^1] is "get" or "set" or "init" or "add" or "remove";
        if (IndentOf(lines[start]) != indent || IsType(head) || (!isAccessor && !head.Contains('(', StringComparison.Ordinal))) return null;
        var end = Array.FindIndex(lines, i, line => line.TrimEnd() is var text && text.Trim() is "}" or "};" or "});" && IndentOf(text) == indent);
        return end < 0 ? null : new MethodLength(start + 1, end - start + 1, head);
    }

    // An expression ends before the next empty line at the latest.
    private static MethodLength? ExpressionAt(string[] lines, int i)
    {
        var head = lines[i].Trim();
        if (!head.Contains('(', StringComparison.Ordinal) || !head.Contains("=>", StringComparison.Ordinal) || IsType(head)) return null;
        var indent = IndentOf(lines[i]);
        // That is a block.
        if (i + 1 < lines.Length && lines[i + 1].Trim() == "{" && IndentOf(lines[i + 1]) == indent) return null;
        var end = i;
        while (end + 1 < lines.Length && lines[end + 1].Trim().Length > 0 && IndentOf(lines[end + 1]) > indent) end++;
        return new MethodLength(i + 1, end - i + 1, head);
    }

    private static bool IsType(string head) => head.Split('(')[0].Split(' ').Any(Types.Contains);

    private static int IndentOf(string line) => line.Length - line.TrimStart(' ').Length;
}
