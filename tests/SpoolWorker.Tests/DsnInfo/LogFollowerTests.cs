namespace SpoolWorker.Tests.DsnInfo;

/// <summary>No line is lost or read twice, whatever happens to the log: rotation in both ways, also while nobody looks; lines in halves,
/// without end, of garbage; more than may be read at once.</summary>
public sealed class LogFollowerTests : IDisposable
{
    private readonly LogRig _rig = new();

    public static TheoryData<bool, bool> Rotations => new() { { false, false }, { false, true }, { true, false }, { true, true } };

    public void Dispose() => _rig.Dispose();

    [Fact]
    public void Reads_on_where_it_was()
    {
        _rig.Write(LogRig.Failure(1));
        _rig.Knows(1);
        _rig.Write(LogRig.Failure(2));
        _rig.Restart();
        _rig.Knows(1, 2);
        _rig.Store.Position(_rig.Log)!.Offset.Should().Be(new FileInfo(_rig.Log).Length);
    }

    [Fact]
    public void Deliveries_over_tls_are_counted_by_transaction_and_session()
    {
        const string To = "R=out T=smtp H=mx [192.0.2.1]";
        var times = "2026-11-23 21:30:00 ";
        _rig.Write($"{times}{LogRig.Id(1)} => a@r.example {To} X=TLS1.3:AES_256_GCM:256* CV=no C=\"250 ok\"\n"
            + $"{times}{LogRig.Id(1)} -> b@r.example {To} X=TLS1.3:AES_256_GCM:256* CV=no C=\"250 ok\"\n"
            + $"{times}{LogRig.Id(2)} => a@r.example {To} X=TLS1.2:AES_128_GCM:128 CV=yes C=\"250 X=no*\"\n"
            + $"{times}{LogRig.Id(3)} => a@r.example {To} C=\"250 X=TLS*\"\n"
            + $"{times}{LogRig.Id(4)} <= s@r.example H=mx [192.0.2.1] P=esmtps X=TLS1.3:AES_256_GCM:256* S=400\n"
            + $"{times}{LogRig.Id(5)} == a@r.example {To} X=TLS1.3:AES_256_GCM:256* defer (-46): 450 no\n");
        _rig.Logs.Follow();
        _rig.Logs.Follow();
        _rig.Logs.Tls.Should().Be(new SpoolWorker.LogFollowing.TlsDeliveries(Resumed: 1, Others: 1));
    }

