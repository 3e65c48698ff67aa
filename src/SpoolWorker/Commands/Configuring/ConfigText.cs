// The configuration for people: a key a line, and one key with all there is to say of it, within the width of the terminal.
using System.Text;
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Views.Config;

namespace SpoolWorker.Commands.Configuring;

/// <summary>Writes configurations as text.</summary>
internal static class ConfigText
{
    private const string Indent = "  ", NotShown = "(a secret, not shown)";

    /// <summary>Every key with its value, and where it comes from when that is not the default.</summary>
    public static string Of(ConfigView view)
    {
        var text = new StringBuilder();
        // By where they come from: in a line of its own behind each key that would be most of the page.
        foreach (var group in view.Keys.GroupBy(k => k.From ?? "").OrderBy(g => g.Key.Length == 0 ? 0 : 1))
        {
            text.Append(text.Length > 0 ? "\n" : "").Append(group.Key.Length == 0 ? "# by default\n" : $"# from {Printable.Text(group.Key)}\n");
            foreach (var row in group) text.Append(row.Key).Append(" = ").Append(Value(row)).Append('\n');
        }
        return text.ToString();
    }

    /// <summary>One key.</summary>
    public static string Of(ConfigExplainView view)
    {
        var text = new StringBuilder().Append(view.Key).Append('\n');
        foreach (var line in AlignedTable.Wrap(view.Meaning, Math.Max(40, Terminal.Width - Indent.Length))) text.Append(Indent).Append(line).Append('\n');
        var table = new AlignedTable("", "");
        table.Add("  default", view.Default.Count > 0 ? string.Join(", ", view.Default) : "none");
        if (view.Unit.Length > 0) table.Add("  unit", view.Unit);
        if (view.Range is { } range && view.Words.Count == 0) table.Add("  range", range);
        foreach (var word in view.Words) table.Add($"  {word.Word}", word.Meaning);
        table.Add("  a change", view.Change == "restart" ? "needs a restart" : "is taken by a reload");
        foreach (var now in view.Now) table.Add(view.Now.Count > 1 || now.Key != view.Key ? $"  {now.Key}" : "  now", $"{Value(now)}{(now.From is { } from ? $" (from {Printable.Text(from)})" : " (by default)")}");
        return text.Append(table).ToString();
    }

    private static string Value(ConfigKeyView key) => key.Secret ? NotShown : key.Value is { Count: > 0 } values ? string.Join(", ", values.Select(v => Printable.Text(v))) : "none";
}
