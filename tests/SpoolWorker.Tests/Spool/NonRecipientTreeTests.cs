using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

public class NonRecipientTreeTests
{
    private const string Sample = "20-4.99-nonrecipients-tree-after-delivery";

    [Fact]
    public void A_tree_written_by_Exim_is_read_in_order()
    {
        var tree = Samples.Read(Sample).NonRecipients;

        tree.Count.Should().Be(6);
        tree.Addresses.Select(address => Samples.Text(address)).Should()
            .Equal("alpha@r.example", "bravo@r.example", "done@r.example", "kilo@r.example", "mike@r.example", "zulu@r.example");
        tree.Contains("kilo@r.example"u8).Should().BeTrue();
        tree.Contains("kilo@r.exampl"u8).Should().BeFalse();
        tree.Contains("Kilo@r.example"u8).Should().BeFalse();
        tree.Contains(""u8).Should().BeFalse();
    }

    [Fact]
    public void Adding_what_is_there_changes_nothing()
    {
        var header = Samples.Read(Sample);

        header.WithDone([Samples.Bytes("mike@r.example"), Samples.Bytes("alpha@r.example")]).Should().BeSameAs(header);
    }

    [Fact]
    public void An_empty_tree_stays_two_letters()
    {
        NonRecipientTree.Empty.Add([]).Should().BeSameAs(NonRecipientTree.Empty);
        NonRecipientTree.Empty.Contains("x"u8).Should().BeFalse();
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    public void An_address_that_breaks_the_line_is_refused(string address)
    {
        var add = () => NonRecipientTree.Empty.Add([Samples.Bytes(address)]);

        add.Should().Throw<ArgumentException>();
    }

    /// <summary>Whatever is added in whatever steps: Exim's own search finds each address in what is written, and nothing else.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Exim_finds_every_address_of_a_tree_that_grew(int seed)
    {
        var random = new Random(seed);
        var header = Samples.Read(Sample);
        var reference = header.NonRecipients.Addresses.Select(address => Samples.Text(address)).ToHashSet(StringComparer.Ordinal);
        for (var step = 0; step < 12; step++)
        {
            var added = Enumerable.Range(0, random.Next(60)).Select(_ => RandomAddress(random)).ToList();
            reference.UnionWith(added);

            header = Samples.Read(HeaderFileWriter.ToArray(header.WithDone(added.Select(address => (ReadOnlyMemory<byte>)Samples.Bytes(address)))));

            header.NonRecipients.Count.Should().Be(reference.Count);
            var exim = EximTree.Parse(Samples.Written(header));
            foreach (var address in reference)
            {
                exim.Finds(address).Should().BeTrue(address);
                header.NonRecipients.Contains(Samples.Bytes(address)).Should().BeTrue(address);
            }

            foreach (var address in Enumerable.Range(0, 60).Select(_ => RandomAddress(random)))
            {
                header.NonRecipients.Contains(Samples.Bytes(address)).Should().Be(reference.Contains(address));
            }
        }
    }

    /// <summary>A tree that is a mere list would overflow the stack of a reader that recurses.</summary>
    [Theory]
    [InlineData("NY", false)]
    [InlineData("YN", true)]
    public void Degenerate_trees_are_read_and_written_as_they_are(string flags, bool descending)
    {
        const int depth = 200_000;
        var (bytes, id) = Samples.HeaderFile("21-4.99-plain");
        var lines = Enumerable.Range(0, depth).Select(i => $"{(i < depth - 1 ? flags : "NN")} {(descending ? depth - i : i):d7}@r.example\n");
        bytes = Samples.Bytes(Samples.Text(bytes).Replace("XX\n", string.Concat(lines), StringComparison.Ordinal));

        var header = Samples.Read(bytes, id);

        header.NonRecipients.Count.Should().Be(depth);
        HeaderFileWriter.ToArray(header).AsSpan().SequenceEqual(bytes).Should().BeTrue();
        var rebuilt = header.WithDone([Samples.Bytes("new@r.example")]);
        EximTree.Parse(Samples.Written(rebuilt)).Depth.Should().BeLessThanOrEqualTo(18);
    }

    [Fact]
    public void A_zigzag_tree_that_leaves_its_bounds_deep_down_is_refused()
    {
        // each node is right of its parent and its parent left of the grandparent: 1 < 2 < ... must hold all the way
        var (bytes, id) = Samples.HeaderFile("21-4.99-plain");
        var text = Samples.Text(bytes);
        var good = text.Replace("XX\n", "YN 9@x\nNY 1@x\nYN 8@x\nNY 2@x\nNN 5@x\n", StringComparison.Ordinal);
        var bad = text.Replace("XX\n", "YN 9@x\nNY 1@x\nYN 8@x\nNY 2@x\nNN 8a@x\n", StringComparison.Ordinal);

        Samples.Read(Samples.Bytes(good), id).NonRecipients.Count.Should().Be(5);
        HeaderFileReader.TryRead(Samples.Bytes(bad), id, out _, out var error).Should().BeFalse();
        error!.Kind.Should().Be(SpoolParseErrorKind.NonRecipientTree);
    }

    private static string RandomAddress(Random random)
    {
        // few letters make prefixes and duplicates likely; bytes above 0x7f tell signed from unsigned comparison
        const string letters = "ab\u00ff\u0080@. ";
        return string.Concat(Enumerable.Range(0, random.Next(1, 7)).Select(_ => letters[random.Next(letters.Length)]));
    }

    /// <summary>What Exim does with the tree: build it as the flags say (spool_in.c), then go down by strcmp (tree.c, tree_search).</summary>
    private sealed record EximTree(string Name, EximTree? Left, EximTree? Right)
    {
        public int Depth => 1 + Math.Max(Left?.Depth ?? 0, Right?.Depth ?? 0);

        public static EximTree Parse(string file)
        {
            var lines = file.Split('\n').SkipWhile(line => !(line.Length > 3 && line[2] == ' ' && line[0] is 'Y' or 'N' && line[1] is 'Y' or 'N'));
            using var next = lines.GetEnumerator();
            return Node(next);
        }

        public bool Finds(string address)
        {
            var node = this;
            while (node is not null)
            {
                var order = string.CompareOrdinal(address, node.Name);
                if (order == 0)
                {
                    return true;
                }

                node = order < 0 ? node.Left : node.Right;
            }

            return false;
        }

        private static EximTree Node(IEnumerator<string> next)
        {
            next.MoveNext();
            var line = next.Current;
            var left = line[0] == 'Y' ? Node(next) : null;
            var right = line[1] == 'Y' ? Node(next) : null;
            return new EximTree(line[3..], left, right);
        }
    }
}