    [Theory]
    [MemberData(nameof(Rotations))]
    public void A_rotated_log_is_read_to_its_end(bool copyTruncate, bool restart)
    {
        _rig.Write(LogRig.Failure(1));
        _rig.Knows(1);
        _rig.Write(LogRig.Failure(2));
        if (restart) _rig.Restart();
        if (copyTruncate)
        {
            File.Copy(_rig.Log, _rig.Log + ".1");
            File.WriteAllText(_rig.Log, "");
        }
        else File.Move(_rig.Log, _rig.Log + ".1");
        _rig.Write(LogRig.Failure(3));
        _rig.Knows(1, 2, 3);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_look_between_rename_and_the_next_line_loses_nothing(bool restart)
    {
        _rig.Write(LogRig.Failure(1));
        _rig.Knows(1);
        _rig.Write(LogRig.Failure(2));
        File.Move(_rig.Log, _rig.Log + ".1");
        if (restart) _rig.Restart();
        _rig.Knows(1, 2);
        _rig.Write(LogRig.Failure(3));
        _rig.Knows(3);
    }

    [Fact]
    public void Rotated_more_than_once_while_nobody_looked_the_logs_in_between_are_read_too()
    {
        _rig.Write(LogRig.Failure(1));
        _rig.Knows(1);
        _rig.Restart();
        _rig.Write(LogRig.Failure(2));
        for (var n = 3; n <= 5; n++)
        {
            for (var i = n - 3; i >= 1; i--) File.Move($"{_rig.Log}.{i}", $"{_rig.Log}.{i + 1}");
            File.Move(_rig.Log, _rig.Log + ".1");
            // Times of files are what orders them; writes within a tick would be alike.
            File.SetLastWriteTimeUtc(_rig.Log + ".1", DateTime.UnixEpoch.AddDays(20_000 + n));
            _rig.Write(LogRig.Failure(n));
        }
        _rig.Knows(1, 2, 3, 4, 5);
    }

    [Fact]
    public void A_log_truncated_and_grown_past_the_old_offset_is_seen_as_another()
    {
        _rig.Write(LogRig.Failure(1));
        _rig.Knows(1);
        _rig.Restart();
        File.Delete(_rig.Log);
        File.WriteAllText(_rig.Log, LogRig.Failure(2) + LogRig.Failure(3));
        _rig.Knows(2, 3);
        _rig.Lines.All.Should().Contain("not beside it");
    }

    [Fact]
    public void Half_a_line_waits_for_its_other_half()
    {
        var line = LogRig.Failure(1);
        _rig.Write(LogRig.Failure(2) + line[..40]);
        _rig.Find(1).Should().BeNull();
        _rig.Write(line[40..]);
        _rig.Knows(1, 2);
    }

    [Fact]
    public void Garbage_and_endless_lines_are_passed_over()
    {
        _rig.Write(LogRig.Failure(1));
        var garbage = new byte[1_000_000];
        new Random(4711).NextBytes(garbage);
        File.AppendAllBytes(_rig.Log, garbage);
        _rig.Write("\n" + LogRig.Failure(2) + new string('x', 600_000));
        _rig.Knows(1, 2);
        _rig.Write(new string('x', 600_000) + "\n" + LogRig.Failure(3));
        _rig.Knows(1, 2, 3);
    }

    [Fact]
    public void At_the_first_start_only_the_end_of_a_huge_log_is_read()
    {
        _rig.Options.Backlog = 100_000;
        _rig.Write(LogRig.Failure(1) + string.Concat(Enumerable.Repeat("2026-11-23 21:30:00 Start queue run: pid=1\n", 5000)) + LogRig.Failure(2));
        _rig.Knows(2);
        _rig.Find(1).Should().BeNull();
    }

    [Fact]
    public void What_is_known_is_forgotten_in_time_and_what_went_well_at_once()
    {
        _rig.Write($"2026-11-23 21:30:00 {LogRig.Id(7)} spoolworker smtp:connect [192.0.2.1]:25 <> 220 hello\n2026-11-23 21:30:01 {LogRig.Id(7)} Completed\n" + LogRig.Failure(1));
        _rig.Knows(1);
        _rig.Store.Count.Should().Be(1);
        _rig.Clock.Advance(_rig.Options.Keep + TimeSpan.FromHours(2));
        _rig.Find(1).Should().BeNull();
        _rig.Store.Count.Should().Be(0);
    }

    [Fact]
    public void Without_a_main_log_the_message_log_is_asked()
    {
        var folder = Directory.CreateDirectory($"{_rig.MessageLogs}/{LogRig.Id(1)[5]}");
        File.WriteAllText($"{folder}/{LogRig.Id(1)}", """
            2026-11-23 21:32:31 Received from a@sender.example U=root P=local S=305 id=orig@sender.example
            2026-11-23 21:32:31 H=127.0.0.1 [127.0.0.1] SMTP error from remote mail server after RCPT TO:<t4@r.example>: 451 later
            2026-11-23 21:32:33 t4@r.example R=toscript T=toscript defer (-44) H=127.0.0.1 [127.0.0.1]:2603 DT=0s: SMTP error from remote mail server after RCPT TO:<t4@r.example>: 451-4.3.0 later\n451 4.3.0 really
            2026-11-23 21:32:33 good@r.example: toscript transport succeeded

            """);
        var trouble = _rig.Find(1)!.Troubles.Should().ContainSingle().Subject;
        trouble.Should().BeEquivalentTo(new { Address = "t4@r.example", Ip = "127.0.0.1", Port = 2603, IsFinal = false });
        trouble.Diagnostic.Should().EndWith("451-4.3.0 later\\n451 4.3.0 really");
        _rig.Invoking(r => r.Find(2)).Should().Throw<IOException>("nothing can be said of a message of which no log is there");
    }

    [Fact]
    public void The_greeting_of_a_continued_connection_is_that_of_the_message_before()
    {
        _rig.Write($"""
            2026-11-23 21:58:26 {LogRig.Id(1)} spoolworker smtp:connect [127.0.0.1]:2604 <a@r.example> 220 hello
            2026-11-23 21:58:26 {LogRig.Id(1)} spoolworker smtp:ehlo [127.0.0.1]:2604 <a@r.example> 250-hi\n250 HELP
            2026-11-23 21:58:26 {LogRig.Id(2)} ** b@r.example R=out T=smtp H=localhost [127.0.0.1]:2604*: 550 no 2

            """);
        var history = _rig.Find(2)!;
        history.HostOf(history.Troubles[0]).Should().BeEquivalentTo(new { Greeting = "220 hello", Ehlo = "250-hi\\n250 HELP" });
    }
}
