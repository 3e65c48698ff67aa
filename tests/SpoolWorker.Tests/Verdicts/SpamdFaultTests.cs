using SpoolWorker.Passes;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Passes.Verdicts.Spamd;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Registration;
using static SpoolWorker.Tests.Verdicts.VerdictScene;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>The pass spamd with daemons that no spamd is, who is asked for, and the settings.</summary>
public sealed class SpamdFaultTests : IDisposable
{
    private const string Good = "SPAMD/1.1 0 EX_OK\r\nContent-length: 3\r\nSpam: False ; 1.0 / 5.0\r\n\r\nA,B";

    private readonly TempDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private string Socket => _directory.At("spamd");

    private async Task<PassResult> RunAsync(PassContext context, Action<SpamdOptions>? change = null)
    {
        var options = new SpamdOptions { Address = [Socket] }.Patient();
        change?.Invoke(options);
        SpamdPass.Faults(options).Should().BeEmpty();
        return (await new SpamdPass(options, TimeProvider.System).RunAsync(context, CancellationToken.None)).AsDeclaredBy("spamd");
    }

    // Read to the half-close.
    private static bool IsWhole(string asked) => false;

    [Theory]
    [InlineData("", "the daemon closed the connection without an answer")]
    [InlineData("SPAMD/1.1 0 EX_OK\r\nContent-le", "the answer 'SPAMD/1.1 0 EX_OK' ended before it was whole")]
    [InlineData("SPAMD/1.1 0 EX_OK\r\nContent-length: 9\r\nSpam: True ; 7.0 / 5.0\r\n\r\nA,B", "the answer has 3 bytes where it says Content-Length: 9")]
    [InlineData("SPAMD/1.1 0 EX_OK\r\nContent-length: 1\r\nSpam: True ; 7.0 / 5.0\r\n\r\nA,B", "the answer has 3 bytes where it says Content-Length: 1")]
    [InlineData("SPAMD/1.1 0 EX_OK\r\nContent-length: 0\r\n\r\n", "the answer 'SPAMD/1.1 0 EX_OK' has no line 'Spam:'")]
    [InlineData("SPAMD/1.1 0 EX_OK\r\nSpam: True ; NaN / 5.0\r\n\r\n", "'True ; NaN / 5.0' is no line 'Spam: True ; 7.0 / 5.0'")]
    [InlineData("SPAMD/1.1 0 EX_OK\r\nSpam: Perhaps ; 1.0 / 5.0\r\n\r\n", "'Perhaps ; 1.0 / 5.0' is no line 'Spam: True ; 7.0 / 5.0'")]
    [InlineData("SPAMD/1.0 76 Bad header line: (Content-Length mismatch)\r\n", "spamd says: SPAMD/1.0 76 Bad header line: (Content-Length mismatch)")]
    [InlineData("SPAMD/1.1 75 EX_TEMPFAIL\r\n\r\n", "spamd says: SPAMD/1.1 75 EX_TEMPFAIL")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", "'HTTP/1.1 400 Bad Request' is no answer of spamd")]
    [InlineData("garbage", "'garbage' is no answer of spamd")]
    public async Task What_is_no_answer_is_no_decision(string answer, string reason)
    {
        await using var daemon = ScriptedDaemon.Says(Socket, answer, IsWhole);

        (await RunAsync(Message())).UnavailableReason.Should().Be($"{Socket}: {reason}");
    }

    [Fact]
    public async Task Absent_silent_and_slow_daemons_are_left_in_time()
    {
        (await RunAsync(Message())).UnavailableReason.Should().Be($"{Socket}: cannot connect: no such socket; is the daemon running?");
        await using (new ScriptedDaemon(Socket, (_, token) => Task.Delay(Timeout.Infinite, token)))
            (await RunAsync(Message(), o => o.ReadTimeout = TimeSpan.FromMilliseconds(100))).UnavailableReason.Should().Be($"{Socket}: no answer within 0.1 s");
        await using var slow = new ScriptedDaemon(Socket, async (socket, token) =>
        {
            // A byte again and again, within the time for each but not for all.
            foreach (var b in System.Text.Encoding.ASCII.GetBytes(Good))
            {
                await socket.SendAsync(new[] { b }, token);
                await Task.Delay(20, token);
            }
        });
        (await RunAsync(Message(), o => o.ReadTimeout = TimeSpan.FromMilliseconds(300))).UnavailableReason.Should().Match($"{Socket}: the answer stopped after * bytes and was not whole within 0.3 s");
    }

    [Fact]
    public async Task Symbols_are_bounded_and_break_no_line()
    {
        var context = Message();
        await using (ScriptedDaemon.Says(Socket, $"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 9.0 / 5.0\r\n\r\n{new string('S', 60_000)}", IsWhole))
            (await RunAsync(context)).Results["spamd_symbols"].Length.Should().BeLessThan(9_000);
        await using (ScriptedDaemon.Says(Socket, $"SPAMD/1.1 0 EX_OK\r\nSpam: True ; 9.0 / 5.0\r\n\r\n{new string('S', 300_000)}", IsWhole))
            (await RunAsync(context)).UnavailableReason.Should().Be($"{Socket}: the answer is longer than 262144 bytes");
        await using (ScriptedDaemon.Says(Socket, "SPAMD/1.1 0 EX_OK\r\nSpam: True ; 9.0 / 5.0\r\n\r\nA\r\nX-Injected: yes\r\n\r\nbody\0", IsWhole))
        {
            var result = await RunAsync(context);
            result.Results["spamd_symbols"].Should().Be("A??X-Injected: yes????body?");
            Lines(result, context).Should().HaveCount(context.Message.Headers.Length + 4).And.NotContain(line => line.StartsWith("X-Injected", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Each_user_is_asked_for_once_and_not_more_of_them_than_said()
    {
        var asked = new System.Collections.Concurrent.ConcurrentQueue<string>();
        await using var daemon = ScriptedDaemon.Says(Socket, Good, IsWhole, asked.Enqueue);
        var context = Message(recipients: ["a@r.example", "b@r.example", "c@s.example", "d@t.example", "e@u.example"]);

        await RunAsync(context, o => (o.User, o.Users, o.MaxUsers) = ("all", ["r.example: one", "s.example: all", "t.example: two", "u.example: three\nX: y"], 2));

        asked.Select(a => a.Split("\r\n")[2]).Should().Equal("User: one", "User: all", "User: two");
        asked.Clear();
        await RunAsync(context, o => o.Users = ["u.example: three\nX: y"]);
        asked.Select(a => a.Split("\r\n")[2]).Should().Equal("", "User: three?X: y");
        asked.First().Should().StartWith("SYMBOLS SPAMC/1.5\r\nContent-length: ");
        var head = asked.First().Split("\r\n\r\n")[0];
        int.Parse(head.Split(": ")[1], System.Globalization.CultureInfo.InvariantCulture).Should().Be(asked.First().Length - head.Length - 4, "the length is that on the wire");
    }

    [Theory]
    [InlineData(0, "0.0", "0", "/")]
    [InlineData(0.99, "1.0", "9", "/")]
    [InlineData(1, "1.0", "10", "+")]
    [InlineData(0.15, "0.1", "1", "/")]
    [InlineData(0.25, "0.2", "2", "/")]
    [InlineData(0.35, "0.3", "3", "/")]
    [InlineData(2.45, "2.5", "24", "++")]
    [InlineData(4.25, "4.2", "42", "++++")]
    [InlineData(-1.5, "-1.5", "-14", "-")]
    [InlineData(50, "50.0", "500", "++++++++++++++++++++++++++++++++++++++++++++++++++")]
    [InlineData(1e300, "99999.0", "999990", "+++++++++++++++++++++++++++++++++++++++++++++++++++")]
    public async Task Exims_variables_are_as_exim_would_have_them(double score, string text, string whole, string bar)
    {
        await using var daemon = ScriptedDaemon.Says(Socket, $"SPAMD/1.1 0 EX_OK\r\nSpam: False ; {score.ToString("F2", System.Globalization.CultureInfo.InvariantCulture)} / 5.0\r\n\r\n", IsWhole);

        var result = await RunAsync(Message());

        (Variable(result, "spam_score"), Variable(result, "spam_score_int"), Variable(result, "spam_bar")).Should().Be((text, whole, bar));
    }

    [Fact]
    public void Brightmails_verdicts_can_be_asked_for()
    {
        var context = Message(options: "--host_address [192.0.2.7]:4711\n--bmi_verdicts spam;1\n");
        Condition.TryParse("bmi_verdicts = 'spam;*'", ConditionNames.Checked, out var condition, out var error).Should().BeTrue(error);
        condition!.Matches(context).Should().BeTrue();
    }

    [Fact]
    public void Faults_name_key_and_value()
    {
        var options = new SpamdOptions
        {
            Address = [],
            User = "no name",
            Users = ["+what"],
            Levels = [new Level { Score = "much", Subject = "[X]" }, new Level { Score = "5" }],
            Groups = [new LevelGroup { Levels = [new Level { Score = "1e3", Then = PolicyAction.Hold }] }],
        };

        SpamdPass.Faults(options).Should().HaveCount(7).And.Contain("Address: empty. Name at least one, /path/of/socket or 'host port'").And.Contain("Levels:0:Score = 'much': must be a number such as 6.5")
            .And.Contain("Levels:1:Then = 'tag': give a Header or a Subject; accept only records it").And.Contain("Groups:0:Recipients: empty. Name whom it is for")
            .And.Contain("Groups:0:Levels:0:Score = '1e3': must be a number such as 6.5").And.Contain("User = 'no name': must be a name in printable ASCII, without blanks").And.Contain(f => f.StartsWith("Users = '+what'", StringComparison.Ordinal));
    }
}
