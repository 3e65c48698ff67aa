using SpoolWorker.Upkeep.Hints;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>What exim_dumpdb writes, as 4.96 and 4.99 write it (exim_dbutil.c); what a real Exim has made is in SpoolWorker.EndToEnd.</summary>
public sealed class HintsDumpTests
{
    [Fact]
    public void Records_of_retry_are_put_together_by_what_they_are_about()
    {
        var dump = Of("retry", """
              R:lost.example -1 0 host lookup did not complete
            28-Nov-2026 10:00:00  29-Nov-2026 10:00:00  29-Nov-2026 12:00:00 
              T:mx.example:192.0.2.1 111 77 Connection refused
            27-Nov-2026 09:00:00  29-Nov-2026 11:00:00  29-Nov-2026 13:00:00 *
              T:mx.example:192.0.2.1:1xXgoY-0004cR-1h -44 2 SMTP error from remote mail server after RCPT TO:<a@b.example>: 451 later
            26-Nov-2026 09:00:00  29-Nov-2026 11:30:00  29-Nov-2026 12:30:00 
              T:mx.example:192.0.2.1:1xXgoY-00000004cRx-1hab -44 2 SMTP error: 452-two
            452 lines
            29-Nov-2026 09:00:00  29-Nov-2026 10:30:00  29-Nov-2026 12:31:00 
              T:"odd one"@local.example 13 0 Permission denied
            25-Nov-2026 09:00:00  29-Nov-2026 10:30:00  29-Nov-2026 12:31:00 
            """);
        dump.Records.Should().Be(5);
        dump.Rows.Select(r => (r.Key, r.Count)).Should().Equal(("T:mx.example:192.0.2.1", 3), ("T:\"odd one\"@local.example", 1), ("R:lost.example", 1));
        var host = dump.Rows[0];
        (host.FirstFailed, host.LastTry, host.NextTry, host.IsExpired).Should().Be((At(26, 9, 0), At(29, 11, 30), At(29, 12, 30), false));
        host.Text.Should().StartWith("SMTP error from remote mail server", "that is its last one");
    }

    [Fact]
    public void Messages_that_wait_are_counted_by_host()
    {
        var dump = Of("wait-remote_smtp", """
            mx.example 1xXgoY-0004cR-1h 1xXgoY-0004cW-1m 
            mx.example:0 1xXgoY-0004cc-1q 
            2001:db8::1 1xXgoY-00000004cRx-1hab 
            """);
        dump.Rows.Select(r => (r.Key, r.Count)).Should().Equal(("mx.example", 3), ("2001:db8::1", 1));
    }

    [Fact]
    public void Others_are_told_as_they_are()
    {
        Of("ratelimit", """
            29-Nov-2026 15:27:42.571670 rate:      2.991 epoch: 29-Nov-2026 15:27:42 size: 40 key: 1h/per_cmd/unique/k2
            29-Nov-2026 15:27:31.396752 rate:     13.000 key: 1h/per_mail/a key
            """).Rows.Select(r => (r.Key, r.Rate, r.Time)).Should().Equal(("1h/per_mail/a key", 13.0, At(29, 15, 27, 31)), ("1h/per_cmd/unique/k2", 2.991, At(29, 15, 27, 42)));
        Of("callout", """
            29-Nov-2026 15:27:42 open.example callout=accept postmaster=unknown random=reject (29-Nov-2026 15:27:42)
            29-Nov-2026 15:27:43 bob@open.example callout=accept
            """).Rows.Select(r => (r.Key, r.Text)).Should().Equal(("open.example", "callout=accept postmaster=unknown random=reject (29-Nov-2026 15:27:42)"), ("bob@open.example", "callout=accept"));
        Of("seen", "a key\t29-Nov-2026 15:27:42").Rows.Single().Should().Match<HintRow>(r => r.Key == "a key" && r.Time == At(29, 15, 27, 42));
        Of("misc", "29-Nov-2026 15:27:42 mx.example.EHLO").Rows.Single().Key.Should().Be("mx.example.EHLO");
        // What 4.99 writes below it is no record.
        Of("misc", "29-Nov-2026 15:27:42 mx.example.EHLO\nhelo/ehlo mx.example clr 0001/0002 cry 0003/0004").Records.Should().Be(1);
        var tls = Of("tls", "  mx.example.abc\n\u0001\u0002 the session of an Exim whose tool knows no -k");
        (tls.Arguments.Single(), tls.Rows.Single().Key).Should().Be(("-k", "mx.example.abc"));
    }

    [Fact]
    public void What_is_no_line_of_the_tool_is_passed_over()
    {
        foreach (var name in new[] { "retry", "wait-x", "misc", "callout", "ratelimit", "seen", "tls" })
        {
            var dump = Of(name, "** Failed\n\n29-Nov-2026 15:27:42  29-Nov-2026 15:27:42  29-Nov-2026 15:27:42 \n99-Foo-2026 99:99:99 x");
            dump.Rows.Where(r => name != "misc").Should().BeEmpty(name);
        }
    }

    private static DateTimeOffset At(int day, int hour, int minute, int second = 0) => new(2026, 11, day, hour, minute, second, TimeSpan.Zero);

    private static HintsDump Of(string name, string lines)
    {
        var dump = new HintsDump(name);
        foreach (var line in lines.Split('\n')) dump.Take(line);
        return dump;
    }
}
