using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;

namespace SpoolWorker.Tests.Lookup;

public sealed class LookupListTests : IDisposable
{
    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData(LookupKind.Domain, "example.com", "example.com", true)]
    [InlineData(LookupKind.Domain, "Example.COM", "eXample.com", true)]
    [InlineData(LookupKind.Domain, "example.com", "sub.example.com", false)]
    [InlineData(LookupKind.Domain, ".example.com", "sub.example.com", true)]
    [InlineData(LookupKind.Domain, ".example.com", "example.com", false)]
    [InlineData(LookupKind.Domain, "*.example.com", "a.b.example.com", true)]
    [InlineData(LookupKind.Domain, "*.example.com", "example.com", false)]
    [InlineData(LookupKind.Domain, "*example.com", "notexample.com", true)]
    [InlineData(LookupKind.Domain, @"^mx\d+\.example\.", "MX12.example.net", true)]
    [InlineData(LookupKind.Domain, @"^mx\d+\.example\.", "a.mx12.example.net", false)]
    [InlineData(LookupKind.Domain, "*", "anything", true)]
    [InlineData(LookupKind.Domain, "münchen.example", "münchen.example", true)]
    [InlineData(LookupKind.Address, "user@example.com", "User@Example.com", true)]
    [InlineData(LookupKind.Address, "user@example.com", "user@sub.example.com", false)]
    [InlineData(LookupKind.Address, "@example.com", "any@example.com", true)]
    [InlineData(LookupKind.Address, "example.com", "any@example.com", true)]
    [InlineData(LookupKind.Address, "*@example.com", "any@example.com", true)]
    [InlineData(LookupKind.Address, "*@*", "any@example.com", true)]
    [InlineData(LookupKind.Address, "*-bounce@*.example.com", "list-bounce@x.example.com", true)]
    [InlineData(LookupKind.Address, "*-bounce@*.example.com", "list@x.example.com", false)]
    [InlineData(LookupKind.Address, ".example.com", "any@x.example.com", true)]
    [InlineData(LookupKind.Address, "<>", "", true)]
    [InlineData(LookupKind.Address, "example.com", "", false)]
    [InlineData(LookupKind.Address, "*", "", true)]
    [InlineData(LookupKind.Address, "\"a@b\"@example.com", "\"a@b\"@example.com", true)]
    [InlineData(LookupKind.Network, "192.0.2.0/24", "192.0.2.255", true)]
    [InlineData(LookupKind.Network, "192.0.2.77/24", "192.0.2.1", true)]
    [InlineData(LookupKind.Network, "192.0.2.0/24", "192.0.3.0", false)]
    [InlineData(LookupKind.Network, "192.0.2.0/24", "::ffff:192.0.2.9", true)]
    [InlineData(LookupKind.Network, "::ffff:192.0.2.0/120", "192.0.2.9", true)]
    [InlineData(LookupKind.Network, "0.0.0.0/0", "203.0.113.1", true)]
    [InlineData(LookupKind.Network, "0.0.0.0/0", "2001:db8::1", false)]
    [InlineData(LookupKind.Network, "::/0", "203.0.113.1", false)]
    [InlineData(LookupKind.Network, "2001:db8::/32", "2001:DB8:ffff::1", true)]
    [InlineData(LookupKind.Network, "2001:db8::/33", "2001:db8:ffff::1", false)]
    [InlineData(LookupKind.Network, "2001:db8::", "2001:db8:0:0:0:0:0:0", true)]
    [InlineData(LookupKind.Network, "192.0.2.1", "not an address", false)]
    [InlineData(LookupKind.HostName, "10.0.0.0/8", "10.1.2.3", true)]
    [InlineData(LookupKind.HostName, "*.example.com", "mail.example.com", true)]
    [InlineData(LookupKind.HostName, "*.example.com", "10.1.2.3", false)]
    public void An_item_matches(LookupKind kind, string item, string key, bool matches) =>
        Of(kind, item).Find(key).State.Should().Be(matches ? LookupState.Found : LookupState.NotFound);

    [Theory]
    [InlineData("example.com: a value ", "example.com", "a value")]
    [InlineData("example.com : a: b", "example.com", "a: b")]
    [InlineData("example.com:", "example.com", "")]
    [InlineData("example.com", "example.com", null)]
    public void An_item_has_a_value(string item, string key, string? value) => Of(LookupKind.Domain, item).Find(key).Should().Be(LookupAnswer.Found(value));

    [Fact]
    public void An_address_with_colons_is_no_key_with_a_value()
    {
        Of(LookupKind.Network, "2001:db8::1: relay").Find("2001:db8::1").Value.Should().Be("relay");
        Of(LookupKind.Network, "2001:db8::").Find("2001:db8::").Should().Be(LookupAnswer.Found(null));
    }

    [Fact]
    public void The_first_item_that_matches_decides_and_a_last_negated_one_turns_the_end()
    {
        var list = Of(LookupKind.Domain, "! bad.example.com", "*.example.com: below");
        list.Find("bad.example.com").State.Should().Be(LookupState.NotFound);
        list.Find("good.example.com").Value.Should().Be("below");
        list.Find("other.example").State.Should().Be(LookupState.NotFound);
        Of(LookupKind.Domain, "!bad.example.com").Find("good.example.com").IsFound.Should().BeTrue();
        Of(LookupKind.Domain, "!bad.example.com").Find("bad.example.com").IsFound.Should().BeFalse();
        LookupList.Empty.Find("x").State.Should().Be(LookupState.NotFound);
    }

    [Theory]
    [InlineData(LookupKind.Domain, "", "empty item")]
    [InlineData(LookupKind.Domain, "user@example.com", "no domain")]
    [InlineData(LookupKind.Domain, "+local_domains", "named lists")]
    [InlineData(LookupKind.Domain, "^(", "no regular expression")]
    [InlineData(LookupKind.Domain, "cdb;/etc/x", "cdb is not known")]
    [InlineData(LookupKind.Domain, "wildlsearch;/etc/x", "use nwildlsearch")]
    [InlineData(LookupKind.Domain, "iplsearch;/etc/x", "other keys")]
    [InlineData(LookupKind.Address, "partial-lsearch;/etc/x", "partial- is for domains")]
    [InlineData(LookupKind.Domain, "lsearch;", "name the file")]
    [InlineData(LookupKind.Domain, "lsearch;list/file", "list/file must be an absolute path")]
    [InlineData(LookupKind.Domain, "lsearch;/nonexistent/file", "/nonexistent/file: No such file")]
    [InlineData(LookupKind.Domain, "lsearch;/dev/null", "not a regular file")]
    [InlineData(LookupKind.Network, "example.com", "no IP address")]
    [InlineData(LookupKind.Network, "192.0.2.0/33", "no IP address")]
    [InlineData(LookupKind.Network, "10.1", "no IP address")]
    [InlineData(LookupKind.Network, "010.0.0.1", "no IP address")]
    public void A_wrong_item_is_named_with_the_reason(LookupKind kind, string item, string reason)
    {
        LookupList.TryParse(["*", item], kind, out var list, out var error).Should().BeFalse();
        list.Should().BeNull();
        error.Should().StartWith($"'{item}': ").And.Contain(reason);
    }

    [Fact]
    public void All_wrong_items_are_named()
    {
        LookupList.TryParse(["a.example", "a b", "lmdb;/nonexistent/t", "b.example"], LookupKind.Domain, out _, out var error).Should().BeFalse();
        error.Should().MatchRegex("^'a b': is no domain.*; 'lmdb;/nonexistent/t': .*No such file");
    }

    [Fact]
    public void A_catastrophic_expression_answers_where_it_needs_no_backtracking_and_is_no_answer_else()
    {
        Of(LookupKind.Domain, "^(a+)+$").Find(new string('a', 60) + "!").State.Should().Be(LookupState.NotFound);
        Of(LookupKind.Domain, "^(a+)+$").Find(new string('a', 60)).State.Should().Be(LookupState.Found);
        var answer = Of(LookupKind.Domain, "^(?!b)(a+)+$").Find(new string('a', 60) + "!");
        answer.State.Should().Be(LookupState.Unavailable);
        answer.Reason.Should().Contain("takes too long");
    }

    [Theory]
    [InlineData(LookupKind.Domain, "sub.example.com", "exact")]
    [InlineData(LookupKind.Domain, "deep.sub.example.com", "below")]
    [InlineData(LookupKind.Domain, "example.com", "any")]
    [InlineData(LookupKind.Address, "user@sub.example.com", "address")]
    [InlineData(LookupKind.Address, "other@sub.example.com", "exact")]
    [InlineData(LookupKind.Address, "any@at.example.org", "at")]
    [InlineData(LookupKind.Address, "any@star.example.org", "star at")]
    [InlineData(LookupKind.Address, "any@x.example.com", "below")]
    [InlineData(LookupKind.Address, "", "any")]
    [InlineData(LookupKind.Network, "192.0.2.1", "host")]
    [InlineData(LookupKind.Network, "192.0.2.2", "25")]
    [InlineData(LookupKind.Network, "192.0.2.200", "24")]
    [InlineData(LookupKind.Network, "::ffff:192.0.2.200", "24")]
    [InlineData(LookupKind.Network, "203.0.113.5", "any")]
    [InlineData(LookupKind.Network, "2001:DB8::5", "48")]
    [InlineData(LookupKind.Network, "2001:db8:1::5", "exim's form")]
    [InlineData(LookupKind.HostName, "192.0.2.1", "host")]
    [InlineData(LookupKind.HostName, "x.example.com", "below")]
    public void A_table_is_searched_from_the_special_to_the_general(LookupKind kind, string key, string value)
    {
        var file = Written("""
            # networks and names together
            *: any
            sub.example.com: exact
            .example.com: below
            user@sub.example.com: address
            @at.example.org at
            *@star.example.org: star
              at
            192.0.2.0/24: 24
            192.0.2.0/25: 25
            192.0.2.1: host
            "2001:db8::/48": 48
            2001.0db8.0001.0000.0000.0000.0000.0000/48: exim's form
            """);
        Of(kind, $"lsearch;{file}").Find(key).Should().Be(LookupAnswer.Found(value));
    }

    [Theory]
    [InlineData("partial-lsearch", "a.b.example.com", "b")]
    [InlineData("partial-lsearch", "b.example.com", "b")]
    [InlineData("partial-lsearch", "example.org", null)]
    [InlineData("partial-lsearch*", "example.org", "any")]
    [InlineData("partial1-lsearch", "x.example.net", "net")]
    [InlineData("partial-lsearch", "x.example.net", null)]
    [InlineData("partial0-lsearch", "example.org", "any")]
    [InlineData("lsearch", "a.b.example.com", "any")]
    public void Partial_searches_as_Exim_does(string type, string key, string? value)
    {
        var file = Written("*.b.example.com: b\n*.net: net\n*: any\n");
        Of(LookupKind.Domain, $"{type};{file}").Find(key).Value.Should().Be(value);
    }

    [Theory]
    [InlineData("a.example.com", "first")]
    [InlineData("mx1.example.net", "regex")]
    [InlineData("MX1.EXAMPLE.NET", "regex")]
    [InlineData("literal.example", "literal")]
    [InlineData("sub.literal.example", null)]
    public void Wildcard_lines_are_tried_in_file_order(string key, string? value)
    {
        var file = Written("*.example.com: first\na.example.com: never\n\"^mx\\\\d+\\\\.\": regex\nliteral.example: literal\n");
        Of(LookupKind.HostName, $"nwildlsearch;{file}").Find(key).Value.Should().Be(value);
    }

    [Fact]
    public void Networks_of_an_iplsearch_file_are_tried_in_file_order()
    {
        var file = Written("10.1.2.3 host\n10.0.0.0/8 wide\n10.1.0.0/16 never\n\"2001:db8::/32\" six\n* other\n");
        var list = Of(LookupKind.Network, $"iplsearch;{file}");
        new[] { "10.1.2.3", "10.1.0.1", "2001:db8::1", "192.0.2.1" }.Select(k => list.Find(k).Value).Should().Equal("host", "wide", "six", "other");
    }

    [Theory]
    [InlineData("iplsearch", "10.0.0.0/8: a\nnonsense: b\n", "line 2: 'nonsense' is no IP address")]
    [InlineData("nwildlsearch", "a: b\n\n^(: c\n", "line 3: '^(' is no regular expression")]
    public void A_broken_file_is_a_fault_with_its_line(string type, string text, string reason)
    {
        var file = Written(text);
        LookupList.TryParse([$"{type};{file}"], LookupKind.HostName, out _, out var error).Should().BeFalse();
        error.Should().Contain(file).And.Contain(reason);
    }

    private string Written(string text)
    {
        var file = Path.Combine(_directory, Guid.NewGuid().ToString("N"));
        File.WriteAllText(file, text);
        return file;
    }

    private static LookupList Of(LookupKind kind, params string[] items)
    {
        LookupList.TryParse(items, kind, out var list, out var error).Should().BeTrue(error);
        return list!;
    }
}
