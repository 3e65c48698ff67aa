using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

public class RecipientTests
{
    public static TheoryData<string, string, string, int, string, int> Forms => new()
    {
        // line, address, orcpt, DSN flags, errors-to, parent
        { "bob@r.example", "bob@r.example", "", 0, "", -1 },
        { "bob@[127.0.0.1]", "bob@[127.0.0.1]", "", 0, "", -1 },
        { "bob@host1", "bob@host1", "", 0, "", -1 },
        { "bob@host,5", "bob@host,5", "", 0, "", -1 },
        { "\"a b\"@r.example", "\"a b\"@r.example", "", 0, "", -1 },
        { "\u00fc\u00ff@r.example", "\u00fc\u00ff@r.example", "", 0, "", -1 },
        { "bob@r.example 1", "bob@r.example", "", 0, "", 1 },
        { "\"a b\"@r.example 0", "\"a b\"@r.example", "", 0, "", 0 },
        { "bob@r.example 7,2,9", "bob@r.example", "", 0, "", 2 },
        { "bob@r.example 7,2", "bob@r.example", "", 0, "", 2 },
        { "bob@r.example  0,-1#1", "bob@r.example", "", 0, "", -1 },
        { "bob@r.example err@x.example 13,2#1", "bob@r.example", "", 0, "err@x.example", 2 },
        { "bob@r.example rfc822;b@o 10,28 #2", "bob@r.example", "rfc822;b@o", 28, "", -1 },
        { "bob@r.example  0,0  0,0#3", "bob@r.example", "", 0, "", 0 },
        { "bob@r.example rfc822;b@o 10,28 err@x.example 13,2#3", "bob@r.example", "rfc822;b@o", 28, "err@x.example", 2 },
        { "bob@r.example rfc822;b 0,1 12,3 e 0,0 5,-1#3", "bob@r.example", "rfc822;b 0,1", 3, "e 0,0", -1 },
        { "\"a b\"@r.example \"o 1\" 5,2 \"e 2\" 5,-1#3", "\"a b\"@r.example", "\"o 1\"", 2, "\"e 2\"", -1 },
    };

    [Theory]
    [MemberData(nameof(Forms))]
    public void Every_form_that_Exim_ever_wrote_is_read_and_kept(string line, string address, string orcpt, int dsnFlags, string errorsTo, int parent)
    {
        var header = TryRead(line)!;

        var recipient = header.Recipients[0];
        (Samples.Text(recipient.Address), Samples.Text(recipient.Orcpt), recipient.DsnFlags, Samples.Text(recipient.ErrorsTo), recipient.Parent)
            .Should().Be((address, orcpt, dsnFlags, errorsTo, parent));
        Samples.Written(header).Should().Contain($"\n3\n{line}\nsecond@r.example\n");
    }

    [Theory]
    [InlineData("bob@r.example ")]
    [InlineData(" 5")]
    [InlineData("5")]
    [InlineData("bob@r.example 05")]
    [InlineData("bob@r.example ,5")]
    [InlineData("bob@r.example 1,")]
    [InlineData("bob@r.example 99999999999")]
    [InlineData("bob@r.example 3")]
    [InlineData("#3")]
    [InlineData("x#3")]
    [InlineData("bob@r.example 0,-1#1")]
    [InlineData("bob@r.example  0,-2#1")]
    [InlineData("bob@r.example  -1,0#1")]
    [InlineData("bob@r.example  00,0#1")]
    [InlineData("bob@r.example  0,-0#1")]
    [InlineData("bob@r.example err@x.example 12,2#1")]
    [InlineData("bob@r.example  0,0#3")]
    [InlineData("bob@r.example  0,-1  0,-1#3")]
    [InlineData("bob@r.example  0,0  0,-1#0")]
    [InlineData("bob@r.example  0,0  0,-1#4")]
    [InlineData("bob@r.example  0,0  0,-1#33")]
    [InlineData("  0,0  0,-1#3")]
    [InlineData("bob@r.example o 1,12#2")]
    public void What_Exim_would_misread_is_refused(string line)
    {
        TryRead(line).Should().BeNull();
    }

    [Fact]
    public void A_new_recipient_is_written_plain_and_gains_only_what_it_needs()
    {
        var recipient = new Recipient(Samples.Bytes("bob@r.example"));

        Line(recipient).Should().Be("bob@r.example");
        Line(recipient.WithErrorsTo(Samples.Bytes("srs@f.example"))).Should().Be("bob@r.example  0,0 srs@f.example 13,-1#3");
        Line(recipient.WithErrorsTo(Samples.Bytes("srs@f.example")).WithErrorsTo(default)).Should().Be("bob@r.example");
        Line(recipient.WithDsn(Samples.Bytes("rfc822;b@o"), 28)).Should().Be("bob@r.example rfc822;b@o 10,28  0,-1#3");
        Line(recipient.WithAddress(Samples.Bytes("eve@r.example"))).Should().Be("eve@r.example");
    }

