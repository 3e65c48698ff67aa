using SpoolWorker.Fuzz;

namespace SpoolWorker.Tests.Spool;

/// <summary>Replays the corpora of the fuzz targets: whatever a fuzzer once found stays fixed.</summary>
public class FuzzCorpusTests
{
    private static readonly string Corpus = Path.GetFullPath(Path.Combine(Samples.Root, "../tests/SpoolWorker.Fuzz/corpus"));

    public static TheoryData<string, string> Inputs
    {
        get
        {
            var inputs = new TheoryData<string, string>();
            foreach (var file in Directory.EnumerateFiles(Corpus, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            {
                inputs.Add(Path.GetFileName(Path.GetDirectoryName(file))!, Path.GetFileName(file));
            }

            return inputs;
        }
    }

    [Theory]
    [MemberData(nameof(Inputs))]
    public void Input_breaks_no_guarantee(string target, string file)
    {
        FuzzTargets.All[target](File.ReadAllBytes(Path.Combine(Corpus, target, file)));
    }

    /// <summary>A short run of a simple mutator: cuts, copies and changes bytes of the corpus, the same every time.</summary>
    [Fact]
    public void Mutated_header_files_break_no_guarantee()
    {
        var random = new Random(20261123);
        var seeds = Directory.EnumerateFiles(Path.Combine(Corpus, "header-file")).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList();
        for (var i = 0; i < 20_000; i++)
        {
            FuzzTargets.All["header-file"](Mutate([.. seeds[random.Next(seeds.Count)]], random));
        }
    }

    /// <summary>The same for texts of the DNS, with the characters that mean something in them.</summary>
    [Theory]
    [InlineData("spf-record")]
    [InlineData("spf-macro")]
    [InlineData("tag-list")]
    public void Mutated_texts_break_no_guarantee(string target)
    {
        var random = new Random(20261123);
        var seeds = Directory.EnumerateFiles(Path.Combine(Corpus, target)).Order(StringComparer.Ordinal).Select(File.ReadAllBytes).ToList();
        for (var i = 0; i < 20_000; i++)
        {
            FuzzTargets.All[target](Mutate([.. seeds[random.Next(seeds.Count)]], random, "%{}_-+~?./:;= 0129adrlsoipvhctSLO\t\0\u00ff"));
        }
    }

    private static byte[] Mutate(List<byte> bytes, Random random, string telling = "\n -0123456789,#()*XYN<>@:\0\u00ff")
    {
        for (var n = random.Next(1, 4); n > 0 && bytes.Count > 0; n--)
        {
            var at = random.Next(bytes.Count);
            var length = random.Next(Math.Min(40, bytes.Count - at) + 1);
            switch (random.Next(5))
            {
                case 0:
                    bytes.RemoveRange(at, length);
                    break;
                case 1:
                    bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                    break;
                case 2:
                    bytes.Insert(at, (byte)telling[random.Next(telling.Length)]);
                    break;
                default:
                    bytes[at] = (byte)telling[random.Next(telling.Length)];
                    break;
            }
        }

        return [.. bytes];
    }
}
