// Both ways against the real programs: what they make is read here, what is made here is read by them, and wherever two
// may write the same thing they do.
using System.Text;
using SpoolWorker.Passes.Srs;
using static SpoolWorker.Tests.Srs.SrsSamples;

namespace SpoolWorker.Tests.Srs;

public sealed class SrsPeerTests
{
    private const int Many = 1500;

    [NeedsFact(SrsPeers.Exim, "exim4-daemon-heavy")]
    public void Exim_writes_what_is_written_here_and_both_read_it() => OnOneDay(now =>
    {
        var rules = RulesOf(SrsFormat.Exim);
        // Exim refuses UTF-8 in domains unless it is told otherwise, and 4.96 crashes on an empty local part.
        var addresses = Plain(Many).Concat(Quoted(Many / 3)).Concat(Odd).Concat(Rewritten(50)).Where(a => a[a.LastIndexOf('@')..].All(char.IsAscii) && !a.StartsWith("\"\"@", StringComparison.Ordinal)).ToArray();
        var exims = SrsPeers.AskExim(addresses.Select(a => $"${{srs_encode {{{Secret}}}{{{SrsPeers.Literal(a)}}}{{fwd.example}}}}"));
        var ours = addresses.Select(a => Encoded(rules, a, now)).ToArray();
        for (var i = 0; i < addresses.Length; i++)
        {
            // Exim puts a literal's brackets without quotes, and drops escaped quotes, so that nobody can read it back.
            if (addresses[i].Contains("\\\"", StringComparison.Ordinal)) continue;
            var unquoted = !addresses[i].StartsWith('"') && addresses[i].Contains('[') ? ours[i].Replace("\"", "", StringComparison.Ordinal) : ours[i];
            exims[i].Should().Be(unquoted, "Exim writes {0} so", addresses[i]);
            Decoded(rules, exims[i], now).Should().Be((addresses[i], SrsStatus.Ok));
        }
        ours.Select(a => Decoded(rules, a, now).Original).Should().Equal(addresses);

        // Exim gives the local part without quotes and answers in lower case. It cannot read UTF-8 or needless quotes back.
        var readable = addresses.Zip(ours).Where(p => p.First.All(char.IsAscii) && !p.First.Contains('[') && !p.First.Contains('\\') && !Odd.Contains(p.First)).ToArray();
        var read = SrsPeers.AskExim(readable.Select(p => Inbound(Unquoted(p.Second))));
        read.Should().Equal(readable.Select(p => Lower(p.First)));
        readable.Length.Should().BeGreaterThan(Many / 2);
    });

    [NeedsFact(SrsPeers.Exim, "exim4-daemon-heavy")]
    public void Exim_and_we_take_the_same_days_of_all_1024() => OnOneDay(now =>
    {
        var rules = RulesOf(SrsFormat.Exim);
        var stamped = Enumerable.Range(-2, SrsRules.StampCycle).Select(age => Encoded(rules, "alice@b.example", now.AddDays(-age))).ToArray();
        var exim = SrsPeers.AskExim(stamped.Select(a => Inbound(Unquoted(a)))).Select(answer => answer != "no").ToArray();
        stamped.Select(a => Decoded(rules, a, now).Status == SrsStatus.Ok).Should().Equal(exim);
        exim.Count(taken => taken).Should().Be(SrsRules.EximMaxAge + 1);
    });

    [NeedsFact(SrsPeers.Exim, "exim4-daemon-heavy")]
    public void Exim_refuses_its_own_address_in_upper_case_and_we_do_not() => OnOneDay(now =>
    {
        var address = Encoded(RulesOf(SrsFormat.Exim, "old", "s"), "Alice@B.example", now).ToUpperInvariant();
        SrsPeers.AskExim([$"${{if inbound_srs {{{SrsPeers.Literal(Unquoted(address).Split('@')[0])}}}{{old}}{{yes}}{{no}}}}"]).Should().Equal("no");
        Decoded(RulesOf(SrsFormat.Exim, "s", "old"), address, now).Should().Be(("ALICE@B.EXAMPLE", SrsStatus.Ok));
    });

    [NeedsFact(SrsPeers.MailSrs, "libmail-srs-perl")]
    public void Mail_SRS_writes_and_reads_what_is_written_here()
    {
        var random = new Random(4714);
        var addresses = Plain(Many).Concat(Quoted(Many / 3).Where(a => !Unquoted(a)[..Unquoted(a).LastIndexOf('@')].Contains('@'))).Concat(Rewritten(Many / 2)).ToArray();
        var rules = addresses.Select(_ => RulesOf(SrsFormat.Srs0, random.Next(2) == 0 ? ["one", "two"] : ["two"]) with { Separator = "=+-"[random.Next(3)], HashLength = random.Next(4, 28) }).ToArray();
        var ats = addresses.Select(_ => Noon.AddDays(random.Next(0, 3000))).ToArray();
        var forward = SrsPeers.AskMailSrs(addresses.Select((a, i) => Question("forward", rules[i], ats[i], Unquoted(a))));
        for (var i = 0; i < addresses.Length; i++) Unquoted(Encoded(rules[i], addresses[i], ats[i])).Should().Be(forward[i], "Mail::SRS rewrites {0} so", addresses[i]);

        // A later day, another first secret, letters changed on the way, a shorter hash: what one takes the other takes.
        var later = addresses.Select((_, i) => ats[i].AddDays(random.Next(-2, 25))).ToArray();
        var changed = forward.Take(addresses.Length).Select((a, i) => (i % 4) switch { 0 => a.ToUpperInvariant(), 1 => Lower(a), _ => a }).ToArray();
        var with = rules.Select((r, i) => r with { Secrets = [Encoding.ASCII.GetBytes("three"), .. r.Secrets], HashMin = i % 7 == 0 ? r.HashLength + 1 : r.HashLength }).ToArray();
        var reverse = SrsPeers.AskMailSrs(changed.Select((a, i) => Question("reverse", with[i], later[i], a)));
        for (var i = 0; i < addresses.Length; i++)
        {
            var (original, status) = Decoded(with[i], AsHostsWrite(changed[i]), later[i]);
            (status == SrsStatus.Ok ? Unquoted(original) : "\t").Should().Be(reverse[i].StartsWith('\t') ? "\t" : reverse[i], "Mail::SRS says so of {0}: {1}, we {2}", changed[i], reverse[i], status);
        }
        reverse.Count(r => r.StartsWith('\t')).Should().BeInRange(addresses.Length / 20, addresses.Length / 2);
    }

