namespace SpoolWorker.Tests.Commands;

/// <summary>What could not be read is chosen, ordered and grouped by what is known of it: its id, its files, and the note beside them.</summary>
public sealed class ListCorruptTests : IDisposable
{
    private const string Young = "1zzzzz-000001-00", Old = "1aAAAA-000002-00", Cut = "1bAAAA-00000000003-0000";
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData("place = corrupt", Old, Cut, Young)]
    [InlineData("state = corrupt and not pass and not next_try", Old, Cut, Young)]
    [InlineData("id = 1aAAAA*", Old)]
    [InlineData("age > 400d", Old, Cut)]
    [InlineData("age < 1m", Young)]
    [InlineData("reason = truncated*", Old)]
    [InlineData("reason ~ 'line 3'", Young)]
    [InlineData("not reason", Cut)]
    [InlineData("size > 1K", Young)]
    [InlineData("size = 0", Cut)]
    [InlineData("body_size >= 2000", Young)]
    [InlineData("body_size = 3", Old)]
    [InlineData("body_size = ''", Cut)]
    public void Conditions_choose_by_what_is_known(string where, params string[] ids)
    {
        Fill();
        var ran = _play.RunConfigured("list", "--corrupt", "--ids", "--where", where);
        (ran.ExitCode, ran.Error).Should().Be((0, ""));
        ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Should().Equal(ids);
    }

    [Theory]
    [InlineData("sender = ''")]
    [InlineData("sender_domain = x")]
    [InlineData("recipient = x")]
    [InlineData("recipients > 1")]
    [InlineData("pending = 0")]
    [InlineData("not frozen")]
    [InlineData("helo_name")]
    [InlineData("h_subject = x")]
    [InlineData("acl_m_x")]
    [InlineData("attempt > 1")]
    [InlineData("spf_result = fail")]
    [InlineData("age > 1 and not sender")]
    public void What_nobody_knows_of_it_is_refused_by_name(string where)
    {
        Fill();
        foreach (var places in new[] { ["--corrupt"], new[] { "--corrupt", "--held", "--intake", "--target" } })
        {
            var ran = _play.RunConfigured([.. "list --where".Split(' '), where, .. places]);
            (ran.ExitCode, ran.Output).Should().Be((64, ""));
            ran.Error.Should().MatchRegex("^spoolworker: --where: at character [0-9]+: '[a-z_]+' is [^\n]*not known of what lies in corrupt/[^\n]*\n$").And.NotContain("header line");
        }
    }

    [Fact]
    public void Several_places_are_asked_alike()
    {
        Fill();
        Playground.Put(Playground.Valid("4.96-plain"), _play.Held);
        _play.RunConfigured("list", "--held", "--corrupt", "--where", "age > 400d", "--count").Output.Should().Be("2\n");
        _play.RunConfigured("list", "--held", "--corrupt", "--where", "place = held", "--jsonl").Output.TrimEnd('\n').Should().Contain("\"held\"").And.NotContain("\n");
        _play.RunConfigured("list", "--held", "--corrupt", "--where", "reason", "--json").Json.GetArrayLength().Should().Be(2);
    }

    [Fact]
    public void Rows_are_ordered_and_grouped_where_that_has_a_meaning()
    {
        Fill();
        Ids("--sort", "size").Should().Equal(Young, Old, Cut);
        Ids("--sort", "age").Should().Equal(Old, Cut, Young);
        Ids("--sort", "size", "--limit", "1").Should().Equal(Young);
        Ids("--limit", "2", "--where", "age > 0").Should().Equal(Old, Cut);
        _play.RunConfigured("list", "--corrupt", "--sort", "size", "--limit", "2").Output.TrimEnd('\n').Split('\n')[^1].Should().EndWith(", the first 2 shown");
        _play.RunConfigured("list", "--corrupt", "--by", "reason", "--json").Json.EnumerateArray().Select(g => g.GetProperty("key").GetString())
            .Should().BeEquivalentTo("truncated: it ends", "recipient-line: line 3 is odd", "(corrupt)");
        _play.RunConfigured("list", "--corrupt", "--by", "age", "--where", "age > 1m").Output.Should().MatchRegex("21h and more +2 ").And.MatchRegex("TOTAL +2 ");
        foreach (var arguments in new[] { "--sort sender", "--sort next-try", "--by domain", "--by sender" })
        {
            var ran = _play.RunConfigured(["list", "--corrupt", .. arguments.Split(' ')]);
            (ran.ExitCode, ran.Output).Should().Be((64, ""));
            ran.Error.Should().Contain("--corrupt has neither senders nor recipients");
        }
    }

    [Fact]
    public void The_age_that_is_shown_is_the_one_that_is_asked_for()
    {
        Fill();
        var seconds = _play.RunConfigured("list", "--corrupt", "--jsonl", "--where", $"id = {Old}").Json.GetProperty("ageSeconds").GetInt64();
        _play.RunConfigured("list", "--corrupt", "--where", $"id = {Old}").Output.Split('\n')[1].Should().Contain($" {SpoolWorker.Characters.Amount.Age(seconds)} ");
    }

    private void Fill()
    {
        Put(Young, "recipient-line", "line 3 is odd", "x", new string('b', 2000));
        Put(Old, "truncated", "it ends", "header", "abc");
        File.WriteAllText($"{_play.Corrupt}/{Cut}-J", "x@r.example\n");
    }

    private void Put(string id, string kind, string reason, string header, string body)
    {
        File.WriteAllText($"{_play.Corrupt}/{id}.reason", $"message: {id}\nfrom: /in\nkind: {kind}\noffset: 7\nreason: {reason}\n");
        File.WriteAllText($"{_play.Corrupt}/{id}-H", header);
        File.WriteAllText($"{_play.Corrupt}/{id}-D", $"{id}-D\n{body}");
    }

    private string[] Ids(params string[] arguments) => _play.RunConfigured(["list", "--corrupt", "--ids", .. arguments]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
