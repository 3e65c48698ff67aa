// A pair as MailScanner leaves it in the queue behind it (Exim.pm: ReadQf, CreateQf, BTreeHash): options in the order of a hash, tainted
// marks gone, the tree of non-recipients balanced and in the order of a hash, the body another and the rest of -H as it was.
using System.Text;
using System.Text.RegularExpressions;

namespace SpoolWorker.Tests.Engine;

internal sealed record MailScannerPair(PairFactory Original)
{
    /// <summary>The body it writes; null: the one it found.</summary>
    public byte[]? Body { get; init; }

    /// <summary>Who has the mail.</summary>
    public string[] Done { get; init; } = [];

    /// <summary>Of its hashes' order.</summary>
    public int Seed { get; init; }

    public void In(string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllBytes($"{directory}/{Original.BodyName}", (Original with { Body = Body ?? Original.Body }).DataFile);
        File.WriteAllBytes($"{directory}/{Original.HeaderName}", Encoding.Latin1.GetBytes(Header()));
    }

    private string Header()
    {
        var random = new Random(Seed);
        var text = Encoding.Latin1.GetString(Original.HeaderFile);
        var options = Regex.Match(text, "(?:^-.*\n)+", RegexOptions.Multiline).Value;
        var lines = options.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Replace("--", "-", StringComparison.Ordinal)).ToArray();
        random.Shuffle(lines);
        return text.Replace($"{options}XX\n", string.Concat(lines.Select(l => l + "\n")) + Tree(random), StringComparison.Ordinal);
    }

    // A queue of places, filled from the front and emptied at the back: breadth first.
    private string Tree(Random random)
    {
        var names = Done.ToArray();
        random.Shuffle(names);
        return names.Length == 0 ? "XX\n" : Node(0);

        string Node(int i) => i >= names.Length ? "" : $"{(2 * i + 1 < names.Length ? 'Y' : 'N')}{(2 * i + 2 < names.Length ? 'Y' : 'N')} {names[i]}\n{Node(2 * i + 1)}{Node(2 * i + 2)}";
    }
}