    [Fact]
    public void An_edit_keeps_what_it_does_not_name()
    {
        var recipient = TryRead("bob@r.example rfc822;b@o 10,28 err@x.example 13,2#3")!.Recipients[0];

        Line(recipient.WithErrorsTo(Samples.Bytes("srs@f.example.org"))).Should().Be("bob@r.example rfc822;b@o 10,28 srs@f.example.org 17,2#3");
        Line(recipient.WithAddress(Samples.Bytes("e e@x"))).Should().Be("e e@x rfc822;b@o 10,28 err@x.example 13,2#3");
        Line(recipient.WithParent(-1).WithDsn(default, 0)).Should().Be("bob@r.example  0,0 err@x.example 13,-1#3");
    }

    [Fact]
    public void An_edited_recipient_of_an_old_form_is_written_in_the_form_of_today()
    {
        var recipient = TryRead("bob@r.example 7,2,9")!.Recipients[0];

        Line(recipient.WithErrorsTo(Samples.Bytes("e@x"))).Should().Be("bob@r.example  0,0 e@x 3,2#3");
    }

    [Theory]
    [InlineData("a b 5")]
    [InlineData("a b 5,6")]
    [InlineData("a#3")]
    [InlineData("trailing ")]
    [InlineData("12345")]
    public void An_address_that_looks_like_extra_data_survives(string address)
    {
        var recipient = new Recipient(Samples.Bytes(address));

        Line(recipient).Should().Be($"{address}  0,0  0,-1#3");
        Samples.Text(TryRead(Line(recipient))!.Recipients[0].Address).Should().Be(address);
    }

    [Fact]
    public void Nothing_that_breaks_the_line_gets_in()
    {
        var recipient = new Recipient(Samples.Bytes("bob@r.example"));

        FluentActions.Invoking(() => new Recipient(default)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => new Recipient(Samples.Bytes("a\n5"))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => recipient.WithErrorsTo(Samples.Bytes("a\n5"))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => recipient.WithErrorsTo(Samples.Bytes("a\0"))).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => recipient.WithDsn(Samples.Bytes("a\n5"), 0)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => recipient.WithDsn(default, -1)).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => recipient.WithParent(-2)).Should().Throw<ArgumentException>();
    }

    /// <summary>Whatever the fields hold, reading gives them back.</summary>
    [Fact]
    public void Random_fields_survive_writing_and_reading()
    {
        var random = new Random(42);
        for (var i = 0; i < 5000; i++)
        {
            var (address, orcpt, errorsTo) = (Field(random, 1), Field(random, 0), Field(random, 0));
            var (flags, parent) = (random.Next(40), random.Next(-1, 3));
            var written = new Recipient(address).WithDsn(orcpt, flags).WithErrorsTo(errorsTo).WithParent(parent);

            var header = TryRead(Line(written));

            header.Should().NotBeNull("{0}", Line(written));
            var read = header!.Recipients[0];
            (Samples.Text(read.Address), Samples.Text(read.Orcpt), read.DsnFlags, Samples.Text(read.ErrorsTo), read.Parent)
                .Should().Be((Samples.Text(address), Samples.Text(orcpt), flags, Samples.Text(errorsTo), parent));
        }
    }

    private static byte[] Field(Random random, int shortest)
    {
        const string letters = "a@ ,#019-\u00ff";
        return Samples.Bytes(string.Concat(Enumerable.Range(0, random.Next(shortest, 9)).Select(_ => letters[random.Next(letters.Length)])));
    }

    private static string Line(Recipient recipient)
    {
        var text = Samples.Written(Samples.Read("21-4.99-plain") with { Recipients = [recipient, new("b@x"u8.ToArray()), new("c@x"u8.ToArray())] });
        var start = text.IndexOf("XX\n3\n", StringComparison.Ordinal) + 5;
        return text[start..text.IndexOf('\n', start)];
    }

    private static HeaderFile? TryRead(string line)
    {
        var (bytes, id) = Samples.HeaderFile("21-4.99-plain");
        var text = Samples.Text(bytes).Replace("XX\n1\nbob@r.example\n", $"XX\n3\n{line}\nsecond@r.example\nthird@r.example\n", StringComparison.Ordinal);
        HeaderFileReader.TryRead(Samples.Bytes(text), id, out var header, out _);
        return header;
    }
}
