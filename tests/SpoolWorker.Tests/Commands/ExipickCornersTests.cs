using System.Globalization;
using System.Text;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Passes.Conditions;

namespace SpoolWorker.Tests.Commands;

/// <summary>As ExipickTests, over -H files as Exim may write them and no test likes them: odd addresses, old ACL variables, names that are unset, lines that come more than once.</summary>
public sealed class ExipickCornersTests : IDisposable
{
    private const string Program = "/usr/sbin/exipick", Frozen = "1700000000";
    private const int Made = 240;
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    private static readonly (string Criteria, string Condition)[] Pairs =
    [
        ("$sender_address eq nodomain", "sender = nodomain"),
        ("$sender_address_local_part eq x", "sender = x@*"),
        ("$sender_address =~ /^\"/", "sender ~ '^\"'"),
        ("$sender_address eq o'brien@d.example", "sender = o'brien@d.example"),
        ("$sender_address eq Alice@A.example", "sender ~ '^(?-i:Alice@A.example)$'"),
        ("--caseful\t$sender_address = Alice", "sender ~ '(?-i:Alice)'"),
        ("$sender_address =~ /\\+/", "sender = *+*"),
        ("$sender_address_domain eq [192.0.2.1]", "sender_domain = [192.0.2.1]"),
        ("$sender_address ne ''", "sender != ''"),
        ("!$sender_address", "not sender"),
        ("$sender_address = a%b", "sender = *a%b*"),
        ("$sender_address =~ /@a\\.example$/i", "sender_domain = a.example"),
        ("$sender_address = ü", "sender = *ü*"),
        ("$recipients =~ /sub\\.one/", "recipient_domain = sub.one.example"),
        ("$recipients =~ /(^|, )root(,|$)/", "recipient = root"),
        ("$recipients =~ /q q/", "recipient = '*q q*'"),
        ("each_recipients =~ /\\.example$/", "not recipient = !*.example"),
        ("each_recipients_undel =~ /one.example$/\t$recipients_undel_count > 0", "pending > 0 and not pending_recipient = !*one.example"),
        ("$recipients_count != 1", "recipients != 1"),
        ("$recipients_undel_count >= 3", "pending >= 3"),
        ("$recipients_undel !~ /r3/", "not pending_recipient ~ r3"),
        ("$deliver_frozen_at > 1", "frozen > 1"),
        ("--or\t$deliver_freeze\t$dont_deliver", "frozen or N"),
        ("--not\t$deliver_freeze\t$dont_deliver", "not frozen and not N"),
        ("$message_age > 1.5h", "age > 1.5h"),
        ("$message_size > 1K\t$message_size < 10K", "size > 1K and size < 10K"),
        ("$message_body_size == 1024", "body_size = 1K"),
        ("$message_body_size >= 0.01M", "body_size >= 0.01M"),
        ("!$message_body_missing\t$message_body_size == 0", "body_size = 0"),
        ("$received_protocol !~ /s$/", "received_protocol !~ s$"),
        ("$sender_host_address =~ /^192\\.0\\.2\\./", "host_address = 192.0.2.*"),
        ("$sender_host_address ne 192.0.2.7", "host_address != 192.0.2.7"),
        ("$sender_host_address eq ::1", "host_address = '::1'"),
        ("!$sender_host_address", "not host_address"),
        ("$sender_helo_name eq [192.0.2.9]", "helo_name = [192.0.2.9]"),
        ("$sender_helo_name eq 'a b'", "helo_name = 'a b'"),
        ("$authenticated_sender", "auth_sender"),
        ("$originator_uid < 0", "originator_uid < 0"),
        ("$originator_gid == 0", "originator_gid = 0"),
        ("$warning_count == 0", "warning_count = 0"),
        // Exim's numbers are 0 where -H has no line of theirs.
        ("$body_linecount == 0", "body_linecount = 0"),
        ("$body_zerocount == 0", "body_zerocount = 0"),
        ("$body_zerocount < 3", "body_zerocount < 3"),
        ("$max_received_linelength > 998", "max_received_linelength > 998"),
        ("$max_received_linelength <= 998", "max_received_linelength <= 998"),
        ("$body_zerocount", "body_zerocount"),
        ("$allow_unqualified_sender\t$first_delivery", "allow_unqualified_sender and deliver_firsttime"),
        ("$sender_set_untrusted", "sender_set_untrusted"),
        ("$local_scan_data eq 0", "local_scan = 0"),
        ("$spam_score_int < 0", "spam_score_int < 0"),
        // What is unset is below everything for exipick.
        ("$spam_score_int < 50", "not spam_score_int >= 50"),
        ("$tls_peerdn =~ /O=/", "tls_peerdn = *O=*"),
        ("$tls_sni eq mx.example", "tls_sni = mx.example"),
        ("$acl_c0", "acl_c0 != '' and acl_c0 != 0"),
        ("$acl_c0 eq 'two words'", "acl_c0 = 'two words'"),
        ("$acl_m9 =~ /line2/", "acl_m9 ~ line2"),
        ("$acl_m_score < -1", "acl_m_score < -1"),
        ("$acl_c3 eq old", "acl_c3 = old"),
        ("$acl_m3 eq OLD", "acl_m3 = OLD"),
        ("$h_subject: ne ''", "h_subject != ''"),
        ("$h_subject: =~ /folded\\s+subject/", "h_subject ~ 'folded subject'"),
        ("$h_subject: = ünï", "h_subject = *ünï*"),
        ("$h_to: =~ /r3@/", "h_to = *r3@*"),
        ("$h_received: =~ /from h2/", "h_received ~ 'from h2'"),
        ("!$h_received:", "not h_received"),
        ("$h_x-flag: !~ /yes/", "not h_x-flag = *yes*"),
        ("$header_X-Spam-Score: > 4", "h_x-spam-score > 4"),
        ("$message_exim_id =~ /-0A$/", "id = *-0A"),
    ];