    [NeedsFact(SrsPeers.MailSrs, "libmail-srs-perl")]
    public void What_Mail_SRS_makes_of_quoted_local_parts_is_read()
    {
        var rules = RulesOf(SrsFormat.Srs0, "one");
        var addresses = Quoted(100).Where(a => a.Count(c => c == '@') == 1).ToArray();
        var made = SrsPeers.AskMailSrs(addresses.Select(a => Question("forward", rules, Noon, a)));
        for (var i = 0; i < addresses.Length; i++) Decoded(rules, made[i]).Should().Be((addresses[i], SrsStatus.Ok));
    }

    [NeedsFact(SrsPeers.MailSrs, "libmail-srs-perl")]
    public void Mail_SRS_and_we_take_the_same_days_of_all_1024()
    {
        var rules = RulesOf(SrsFormat.Srs0, "one");
        // Around the day on which the cycle begins again.
        foreach (var now in new[] { Noon, DateTimeOffset.UnixEpoch.AddDays(20 * SrsRules.StampCycle + 3), DateTimeOffset.UnixEpoch.AddDays(20 * SrsRules.StampCycle).AddSeconds(-1) })
        {
            var stamped = Enumerable.Range(-3, SrsRules.StampCycle).Select(age => Encoded(rules, "alice@b.example", now.AddDays(-age))).ToArray();
            var perl = SrsPeers.AskMailSrs(stamped.Select(a => Question("reverse", rules, now, a))).Take(stamped.Length).Select(r => !r.StartsWith('\t')).ToArray();
            stamped.Select(a => Decoded(rules, a, now).Status == SrsStatus.Ok).Should().Equal(perl);
            perl.Count(taken => taken).Should().Be(SrsRules.GuardedMaxAge + 1);
        }
    }

    [NeedsFact(SrsPeers.Postsrsd, "postsrsd")]
    public void Postsrsd_writes_and_reads_what_is_written_here() => OnOneDay(now =>
    {
        var rules = RulesOf(SrsFormat.Srs0, "first", "second") with { Separator = '+', HashLength = 6 };
        using var peer = new PostsrsdPeer("fwd.example", "first\nsecond\n", '+', 6);
        var addresses = Plain(Many).Concat(Quoted(Many / 3).Where(a => a.Count(c => c == '@') == 1)).Concat(Rewritten(Many / 3)).ToArray();
        var ours = addresses.Select(a => Encoded(rules, a, now)).ToArray();
        peer.Forward(addresses.Select(Unquoted)).Should().Equal(ours.Select(Unquoted));
        peer.Reverse(ours.Select(a => Lower(Unquoted(a)))).Should().Equal(ours.Select(a => Unquoted(Decoded(rules, AsHostsWrite(Lower(Unquoted(a))), now).Original)));

        var second = RulesOf(SrsFormat.Srs0, "second") with { HashLength = 6 };
        var stamped = Enumerable.Range(-2, SrsRules.StampCycle).Select(age => Encoded(second, "alice@b.example", now.AddDays(-age))).ToArray();
        var taken = peer.Reverse(stamped).Select(r => r != "!").ToArray();
        stamped.Select(a => Decoded(rules, a, now).Status == SrsStatus.Ok).Should().Equal(taken);
        taken.Count(t => t).Should().Be(SrsRules.GuardedMaxAge + 1);
    });

    private static string Inbound(string address) =>
        $"${{if inbound_srs {{{SrsPeers.Literal(address[..address.LastIndexOf('@')])}}}{{{Secret}}}{{$srs_recipient}}{{no}}}}";

    private static string Question(string operation, SrsRules rules, DateTimeOffset at, string address) => string.Join('\t', operation, at.ToUnixTimeSeconds(),
        string.Join(',', rules.Secrets.Select(Encoding.UTF8.GetString)), rules.Separator, rules.HashLength, rules.LeastHash, rules.MaxAgeOf(SrsFormat.Srs0), rules.Domain, address);

    // As a host would write a local part that needs quotes.
    private static string AsHostsWrite(string address)
    {
        var at = address.LastIndexOf('@');
        return SrsAddress.Format(address[..at], false, address[(at + 1)..]);
    }

    private static string Lower(string text) => string.Concat(text.Select(c => char.IsAscii(c) ? char.ToLowerInvariant(c) : c));

    // Exim and postsrsd know the real day only; at midnight it is asked again.
    private static void OnOneDay(Action<DateTimeOffset> test)
    {
        for (var tries = 0; ; tries++)
        {
            var now = TimeProvider.System.GetUtcNow();
            try
            {
                test(now);
                return;
            }
            catch (Exception) when (tries == 0 && now.UtcDateTime.Date != TimeProvider.System.GetUtcNow().UtcDateTime.Date)
            {
            }
        }
    }
}
