using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

/// <summary>Each edit against the text of the file, edited independently: only what is named may change.</summary>
public class HeaderFileEditTests
{
    public static TheoryData<string> Valid => [.. Samples.Folders("valid")];

    [Theory]
    [MemberData(nameof(Valid))]
    public void Another_id_changes_the_first_line_only(string folder)
    {
        var (bytes, id) = Samples.HeaderFile(folder);
        MessageId.TryParse("1zzzzz-00000000001-0000", out var other).Should().BeTrue();

        Samples.Written(Samples.Read(folder).WithId(other)).Should().Be("1zzzzz-00000000001-0000" + Samples.Text(bytes)[id.Length..]);
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Another_sender_changes_the_third_line_only(string folder)
    {
        var lines = Samples.Text(Samples.HeaderFile(folder).Bytes).Split('\n');
        lines[2] = "<SRS0=abcd=x=y=z@f.example>";

        Samples.Written(Samples.Read(folder).WithSender(Samples.Bytes("SRS0=abcd=x=y=z@f.example"))).Should().Be(string.Join('\n', lines));
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void A_header_line_on_top_comes_directly_behind_the_empty_line(string folder)
    {
        var header = Samples.Read(folder);
        var line = HeaderLine.Create("Authentication-Results: mx.test.example;\n\tspf=pass\n");

        var text = Samples.Written(header);
        var top = text.IndexOf($"{header.Headers[0].Text.Length:000}{header.Headers[0].Flag} {Samples.Text(header.Headers[0].Text)}", StringComparison.Ordinal);
        Samples.Written(header.WithHeaderOnTop(line)).Should().Be(text.Insert(top, "051  Authentication-Results: mx.test.example;\n\tspf=pass\n"));
        Samples.Written(header.WithHeaderAtEnd(HeaderLine.Create("X: y\n"))).Should().Be(text + "005  X: y\n");
    }

    [Fact]
    public void A_deleted_header_line_keeps_its_text()
    {
        var header = Samples.Read("21-4.99-plain");
        var from = header.Headers.ToList().FindIndex(line => line.Is("from"u8));

        var edited = header.WithHeaderDeleted(from);

        edited.Headers[from].IsDeleted.Should().BeTrue();
        Samples.Written(edited).Should().Be(Samples.Written(header).Replace("035F From:", "035* From:", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Valid))]
    public void Recipients_done_change_the_tree_only(string folder)
    {
        var header = Samples.Read(folder);
        var text = Samples.Written(header);
        var first = header.Recipients[0].Address;

        var edited = header.WithDone([first]);

        edited.NonRecipients.Contains(first.Span).Should().BeTrue();
        edited.Pending.Select(recipient => Samples.Text(recipient.Address)).Should().NotContain(Samples.Text(first));
        if (header.NonRecipients.Count == 0)
        {
            Samples.Written(edited).Should().Be(text.Replace("\nXX\n" + header.Recipients.Length, $"\nNN {Samples.Text(first)}\n{header.Recipients.Length}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Only_the_named_recipient_gets_a_return_path()
    {
        var header = Samples.Read("08-4.96-multi-rcpt");
        var text = Samples.Written(header);
        var second = Samples.Text(header.Recipients[1].Address);

        var edited = header.WithRecipients(header.Recipients.SetItem(1, header.Recipients[1].WithErrorsTo(Samples.Bytes("srs@f.example"))));

        Samples.Written(edited).Should().Be(text.Replace($"\n{second}\n", $"\n{second}  0,0 srs@f.example 13,-1#3\n", StringComparison.Ordinal));
    }

    [Fact]
    public void Parents_follow_when_recipients_go()
    {
        // recipients: onetime, bob, child1 and child2 of onetime
        var header = Samples.Read("10-4.96-onetime-errors-to-after-delivery");

        header.WithRecipients(header.Recipients.RemoveAt(1)).Recipients.Select(r => r.Parent).Should().Equal(-1, 0, 0);
        header.WithRecipients(header.Recipients.RemoveAt(0)).Recipients.Select(r => r.Parent).Should().Equal(-1, -1, -1);
        header.WithRecipients(header.Recipients.Insert(0, new Recipient("x@x"u8.ToArray()))).Recipients.Select(r => r.Parent).Should().Equal(-1, -1, -1, 1, 1);
        header.WithRecipients(header.Recipients.SetItem(0, header.Recipients[0].WithAddress("y@y"u8.ToArray()))).Recipients.Select(r => r.Parent).Should().Equal(-1, -1, 0, 0);
        FluentActions.Invoking(() => header.WithRecipients(Enumerable.Repeat(header.Recipients[0], SpoolLimits.MaxRecipients + 1))).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void Pending_is_each_address_once_without_those_done()
    {
        var header = Samples.Read("09-4.96-nonrecipients-tree-after-delivery");

        header.Pending.Select(recipient => Samples.Text(recipient.Address)).Should().Equal("bob@r.example");
        header.WithRecipients([.. header.Recipients, .. header.Recipients]).Pending.Should().HaveCount(1);
        header.WithDone([Samples.Bytes("bob@r.example")]).Pending.Should().BeEmpty();
    }

    [Fact]
    public void Thawing_takes_one_line_away()
    {
        var frozen = Samples.Read("06-4.96-frozen-plain");
        frozen.IsFrozen.Should().BeTrue();

        var thawed = frozen.Thawed();

        thawed.IsFrozen.Should().BeFalse();
        Samples.Written(thawed).Should().Be(Samples.Written(frozen).Replace("-frozen 1795446724\n", "", StringComparison.Ordinal));
        thawed.Thawed().Should().BeSameAs(thawed);
    }

    [Fact]
    public void A_new_line_count_replaces_the_old_in_its_place()
    {
        var header = Samples.Read("21-4.99-plain");

        var edited = header.WithBodyLineCount(12345);

        edited.BodyLineCount.Should().Be(12345);
        Samples.Written(edited).Should().Be(Samples.Written(header).Replace("-body_linecount 1\n", "-body_linecount 12345\n", StringComparison.Ordinal));
        FluentActions.Invoking(() => Samples.Read("23-4.99-wireformat-chunking").WithBodyLineCount(1)).Should().Throw<InvalidOperationException>();
        FluentActions.Invoking(() => header.WithBodyLineCount(-1)).Should().Throw<ArgumentOutOfRangeException>();
    }

    [Fact]
    public void A_value_changed_in_place_keeps_its_taint_mark()
    {
        var header = Samples.Read("21-4.99-plain");

        Samples.Written(header.WithVariable("helo_name", "other.example")).Should()
            .Be(Samples.Written(header).Replace("--helo_name client.test.example\n", "--helo_name other.example\n", StringComparison.Ordinal));
    }

    [Fact]
    public void A_value_is_tainted_unless_the_caller_vouches_for_it()
    {
        var header = Samples.Read("21-4.99-plain");

        header.WithVariable("received_protocol", "x").Find("received_protocol")!.Tainted.Should().BeTrue();
        header.WithVariable("received_protocol", "x", tainted: false).Find("received_protocol")!.Tainted.Should().BeFalse();
        header.WithVariable("helo_name", "x", tainted: false).Find("helo_name")!.Tainted.Should().BeTrue();
        header.WithVariable("aclm_new", "x").Find("aclm_new")!.Tainted.Should().BeTrue();
        header.WithFlag("manual_thaw").Find("manual_thaw")!.Tainted.Should().BeFalse();
    }

    [Fact]
    public void New_variables_come_last_and_repeated_ones_become_one()
    {
        var header = Samples.Read("21-4.99-plain");
        var text = Samples.Written(header);

        Samples.Written(header.WithVariable("aclm_verdict", "clean\nXX\n0", tainted: true)).Should()
            .Be(text.Replace("\nXX\n1\n", "\n--aclm _verdict 10\nclean\nXX\n0\nXX\n1\n", StringComparison.Ordinal));
        Samples.Written(header.WithFlag("manual_thaw").WithFlag("manual_thaw")).Should()
            .Be(text.Replace("\nXX\n1\n", "\n-manual_thaw\nXX\n1\n", StringComparison.Ordinal));
        var twice = header with { Variables = [.. header.Variables, .. header.Variables] };
        Samples.Written(twice.WithVariable("helo_name", "x")).Split('\n').Count(line => line.StartsWith("--helo_name", StringComparison.Ordinal)).Should().Be(1);
        twice.WithoutVariable("helo_name").Find("helo_name").Should().BeNull();
        header.WithoutVariable("no_such_name").Should().BeSameAs(header);
    }

    [Theory]
    [InlineData("helo_name", "a\n-N")]
    [InlineData("helo_name", "a\0")]
    [InlineData("two words", "x")]
    [InlineData("line\nbreak", "x")]
    [InlineData("-helo_name", "x")]
    [InlineData("aclm", "x 1")]
    [InlineData("aclm_a b", "x")]
    [InlineData("aclm_a", "\0")]
    [InlineData("\u20ac", "x")]
    public void Variables_that_would_be_read_as_something_else_are_refused(string name, string value)
    {
        FluentActions.Invoking(() => Samples.Read("21-4.99-plain").WithVariable(name, value)).Should().Throw<ArgumentException>();
    }

    [Fact]
    public void The_writer_refuses_what_no_edit_would_have_let_through()
    {
        var header = Samples.Read("21-4.99-plain");
        HeaderFile[] broken =
        [
            header with { Id = default },
            header with { Sender = "a>\n0 0"u8.ToArray() },
            header with { Login = "a\nb"u8.ToArray() },
            header with { ReceivedTime = -1 },
            header with { WarningCount = -1 },
            header with { Recipients = [header.Recipients[0].WithParent(1)] },
            header with { Headers = [new HeaderLine(' ', "X: y"u8.ToArray())] },
            header with { Headers = [new HeaderLine(' ', default)] },
            header with { Headers = [new HeaderLine('1', "X: y\n"u8.ToArray())] },
            header with { Headers = [new HeaderLine('\u20ac', "X: y\n"u8.ToArray())] },
            header with { Headers = [new HeaderLine(' ', " X: y\n"u8.ToArray())] },
            header with { Headers = [new HeaderLine(' ', "X: \0\n"u8.ToArray())] },
            header with { Variables = [new SpoolVariable("x", "v"u8.ToArray(), HasValue: false, Tainted: false)] },
            header with { Variables = [new SpoolVariable("x", default, HasValue: true, Tainted: false, Quoter: "lsearch")] },
            header with { Variables = [new SpoolVariable("(x", default, HasValue: true, Tainted: true)] },
            header with { Variables = [new SpoolVariable("x", default, HasValue: true, Tainted: true, Quoter: "a)b")] },
            header with { Variables = [new SpoolVariable("x", default, HasValue: true, Tainted: true, AclName: "y")] },
            header with { Variables = [new SpoolVariable("acl", default, HasValue: true, Tainted: true, AclName: "20")] },
            header with { Variables = [new SpoolVariable("aclc", default, HasValue: true, Tainted: true, AclName: "")] },
        ];

        foreach (var one in broken)
        {
            FluentActions.Invoking(() => HeaderFileWriter.ToArray(one)).Should().Throw<ArgumentException>();
        }

        FluentActions.Invoking(() => header.WithSender("a\nb"u8.ToArray())).Should().Throw<ArgumentException>();
        FluentActions.Invoking(() => header.WithId(default)).Should().Throw<ArgumentException>();
    }
}
