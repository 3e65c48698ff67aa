using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Commands;

/// <summary>list with conditions, orders, groups and counts.</summary>
public sealed class ListChoiceTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData("list", "--held", "--json")]
    [InlineData("list", "--held", "--jsonl")]
    [InlineData("list", "--held")]
    [InlineData("list", "--held", "--ids", "--sort", "size")]
    [InlineData("list", "--held", "--count")]
    public void A_full_disk_is_told_once(params string[] arguments)
    {
        for (var n = 1; n <= 3; n++) new PairFactory { Id = PairFactory.ShortId(n) }.In(_play.Held);
        var ran = _play.RunInShell("exec \"$@\" > /dev/full", arguments);
        ran.ExitCode.Should().Be(74, ran.Error);
        ran.Error.Should().MatchRegex("^spoolworker: [^\n]*No space left on device[^\n]*\n$");
    }

    [Theory]
    [InlineData("", "--where: at character 1: a name must stand here")]
    [InlineData("frozn", "--where: at character 1: 'frozn' is no name; did you mean frozen?")]
    [InlineData("sender =", "--where: at character 9: a value must stand here*")]
    [InlineData("age > -5m", "--where: at character 7: age is never below 0")]
    [InlineData("size > 5d", "--where: at character 8: 'd' is no unit of bytes*")]
    [InlineData("sender ~ '(['", "--where: at character 10: *")]
    [InlineData("sender ~ '^(?!a)'", "--where: at character 10: the pattern *needs backtracking*")]
    [InlineData("spf_result = fail", "--where: at character 1: 'spf_result' is what a pass finds, which is not known of a message in another spool*")]
    [InlineData("next_try", null)]
    public void A_condition_that_cannot_be_used_is_one_sentence(string where, string? expected)
    {
        var ran = _play.Run("list", "--spool", _play.Target, "--where", where);
        ran.ExitCode.Should().Be(expected is null ? 0 : 64);
        ran.Output.Should().BeEmpty();
        if (expected is not null) ran.Error.TrimEnd('\n').Should().Match($"spoolworker: {expected}").And.NotContain("\n");
    }

    [Fact]
    public void Conditions_without_measure_end_in_a_sentence_too()
    {
        foreach (var (where, expected) in new[]
        {
            (new string('(', 60_000) + "sender", "more than 100 'not' and '('"), (string.Concat(Enumerable.Repeat("not ", 30_000)) + "sender", "more than 100"),
            (string.Join(" or ", Enumerable.Repeat("sender ~ x", 1001)), "more than 1000 patterns"), ("sender = '" + new string('x', 100_000), "the ' is not closed"), (new string('x', 100_000), "is no name"),
        })
        {
            var ran = _play.Run("list", "--spool", _play.Target, "--where", where);
            ran.ExitCode.Should().Be(64);
            ran.Error.Should().Contain(expected);
            ran.Error.Length.Should().BeLessThan(1000, "nobody reads more");
        }
        _play.Run("list", "--spool", _play.Target, "--where", string.Join(" or ", Enumerable.Repeat("sender = x", 9000))).ExitCode.Should().Be(0);
    }

    [Theory]
    [InlineData("--count --ids", "--by, --count and --ids: say one of them")]
    [InlineData("--by age --ids", "--by, --count and --ids: say one of them")]
    [InlineData("--by age --sort size", "--sort: *")]
    [InlineData("--limit 0", "--limit must be 1 or more")]
    [InlineData("--sort weight", "*weight*")]
    [InlineData("--by weight", "*weight*")]
    public void What_makes_no_sense_together_is_refused(string arguments, string expected)
    {
        var ran = _play.Run(["list", "--spool", _play.Target, .. arguments.Split(' ')]);
        ran.ExitCode.Should().Be(64);
        ran.Error.Should().Match($"*{expected}*");
    }

    [Fact]
    public void Rows_come_in_the_order_that_is_asked_for_and_no_more_of_them()
    {
        var (multi, bounce, frozen) = Three();
        Ids("--sort", "size").Should().Equal(Sizes().OrderByDescending(s => s.Value).Select(s => s.Key));
        Ids("--sort", "sender").Should().StartWith(bounce.ToString());
        Ids("--sort", "age").Should().Equal(new[] { multi, bounce, frozen }.Order().Select(id => id.ToString()));
        Ids("--limit", "2").Should().Equal(new[] { multi, bounce, frozen }.Order().Take(2).Select(id => id.ToString()));
        Ids("--where", "frozen").Should().Equal(frozen.ToString());
        var table = _play.Run("list", "--spool", _play.Target, "--sort", "size", "--limit", "2").Output.TrimEnd('\n').Split('\n');
        table.Should().HaveCount(4);
        table[^1].Should().StartWith("total: 3 messages, ").And.EndWith(", the first 2 shown");
        _play.Run("list", "--spool", _play.Target, "--limit", "1", "--json").Json.GetArrayLength().Should().Be(1);
    }

    [Fact]
    public void Counts_are_numbers()
    {
        Three();
        _play.Run("list", "--spool", _play.Target, "--count").Output.Should().Be("3\n");
        _play.Run("list", "--spool", _play.Target, "--count", "--where", "frozen or sender = ''").Output.Should().Be("2\n");
        var json = _play.Run("list", "--spool", _play.Target, "--count", "--json").Json;
        (json.GetProperty("messages").GetInt32(), json.GetProperty("size").GetInt64()).Should().Be((3, Sizes().Values.Sum()));
        _play.Run("list", "--spool", _play.Target, "--count", "--where", "sender = nobody").Output.Should().Be("0\n");
        _play.Run("list", "--spool", _play.Target, "--ids", "--jsonl").Output.TrimEnd('\n').Split('\n').Should().HaveCount(3).And.OnlyContain(line => line.Contains("\"place\":\"spool\"", StringComparison.Ordinal));
    }

    [Fact]
    public void Groups_count_recipients_by_domain_and_messages_by_sender()
    {
        var now = DateTimeOffset.UtcNow;
        Put(1, "a@one.example", now.AddMinutes(-7), "x@r.example", "y@R.example", "z@s.example");
        Put(2, "b@ONE.example", now.AddMinutes(-2), "x@r.example");
        Put(3, "", now.AddDays(-3), "q@s.example");
        var table = _play.Run("list", "--spool", _play.Target, "--by", "domain").Output.TrimEnd('\n').Split('\n').Select(line => System.Text.RegularExpressions.Regex.Replace(line.Trim(), " +", " "));
        table.Should().Equal("T 5 10 20 40 80 160 320 640 1280 1280+", "TOTAL 5 1 3 0 0 0 0 0 0 0 1", "r.example 3 1 2 0 0 0 0 0 0 0 0", "s.example 2 0 1 0 0 0 0 0 0 0 1");
        var senders = _play.Run("list", "--spool", _play.Target, "--by", "sender", "--json").Json.EnumerateArray().Select(g => (g.GetProperty("key").GetString(), g.GetProperty("count").GetInt32())).ToList();
        senders.Should().Equal(("one.example", 2), ("<>", 1));
        _play.Run("list", "--spool", _play.Target, "--by", "sender", "--limit", "1", "--jsonl").Output.TrimEnd('\n').Split('\n').Should().ContainSingle();
        _play.Run("list", "--spool", _play.Target, "--by", "age").Output.Split('\n').Select(l => l.Split("  ")[0]).Should().Equal("AGE", "under 5m", "under 10m", "21h and more", "TOTAL", "");
        _play.Run("list", "--spool", _play.Target, "--by", "reason").Output.Should().Contain("(waiting)");
    }

    [Fact]
    public void Held_mail_is_grouped_by_reason_and_chosen_by_what_passes_found()
    {
        foreach (var (n, reason) in new[] { (1, "dcc: bulk"), (2, "dcc: bulk"), (3, "rules: odd") })
        {
            var id = Put(n, "a@one.example", DateTimeOffset.UtcNow, "x@r.example", "y@r.example");
            foreach (var file in Directory.EnumerateFiles(_play.Target, $"{id}-*")) File.Move(file, $"{_play.Held}/{Path.GetFileName(file)}");
            File.WriteAllText($"{_play.Held}/{id}.reason", $"x@r.example: {reason}\ny@r.example: {reason}\n");
        }
        _play.RunConfigured("list", "--held", "--by", "reason", "--json").Json.EnumerateArray().Select(g => (g.GetProperty("key").GetString(), g.GetProperty("count").GetInt32())).Should().Equal(("dcc: bulk", 2), ("rules: odd", 1));
        _play.RunConfigured("list", "--held", "--where", "pass = rules", "--count").Output.Should().Be("1\n");
        _play.RunConfigured("list", "--held", "--where", "not dcc_result", "--count").Output.Should().Be("3\n");
        var row = _play.RunConfigured("list", "--held", "--where", "pass = rules").Output.Split('\n')[1];
        row.Should().EndWith("<a@one.example> -> x@r.example +1  x@r.example: rules: odd; y@r.example: rules: odd");
    }

    [Fact]
    public void What_cannot_be_read_fits_no_condition_and_is_told()
    {
        Three();
        File.WriteAllText($"{_play.Target}/1xVVhu-000001-00-H", "nonsense");
        var ran = _play.Run("list", "--spool", _play.Target, "--where", "not frozen", "--ids");
        ran.ExitCode.Should().Be(65);
        ran.Output.Should().NotContain("1xVVhu-000001-00");
        ran.Error.Should().Contain("1 of 4 messages").And.Contain("fit no condition");
    }

    private (MessageId Multi, MessageId Bounce, MessageId Frozen) Three() =>
        (Playground.Put(Playground.Valid("4.96-multi-rcpt"), _play.Target), Playground.Put(Playground.Valid("4.96-bounce"), _play.Target), Playground.Put(Playground.Valid("4.96-frozen-plain"), _play.Target));

    private string[] Ids(params string[] arguments) => _play.Run(["list", "--spool", _play.Target, "--ids", .. arguments]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private Dictionary<string, long> Sizes() => _play.Run("list", "--spool", _play.Target, "--json").Json.EnumerateArray().ToDictionary(r => r.GetProperty("id").GetString()!, r => r.GetProperty("size").GetInt64());

    private MessageId Put(int number, string sender, DateTimeOffset received, params string[] recipients)
    {
        var id = MessageId.TryParse($"1yAAAA-{number:000000}-00", out var parsed) ? parsed : default;
        var header = new HeaderFile { Id = id, Login = "u"u8.ToArray(), Uid = 1, Gid = 1, Sender = Samples.Bytes(sender), ReceivedTime = received.ToUnixTimeSeconds(), WarningCount = 0 }
            .WithRecipients(recipients.Select(r => new Recipient(Samples.Bytes(r)))).WithHeaderAtEnd(HeaderLine.Create("Subject: x\n"));
        File.WriteAllBytes($"{_play.Target}/{id}-H", HeaderFileWriter.ToArray(header));
        File.WriteAllText($"{_play.Target}/{id}-D", $"{id}-D\nbody\n");
        return id;
    }
}