    private readonly Playground _play = new();
    private readonly Random _random = new(7);

    public void Dispose() => _play.Dispose();

    [Fact]
    public void Conditions_choose_what_exipick_chooses_of_odd_pairs_too()
    {
        for (var i = 0; i < Made; i++) Make(i);
        var wrong = new List<string>();
        foreach (var (criteria, condition) in Pairs)
        {
            var theirs = new ProgramCall(Program, ["--spool", $"{_play.Path}/spool", "-i", .. criteria.Split('\t')]).Run().Good.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Selection.TryParse([], condition, ConditionNames.OfPairs(() => []), out var selection, out var fault).Should().BeTrue(fault);
            var ours = MessageSelector.Find(selection!, [new ListSource("spool", _play.Target, ListKind.Spool, null)], Now).Messages.Select(m => m.Id.ToString()).ToList();
            if (theirs.Length is 0 or Made) wrong.Add($"{criteria}: chooses {theirs.Length}, and so proves nothing");
            if (!ours.SequenceEqual(theirs)) wrong.Add($"{criteria} and {condition}: only theirs {string.Join(" ", theirs.Except(ours))}, only ours {string.Join(" ", ours.Except(theirs))}");
        }
        string.Join("\n", wrong).Should().BeEmpty();
    }

    private T One<T>(params T[] of) => of[_random.Next(of.Length)];

    private bool Chance(double of) => _random.NextDouble() < of;

