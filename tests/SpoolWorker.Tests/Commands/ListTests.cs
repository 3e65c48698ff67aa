using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Commands;

public sealed class ListTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void Any_spool_is_listed_oldest_first_without_configuration()
    {
        var multi = Playground.Put(Playground.Valid("4.96-multi-rcpt"), _play.Target);
        var bounce = Playground.Put(Playground.Valid("4.96-bounce"), _play.Target);
        var frozen = Playground.Put(Playground.Valid("4.96-frozen-plain"), _play.Target);
        var ran = _play.Run("list", "--spool", $"{_play.Path}/spool");
        ran.ExitCode.Should().Be(0);
        var lines = ran.Output.TrimEnd('\n').Split('\n');
        lines[0].Should().MatchRegex("^ID +AGE +SIZE +PENDING +STATE +SENDER -> RECIPIENTS$");
        lines[^1].Should().MatchRegex("^total: 3 messages, [0-9]+ recipients \\([0-9]+ pending\\), [0-9.]+K?$");
        lines[1..^1].Select(l => l.Split(' ')[0]).Should().Equal(new[] { multi, bounce, frozen }.Order().Select(i => i.ToString()));
        lines.Single(l => l.StartsWith(multi.ToString(), StringComparison.Ordinal)).Should().Contain("4/4  waiting").And.MatchRegex("<alice@sender.example> -> \\S+@\\S+ \\+3$");
        lines.Single(l => l.StartsWith(frozen.ToString(), StringComparison.Ordinal)).Should().Contain("frozen");
        lines.Single(l => l.StartsWith(bounce.ToString(), StringComparison.Ordinal)).Should().Contain("<> -> ");
        _play.LeftInWorkingDirectory().Should().BeEmpty();
        Directory.Exists($"{_play.Path}/ledger").Should().BeFalse();
    }

    [Fact]
    public void What_cannot_be_read_is_listed_and_told_by_the_exit_code()
    {
        Playground.Put(Playground.Valid("4.96-plain"), _play.Target);
        File.WriteAllText($"{_play.Target}/1xVVhu-000001-00-H", "1xVVhu-000001-00-H\nnonsense");
        File.CreateSymbolicLink($"{_play.Target}/1xVVhu-000002-00-H", "/etc/passwd");
        _ = new ProgramCall("mkfifo", $"{_play.Target}/1xVVhu-000003-00-H").Run().Good;
        Directory.CreateDirectory($"{_play.Target}/1xVVhu-000004-00-H");
        File.WriteAllText($"{_play.Target}/1xVVhu-000005-00-H", "");
        using (var large = File.Create($"{_play.Target}/1xVVhu-000006-00-H")) large.SetLength(1L << 30);
        var lone = Playground.Put(Playground.Valid("4.96-dsn"), _play.Target);
        File.Delete($"{_play.Target}/{lone.BodyName}");

        var ran = _play.Run("list", "--spool", _play.Target, "--json");

        ran.ExitCode.Should().Be(65);
        var kinds = ran.Json.EnumerateArray().ToDictionary(m => m.GetProperty("id").GetString()!, m => m.TryGetProperty("error", out var error) ? error.GetProperty("kind").GetString() : m.GetProperty("state").GetString());
        kinds.Should().BeEquivalentTo(new Dictionary<string, string>
        {
            ["1xVVht-000477-0i"] = "waiting",
            ["1xVVhu-000001-00"] = "truncated",
            ["1xVVhu-000002-00"] = "not-regular-file",
            ["1xVVhu-000003-00"] = "not-regular-file",
            ["1xVVhu-000004-00"] = "not-regular-file",
            ["1xVVhu-000005-00"] = "truncated",
            ["1xVVhu-000006-00"] = "too-large",
            [lone.ToString()] = "incomplete",
        });
        ran.Error.Should().Contain("6 of 8 messages");
    }

    [Fact]
    public void Files_without_a_header_file_are_counted_by_age()
    {
        Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        var now = DateTime.UtcNow;
        foreach (var (name, age) in new[] { ("1xVVhu-000001-00-D", 0.1), ("1xVVhu-000002-00-D", 2), ("1xVVhu-000003-00-T", 50), ("1xVVhu-000004-00-J", 121), ("other", 500) })
        {
            File.WriteAllText($"{_play.Intake}/{name}", "x");
            File.SetLastWriteTimeUtc($"{_play.Intake}/{name}", now.AddHours(-age));
        }
        const string Told = "4 files without -H (2 -D, 1 -J, 1 -T): 1 younger than an hour, 1 older than an hour, 2 older than a day, the oldest 5.0d";
        var ran = _play.RunConfigured("list", "--intake", "--json");
        ran.Error.Should().Contain($"spoolworker: {_play.Intake}: {Told}");
        ran.Json.GetArrayLength().Should().Be(1);
        _play.RunConfigured("check-config").Output.ReplaceLineEndings(" ").Should().Contain("4 files without -H");
    }

    [Fact]
    public void An_empty_spool_is_an_empty_array_and_a_missing_one_no_input()
    {
        var ran = _play.Run("list", "--spool", _play.Target, "--json");
        (ran.ExitCode, ran.Json.GetArrayLength()).Should().Be((0, 0));
        _play.Run("list", "--spool", "/nonexistent").ExitCode.Should().Be(66);
    }

    [Fact]
    public void Held_and_corrupt_show_their_reasons()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Held);
        File.WriteAllText($"{_play.Held}/{id}.reason", "bob@r.example: dcc: too \u001b[31mmany\n");
        File.WriteAllText($"{_play.Corrupt}/{id}.1.reason", $"message: {id}\nfrom: /in\nkind: truncated\noffset: 12\nreason: it ends\n");
        var ran = _play.RunConfigured("list", "--held", "--corrupt", "--json");
        ran.ExitCode.Should().Be(0);
        var rows = ran.Json.EnumerateArray().ToList();
        rows.Should().HaveCount(2);
        rows[0].GetProperty("state").GetString().Should().Be("held");
        rows[0].GetProperty("reason").GetString().Should().Be("bob@r.example: dcc: too \\x1b[31mmany");
        rows[0].GetProperty("sender").GetString().Should().Be("alice@sender.example");
        rows[1].GetProperty("name").GetString().Should().Be($"{id}.1");
        rows[1].GetProperty("error").GetProperty("offset").GetInt32().Should().Be(12);
    }

    [Fact]
    public void Many_messages_come_in_order_in_a_split_spool()
    {
        const int Count = 3000;
        var (bytes, sample) = Samples.HeaderFile(Playground.Valid("4.96-plain"));
        var text = Samples.Text(bytes);
        for (var i = 0; i < Count; i++)
        {
            var id = $"1xVV{(char)('a' + i % 20)}{(char)('A' + i % 26)}-{i:000000}-00";
            Directory.CreateDirectory($"{_play.Target}/{id[5]}");
            File.WriteAllBytes($"{_play.Target}/{id[5]}/{id}-H", Samples.Bytes(text.Replace(sample.ToString(), id, StringComparison.Ordinal)));
        }
        var ran = _play.Run("list", "--spool", _play.Target, "--json");
        ran.ExitCode.Should().Be(0);
        var ids = ran.Json.EnumerateArray().Select(m => m.GetProperty("id").GetString()).ToList();
        ids.Should().HaveCount(Count).And.BeInAscendingOrder(StringComparer.Ordinal);
    }

    [Fact]
    public void The_ledger_is_asked_for_the_state_of_intake_messages()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        _play.RunConfigured("run", "--once").ExitCode.Should().Be(0);
        Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        var row = _play.RunConfigured("list", "--json").Json[0];
        (row.GetProperty("id").GetString(), row.GetProperty("state").GetString(), row.GetProperty("pending").GetInt32()).Should().Be((id.ToString(), "settled", 0));
    }
}
