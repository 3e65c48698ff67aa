using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Lookup;

public sealed class TextTableTests : IDisposable
{
    private const string Exim = "/usr/sbin/exim4";
    private readonly TableDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_changed_file_is_read_again_and_a_missing_one_unavailable()
    {
        var clock = new FakeClock();
        var file = _directory.File("list");
        File.WriteAllText(file, "a: 1\n");
        LookupList.TryParse([$"lsearch;{file}"], LookupKind.Domain, out var list, out var error, clock).Should().BeTrue(error);
        list!.Find("a").Value.Should().Be("1");
        Step(() => File.WriteAllText(file, "a: 22\n"), "22");
        Step(() => File.WriteAllText(file, "a: 33\n"), "33");
        Step(() => { File.WriteAllText(file + ".new", "a: 44\n"); File.Move(file + ".new", file, overwrite: true); }, "44");
        File.Delete(file);
        list.Find("a").Value.Should().Be("44", "the file is looked at once a second");
        clock.Advance(TimeSpan.FromSeconds(1));
        var answer = list.Find("a");
        (answer.State, answer.Reason).Should().Be((LookupState.Unavailable, $"{file}: No such file or directory"));
        Step(() => File.WriteAllText(file, "a: 5\n"), "5");

        void Step(Action change, string value)
        {
            change();
            clock.Advance(TimeSpan.FromSeconds(1));
            list.Find("a").Value.Should().Be(value);
        }
    }

    // What Exim itself finds in the same files.
    [EximLookupTheory]
    [InlineData("lsearch")]
    [InlineData("nwildlsearch")]
    [InlineData("iplsearch")]
    public void Files_mean_what_they_mean_to_Exim(string type)
    {
        var file = _directory.File("list");
        File.WriteAllText(file, type switch
        {
            "lsearch" => "# comment\nplain: value\nNoColon  value two  \nEmpty:\nbare\n  lead: continuation of nothing asked\ncont: one,\n   two,\n\t three \ncut: one,\n two,\n# in between\n three\ncut2: one,\n\n two\ncolon:: x\n"
                + "\"quoted key\" : q\n\"esc\\\"aped\\x41\\101\\n\": e\nplain: second\nUPPER: u\n\"unended: rest\nspace :  s : t\nlast: no newline  ",
            "nwildlsearch" => "*.example.com: star\n\"^m\\\\d+$\": digits\n^x.y: dot\nexact: e\nEXACT2: e2\n*end: end\n.example.org: dot literal\n",
            _ => "10.0.0.1: one\n10.0.0.0/8: eight\n192.168.0.0/16 sixteen\n\"2001:db8::/32\": six\n\"::1\": loop\n10.1.0.0/16: never\n",
        });
        string[] keys = type switch
        {
            "lsearch" => ["plain", "PLAIN", "nocolon", "empty", "bare", "cont", "cut", "cut2", "colon", "quoted key", "esc\"apedAA\n", "upper", "unended: rest", "space", "last", "lead", "nothing", "#"],
            "nwildlsearch" => ["a.example.com", "example.com", "m12", "M12", "m12x", "xay", "axay", "exact", "exact2", "theend", "end", "x.example.org", ".example.org"],
            _ => ["10.0.0.1", "10.1.2.3", "192.168.4.4", "192.169.0.1", "2001:db8:5::1", "::1", "::2"],
        };
        var list = new TextTable(file, Enum.Parse<TextTableType>(type, ignoreCase: true), new LookupKeys(type == "iplsearch" ? LookupKind.Network : LookupKind.Domain, PartialLabels: 9, Default: false), TimeProvider.System);
        // Keys stand in variables of Exim's as they are; only the newline has to be written.
        var asked = string.Concat(keys.Select(k => $"${{lookup{{{Escaped(k)}}}{type}{{{file}}}{{<$value>}}{{none}}}}\n"));
        var answers = TableDirectory.Run(Exim, asked, "-be").Output.TrimEnd('\n').Split('\n').Select(l => l.StartsWith("> ", StringComparison.Ordinal) ? l[2..] : l).Take(keys.Length).ToArray();
        var ours = keys.Select(k => list.Find(ByteText.Lower(k)) is { IsFound: true } found ? $"<{found.Value}>" : "none").ToArray();
        ours.Should().Equal(answers);
        ours.Count(a => a != "none").Should().BeGreaterThan(4);
    }

    private static string Escaped(string key) => key.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    [AttributeUsage(AttributeTargets.Method)]
    private sealed class EximLookupTheoryAttribute : TheoryAttribute
    {
        public EximLookupTheoryAttribute() => Skip = File.Exists(Exim) ? null : $"{Exim} is not installed (Debian: exim4-daemon-heavy)";
    }
}
