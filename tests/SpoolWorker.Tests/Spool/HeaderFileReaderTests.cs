using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

public class HeaderFileReaderTests
{
    [Fact]
    public void All_parts_of_a_file_are_where_they_belong()
    {
        var header = Samples.Read("12-4.96-rewrite");

        (header.Id.ToString(), Samples.Text(header.Login), header.Uid, header.Gid).Should().Be(("1xVVhu-00047R-35", "Debian-exim", 103L, 106L));
        (Samples.Text(header.Sender), header.ReceivedTime, header.WarningCount).Should().Be(("alice@rewritten.example", 1795446710L, 0));
        header.Variables.Select(variable => variable.FullName).Should().Equal(
            "received_time_usec", "received_time_complete", "helo_name", "host_address", "interface_address", "received_protocol", "aclc_conn",
            "body_linecount", "max_received_linelength", "deliver_firsttime", "tls_resumption");
        header.Variables.Where(variable => variable.Tainted).Select(variable => variable.Name).Should().Equal("helo_name");
        header.NonRecipients.Count.Should().Be(0);
        header.Recipients.Select(recipient => Samples.Text(recipient.Address)).Should().Equal("bob@rewrite.example");
        string.Concat(header.Headers.Select(line => line.Flag)).Should().Be("P*F*T  I*");
        Samples.Text(header.Headers[2].Text).Should().Be("From: alice@rewritten.example\n");
        (header.IsNullSender, header.IsFrozen, header.IsLocalError, header.DontDeliver, header.IsWireFormat).Should().Be((false, false, false, false, false));
    }

    [Theory]
    [InlineData("01-4.96-acl-vars")]
    [InlineData("16-4.99-acl-vars")]
    public void Acl_variables_may_look_like_any_part_of_the_file(string folder)
    {
        var header = Samples.Read(folder);

        header.Find("aclm_multi")!.Text.Should().Be("first line\nsecond line\n-body_linecount 99\n\nXX\n0\n");
        header.AclVariable('m', "_multi").Should().BeSameAs(header.Find("aclm_multi"));
        header.AclVariable('m', "_empty")!.Value.IsEmpty.Should().BeTrue();
        header.AclVariable('m', "0")!.Text.Should().Be("zero");
        header.AclVariable('c', "_conn")!.Text.Should().Be("connection var from 127.0.0.1");
        header.AclVariable('c', "_multi").Should().BeNull();
        header.BodyLineCount.Should().Be(1);
    }

    [Fact]
    public void Marks_and_unknown_and_old_names_survive()
    {
        var header = ReadWith("-acl 3 2\nc3\n--acl 13 2\nm3\n--(mysql)quoted it''s\n--(pgsql)aclm _q 1\nx\n-unknown\n-unknown \n-\n--\n---x y\n-aclc\n-\u00e9\u00ff \u00fe\n-N\n-localerror\n");

        header.Find("aclc3")!.Text.Should().Be("c3");
        header.AclVariable('m', "3").Should().BeEquivalentTo(new { Text = "m3", Tainted = true, IsAcl = true });
        header.Find("quoted").Should().BeEquivalentTo(new { Text = "it''s", Tainted = true, Quoter = "mysql" });
        header.Find("aclm_q").Should().BeEquivalentTo(new { Text = "x", Tainted = true, Quoter = "pgsql" });
        header.Variables.Where(variable => variable.Name == "unknown").Select(variable => variable.HasValue).Should().Equal(false, true);
        header.Find("\u00e9\u00ff")!.Text.Should().Be("\u00fe");
        (header.DontDeliver, header.IsLocalError).Should().Be((true, true));
    }

    [Fact]
    public void A_value_set_again_loses_its_quoter_and_stays_tainted()
    {
        var header = ReadWith("--(mysql)quoted it''s\n").WithVariable("quoted", "new");

        Samples.Written(header).Should().Contain("\n--quoted new\n");
    }

    [Theory]
    [InlineData("root 0 0")]
    [InlineData("nobody -2 -2")]
    [InlineData("two words -1 4294967295")]
    [InlineData(" 1 2")]
    [InlineData("5 6 7 8")]
    [InlineData("\u00ff\u00fe 9223372036854775807 -9223372036854775807")]
    public void Originators_of_all_kinds_are_kept(string line)
    {
        var text = Samples.Text(Samples.HeaderFile("21-4.99-plain").Bytes).Replace("Debian-exim 103 106", line, StringComparison.Ordinal);

        var header = Samples.Read(Samples.Bytes(text));

        $"{Samples.Text(header.Login)} {header.Uid} {header.Gid}".Should().Be(line);
        Samples.Written(header).Should().Be(text);
    }

    [Fact]
    public void Null_sender_is_told_and_kept()
    {
        var bounce = Samples.Read("03-4.96-bounce");

        (bounce.IsNullSender, bounce.IsLocalError).Should().Be((true, true));
    }

    [Fact]
    public void Lines_of_20_kB_and_bytes_that_are_no_UTF8_are_kept_everywhere()
    {
        var wild = new string('\u00fe', 20_000);
        var text = Samples.Text(Samples.HeaderFile("21-4.99-plain").Bytes)
            .Replace("<alice@sender.example>\n1", $"<{wild}>\n1", StringComparison.Ordinal)
            .Replace("--helo_name client.test.example", $"--helo_name {wild}", StringComparison.Ordinal)
            .Replace("\nXX\n1\nbob@r.example\n", $"\nNY {wild}\nNN {wild}x\n1\n{wild}\n", StringComparison.Ordinal)
            + $"20004  X: {wild}\n";

        var header = Samples.Read(Samples.Bytes(text));

        Samples.Written(header).Should().Be(text);
        header.Pending.Should().BeEmpty();
        Samples.Text(header.Headers[^1].Name.ToArray()).Should().Be("X");
    }

    [Fact]
    public void Without_an_expected_id_any_valid_name_line_is_taken()
    {
        var (bytes, id) = Samples.HeaderFile("21-4.99-plain");
        MessageId.TryParse("1xVVht-000477-0i", out var other).Should().BeTrue();

        Samples.Read(bytes).Id.Should().Be(id);
        HeaderFileReader.TryRead(bytes, other, out _, out var error).Should().BeFalse();
        error!.Kind.Should().Be(SpoolParseErrorKind.NameLine);
    }

    [Fact]
    public void A_message_without_recipients_or_header_lines_is_read()
    {
        var header = Samples.Read(Samples.Read("21-4.99-plain") with { Recipients = [], Headers = [] });

        (header.Recipients.Length, header.Headers.Length).Should().Be((0, 0));
    }

    private static HeaderFile ReadWith(string variables)
    {
        var text = Samples.Text(Samples.HeaderFile("21-4.99-plain").Bytes).Replace("\nXX\n", $"\n{variables}XX\n", StringComparison.Ordinal);
        var header = Samples.Read(Samples.Bytes(text));
        Samples.Written(header).Should().Be(text);
        return header;
    }
}
