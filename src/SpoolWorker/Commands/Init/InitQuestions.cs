// Asks on a terminal for what the command line has not said. An empty answer is the one in brackets.
using System.CommandLine;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Operations.Init;

namespace SpoolWorker.Commands.Init;

/// <summary>The questions.</summary>
internal static class InitQuestions
{
    public static InitChoices Ask(InitOptions options, ParseResult parsed, DebianExim exim, IReadOnlyList<string> passes)
    {
        var choices = options.Of(parsed, exim);
        var said = options.Said(parsed);
        if (!said.Domains) choices = choices with { Domains = Words("Domains to sign for, with blanks between; none: nothing is signed", []) };
        if (!said.Passes)
        {
            Console.WriteLine($"Passes there are: {string.Join(' ', passes)}");
            choices = choices with { Passes = Words("Passes, in their order", InitChoices.PassesFor(choices.Domains)) };
        }
        if (!said.Queue) choices = choices with { Queue = Words("Queue that Exim receives into", [choices.Queue])[0] };
        return choices;
    }

    /// <summary>Whether it is to be done.</summary>
    public static bool Confirmed()
    {
        Console.Write("Do this? [y/N] ");
        return Console.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }

    private static IReadOnlyList<string> Words(string question, IReadOnlyList<string> otherwise)
    {
        Console.Write($"{question} [{string.Join(' ', otherwise)}]: ");
        var words = (Console.ReadLine() ?? "").Split([' ', ','], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        return words.Length > 0 ? words : otherwise;
    }
}
