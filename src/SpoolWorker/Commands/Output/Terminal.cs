// What the terminal is and allows. Colour only where a person looks: standard output is a terminal, NO_COLOR
// (no-color.org) is unset or empty, TERM is not dumb. Nothing here can fail.
namespace SpoolWorker.Commands.Output;

/// <summary>Colours and widths.</summary>
internal static class Terminal
{
    public const string Bold = "1", Dim = "2", Red = "31", Green = "32", Yellow = "33", Blue = "34";
    private const int WidthElsewhere = 132, LeastWidth = 60;

    /// <summary>True when standard output takes colours.</summary>
    public static bool Colour { get; } = !Console.IsOutputRedirected && Allowed();

    /// <summary>True when a person reads standard output.</summary>
    public static bool IsTerminal => !Console.IsOutputRedirected;

    /// <summary>True when standard error is a terminal: progress bars go there.</summary>
    public static bool ErrorIsTerminal => !Console.IsErrorRedirected && Allowed();

    /// <summary>Columns to write in; a fixed number where there is no terminal, so that output is the same everywhere.</summary>
    public static int Width
    {
        get
        {
            if (Console.IsOutputRedirected) return WidthElsewhere;
            var width = Console.WindowWidth;
            return width > 0 ? Math.Max(width, LeastWidth) : WidthElsewhere;
        }
    }

    /// <summary>The text in a colour, or as it is.</summary>
    public static string Paint(string text, string colour) => Colour && text.Length > 0 && colour.Length > 0 ? $"\u001b[{colour}m{text}\u001b[0m" : text;

    // An empty NO_COLOR counts as unset, as no-color.org has it.
    private static bool Allowed() =>
        string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")) && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
}
