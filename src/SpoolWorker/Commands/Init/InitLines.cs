// init for people: each file with what is added to it, as a diff would show it; what is run; what has to be published.
using SpoolWorker.Commands.Output;
using SpoolWorker.Operations.Views.Tools;

namespace SpoolWorker.Commands.Init;

/// <summary>Prints a view of init.</summary>
internal static class InitLines
{
    private const int Width = 78, StringLength = 60;

    public static void Print(InitView view)
    {
        foreach (var file in view.Files) Print(file, withLines: view.Done == "shown");
        if (view.Done == "shown")
        {
            Console.WriteLine("Then it runs:");
            foreach (var command in view.Commands) Console.WriteLine($"  {command}");
        }
        foreach (var record in view.Records)
        {
            Console.WriteLine("Publish in the DNS:");
            Console.WriteLine($"  {record.Name}. IN TXT (");
            foreach (var piece in record.Record.Chunk(StringLength)) Console.WriteLine($"    \"{new string(piece)}\"");
            Console.WriteLine("  )");
        }
        foreach (var line in view.Notes.SelectMany(n => AlignedTable.Wrap(n, Width))) Console.WriteLine(line);
        if (view.Done == "shown") Console.WriteLine("Nothing was done: say --apply.");
    }

    private static void Print(InitFileView file, bool withLines)
    {
        var rights = file.Owner is null ? "" : $" ({file.Mode} {file.Owner})";
        Console.WriteLine($"{file.Fate,-8} {Printable.Text(file.Path)}{rights}");
        foreach (var line in file.Note is null ? [] : AlignedTable.Wrap(file.Note, Width - 9)) Console.WriteLine($"         {Printable.Text(line)}");
        foreach (var line in file.Added is null || !withLines ? [] : file.Added.TrimEnd('\n').Split('\n')) Console.WriteLine(Terminal.Paint($"+{line}", Terminal.Green));
    }
}