    private void Make(int i)
    {
        var id = string.Create(CultureInfo.InvariantCulture, $"1yB{(char)('A' + i % 26)}{(char)('a' + i / 26 % 26)}A-{i:000000}-{One("00", "0A", "zz")}");
        // Ages are seconds away from those of the conditions.
        var received = Now.ToUnixTimeSeconds() - One(35, 304, 3700, 5500, 90_000, 400_000);
        var recipients = Enumerable.Range(0, 5).Select(_ => One("r1@one.example", "R2@Two.example", "r3@three.example", "\"q q\"@four.example", "list-owner@lists.example", "x_y@sub.one.example", "root", "ünï@five.example")).Take(_random.Next(1, 6)).Distinct().ToList();
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{id}-H\n{One("nobody", "Debian-exim", "user name")} {One(0, 102, 1000, -1)} {One(0, 102)}\n");
        text.Append(CultureInfo.InvariantCulture, $"<{One("", "alice@a.example", "Alice@A.example", "bob+x@sub.b.example", "\"odd name\"@c.example", "o'brien@d.example", "nodomain", "x@[192.0.2.1]", "a%b@relay.example", "üser@ü.example")}>\n{received} {_random.Next(4)}\n");
        foreach (var line in Variables()) text.Append(line).Append('\n');
        text.Append(Tree([.. recipients.Where(_ => Chance(0.3)).OrderBy(r => r, StringComparer.Ordinal)]) is { Length: > 0 } tree ? tree : "XX\n");
        text.Append(CultureInfo.InvariantCulture, $"{recipients.Count}\n{string.Join("\n", recipients)}\n\n");
        foreach (var line in Headers()) text.Append(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(line) - 2:000}{line}");
        File.WriteAllText($"{_play.Target}/{id}-H", text.ToString());
        if (i % 29 != 0) File.WriteAllText($"{_play.Target}/{id}-D", $"{id}-D\n{new string('x', One(0, 1, 80, 1024, 3000, 12_000))}");
    }

    private IEnumerable<string> Variables()
    {
        foreach (var (often, line) in new[]
        {
            (0.6, $"-helo_name {One("mx.example", "[192.0.2.9]", "MX.Example", "a b")}"), (0.7, $"-host_address {One("[192.0.2.7]:4025", "[192.0.2.77]:25", "[2001:db8::7]:4025", "[::1]:5")}"), (0.2, "-auth_sender carol@a.example"),
            (0.9, $"-received_protocol {One("esmtp", "esmtps", "smtp", "local")}"), (0.8, $"-body_linecount {One(0, 3, 50)}"), (0.6, $"-max_received_linelength {One(80, 998, 1200)}"), (0.2, $"-body_zerocount {One(1, 9)}"), (0.2, $"-frozen {Frozen}"),
            (0.2, "-N"), (0.3, "-allow_unqualified_sender"), (0.4, "-deliver_firsttime"), (0.2, "-sender_set_untrusted"), (0.2, $"-local_scan {One("text", "0")}"), (0.3, $"-spam_score_int {One(-50, 10, 150)}"), (0.2, "-tls_peerdn CN=client,O=Some\\, Org"), (0.3, $"-tls_sni {One("mx.example", "mail.example")}"),
            (0.2, "-acl 3 3\nold"), (0.2, "-acl 13 3\nOLD"), (0.4, Acl("c", "0")), (0.4, Acl("m", "9")), (0.4, Acl("m", "_score")),
        })
        {
            if (Chance(often)) yield return line;
        }
    }

    private string Acl(string kind, string name)
    {
        var value = One("yes", "0", "5", "", "two words", "line1\nline2\n-x y", "-5", "no", "héllo");
        return string.Create(CultureInfo.InvariantCulture, $"-acl{kind} {name} {Encoding.UTF8.GetByteCount(value)}\n{value}");
    }

    // The flag, a blank, and the text, which alone is counted.
    private IEnumerable<string> Headers()
    {
        for (var hop = _random.Next(4); hop > 0; hop--) yield return $"P Received: from h{hop}\n\tby mx.example; now\n";
        yield return "F From: Alice <alice@a.example>\n";
        if (Chance(0.8)) yield return $"T To: {One("r1@one.example", "R2@Two.example,\n\tr3@three.example")}\n";
        if (Chance(0.9)) yield return $"  Subject: {One("invoice 12", "", "   ", "0", "folded\n subject line", "ünïcode")}\n";
        for (var times = _random.Next(3); times > 0; times--) yield return $"  X-Flag: {One("yes", "no", "maybe")}\n";
        if (Chance(0.3)) yield return $"  X-Spam-Score: {One("1.5", "20", "-3.2")}\n";
    }

    // spool_out.c: a balanced tree in pre-order.
    private static string Tree(List<string> sorted)
    {
        if (sorted.Count == 0) return "";
        var middle = sorted.Count / 2;
        var (left, right) = (sorted.Take(middle).ToList(), sorted.Skip(middle + 1).ToList());
        return $"{(left.Count > 0 ? 'Y' : 'N')}{(right.Count > 0 ? 'Y' : 'N')} {sorted[middle]}\n{Tree(left)}{Tree(right)}";
    }
}
