using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

/// <summary>Trees of non-recipients out of order: refused, or rebuilt for who asks.</summary>
public sealed class UnorderedTreeTests
{
    [Theory]
    [InlineData("YY b@r.example\nNN c@r.example\nNN a@r.example\n", "a@r.example b@r.example c@r.example")]
    [InlineData("NY b@r.example\nNN a@r.example\n", "a@r.example b@r.example")]
    [InlineData("YN a@r.example\nNY c@r.example\nNN b@r.example\n", "a@r.example b@r.example c@r.example")]
    [InlineData("YN \"x y\"@r.example\nNN \"z\"@r.example\n", "\"x y\"@r.example \"z\"@r.example")]
    public void A_whole_tree_out_of_order_is_rebuilt(string tree, string expected)
    {
        var (bytes, id) = With(tree);
        HeaderFileReader.TryRead(bytes, id, out _, out var refused).Should().BeFalse();
        HeaderFileReader.TryReadRebuilding(bytes, id, out var header, out var disorder, out var error).Should().BeTrue("{0}", error);
        disorder.Should().Be(refused);
        string.Join(' ', header!.NonRecipients.Addresses.Select(a => Samples.Text(a.ToArray()))).Should().Be(expected);
        HeaderFileReader.TryRead(HeaderFileWriter.ToArray(header), id, out var again, out error).Should().BeTrue("{0}", error);
        again!.NonRecipients.Addresses.Should().HaveCount(header.NonRecipients.Count);
    }

    [Theory]
    [InlineData("YY b@r.example\nNN c@r.example\n")]
    [InlineData("YN b@r.example\nNN c@r.example\nNN a@r.example\n")]
    [InlineData("YY b@r.example\nNN c@r.example\nNN c@r.example\n")]
    [InlineData("YY b@r.example\nNN c@r.example\nNN \"a\n")]
    [InlineData("YX b@r.example\nNN c@r.example\n")]
    public void What_does_not_say_who_has_the_mail_is_refused_either_way(string tree)
    {
        var (bytes, id) = With(tree);
        HeaderFileReader.TryRead(bytes, id, out _, out _).Should().BeFalse();
        HeaderFileReader.TryReadRebuilding(bytes, id, out _, out var disorder, out var error).Should().BeFalse();
        disorder.Should().BeNull();
        error.Should().NotBeNull();
    }

    [Fact]
    public void A_file_in_order_is_read_as_ever()
    {
        foreach (var sample in Samples.Folders("valid"))
        {
            var (bytes, id) = Samples.HeaderFile(sample);
            HeaderFileReader.TryReadRebuilding(bytes, id, out var header, out var disorder, out _).Should().BeTrue(sample);
            disorder.Should().BeNull();
            HeaderFileWriter.ToArray(header!).Should().Equal(bytes.ToArray());
        }
    }

    private static (byte[] Bytes, MessageId Id) With(string tree)
    {
        var (bytes, id) = Samples.HeaderFile("21-4.99-plain");
        return (Samples.Bytes(Samples.Text(bytes.ToArray()).Replace("XX\n", tree, StringComparison.Ordinal)), id);
    }
}
