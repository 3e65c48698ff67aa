using System.Globalization;
using System.Text;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Commands;

/// <summary>Conditions choose what Debian's exipick (exim4-base) chooses with criteria of the same meaning, over made pairs and those of real Exims.</summary>
public sealed class ExipickTests : IDisposable
{
    private const string Program = "/usr/sbin/exipick";
    private const int Made = 90, WithoutBody = 33;
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;

    // Criteria of exipick, apart by tabs, and the condition. (It knows each_recipients without a dollar sign alone.) Ages are minutes away from those of the pairs.
    private static readonly (string Criteria, string Condition)[] Pairs =
    [
        ("$sender_address eq alice@a.example", "sender = alice@a.example"),
        ("$sender_address eq ''", "sender = ''"),
        ("$sender_address ne alice@a.example", "sender != alice@a.example"),
        ("$sender_address =~ /^bob/", "sender ~ ^bob"),
        ("$sender_address !~ /a\\.example$/i", "sender !~ 'a[.]example$'"),
        ("$sender_address = a.example", "sender ~ a.example"),
        ("$sender_address_domain eq b.example", "sender_domain = b.example"),
        ("$recipients =~ /r1@/", "recipient ~ r1@"),
        ("$recipients = three", "recipient = *three*"),
        ("$recipients !~ /three/", "not recipient = *three*"),
        ("each_recipients =~ /one.example$/", "not recipient = !*one.example"),
        ("$recipients_count > 2", "recipients > 2"),
        ("$recipients_undel_count == 0", "pending = 0"),
        ("$recipients_undel =~ /r0@/", "pending_recipient ~ r0@"),
        ("$deliver_freeze", "frozen"),
        ("!$deliver_freeze", "not frozen"),
        ("--not\t$deliver_freeze", "not (frozen)"),
        ("$message_age > 1d", "age > 1d"),
        ("$message_age < 5m", "age < 5m"),
        ("$message_age >= 1h\t$message_age < 2d", "age >= 1h and age < 2d"),
        ("$message_age <= 100000s", "age <= 100000"),
        ("$message_size > 3K", "size > 3K"),
        ("$message_size <= 1000", "size <= 1000"),
        ("$message_size == 0", "size = 0"),
        ("$message_size < 0.0015M", "size < 0.0015M"),
        ("$message_body_size == 0", "body_size = 0"),
        ("$message_body_size >= 5000", "body_size >= 5000"),
        ("$message_body_missing", "state = incomplete"),
        ("$received_protocol eq esmtp", "received_protocol = esmtp"),
        ("$received_protocol =~ /^e?smtps/", "received_protocol ~ ^e?smtps"),
        ("$sender_host_address eq 192.0.2.7", "host_address = 192.0.2.7"),
        ("$sender_host_address =~ /:/", "host_address = '*:*'"),
        ("$sender_host_name", "host_name"),
        ("!$sender_host_name", "not host_name"),
        ("$sender_helo_name =~ /^mx/", "helo_name ~ ^mx"),
        ("$authenticated_id eq carol", "auth_id = carol"),
        ("$sender_host_authenticated", "host_auth"),
        ("$received_ip_address eq 192.0.2.1", "interface_address = 192.0.2.1"),
        ("$smtp_active_hostname", "active_hostname"),
        ("$sender_ident eq root", "ident = root"),
        ("$tls_cipher =~ /AES/", "tls_cipher ~ AES"),
        ("$tls_certificate_verified", "tls_certificate_verified"),
        ("$acl_m_score > 5", "acl_m_score > 5"),
        ("$acl_m_score", "acl_m_score"),
        ("$acl_c0 eq yes", "acl_c0 = yes"),
        ("$spam_score_int >= 40", "spam_score_int >= 40"),
        ("$local_error_message", "localerror"),
        ("$sender_local", "local"),
        ("$host_lookup_failed", "host_lookup_failed"),
        ("$dont_deliver", "N"),
        ("$manually_thawed", "manual_thaw"),
        ("$first_delivery", "deliver_firsttime"),
        ("$warning_count > 1", "warning_count > 1"),
        ("$originator_login eq nobody", "originator_login = nobody"),
        ("$originator_uid == 1000", "originator_uid = 1000"),
        ("$body_linecount > 10", "body_linecount > 10"),
        ("$h_subject: =~ /invoice/", "h_subject ~ invoice"),
        ("$header_x-flag: eq yes", "h_x-flag = yes"),
        ("!$h_x-flag:", "not h_x-flag"),
        ("--or\t$deliver_freeze\t$message_age > 1d\t$h_x-flag:", "frozen or age > 1d or h_x-flag"),
        ("!$deliver_freeze\t$message_size > 2K\t$recipients_count == 2", "not frozen and size > 2K and recipients = 2"),
    ];

    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void Conditions_choose_what_exipick_chooses()
    {
        Fill();
        var wrong = new List<string>();
        foreach (var (criteria, condition) in Pairs)
        {
            var theirs = new ProgramCall(Program, ["--spool", $"{_play.Path}/spool", "-i", .. criteria.Split('\t')]).Run().Good.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            var ours = Chosen(condition);
            if (theirs.Length == 0) wrong.Add($"{criteria}: chooses nothing, and so proves nothing");
            if (!ours.SequenceEqual(theirs)) wrong.Add($"{criteria} and {condition}: only theirs {string.Join(" ", theirs.Except(ours))}, only ours {string.Join(" ", ours.Except(theirs))}");
        }
        string.Join("\n", wrong).Should().BeEmpty();
    }

    [Fact]
    public void The_command_chooses_the_same_and_has_their_size()
    {
        Fill();
        var spool = $"{_play.Path}/spool";
        var theirs = new ProgramCall(Program, ["--spool", spool, "-i", "$message_size > 3K"]).Run().Good;
        _play.Run("list", "--spool", spool, "--where", "size > 3K", "--ids").Output.Should().Be(theirs);
        var sizes = new ProgramCall(Program, ["--spool", spool, "-i", "--show-vars", "message_size"]).Run().Good.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split(" message_size='")).ToDictionary(parts => parts[0], parts => parts[1].TrimEnd('\''));
        var rows = _play.Run("list", "--spool", spool, "--json").Json.EnumerateArray().ToList();
        rows.Should().HaveCount(sizes.Count);
        foreach (var row in rows)
            (row.TryGetProperty("size", out var size) ? size.GetInt64().ToString(CultureInfo.InvariantCulture) : "0").Should().Be(sizes[row.GetProperty("id").GetString()!]);
    }

    private List<string> Chosen(string condition)
    {
        Selection.TryParse([], condition, ConditionNames.OfPairs(() => []), out var selection, out var fault).Should().BeTrue(fault);
        return [.. MessageSelector.Find(selection!, [new ListSource("spool", _play.Target, ListKind.Spool, null)], Now).Messages.Select(m => m.Id.ToString())];
    }

    private void Fill()
    {
        foreach (var sample in Samples.Folders("valid").Where(f => f.Contains("-4.96-", StringComparison.Ordinal)))
        {
            var (bytes, id) = Samples.HeaderFile(sample);
            // Two samples may have one id, and exipick decodes what conditions take as it is.
            if (!File.Exists($"{_play.Target}/{id}-H") && !Samples.Text(bytes).Contains("=?", StringComparison.Ordinal)) Playground.Put(sample, _play.Target);
        }
        for (var i = 0; i < Made; i++) Make(i);
    }

    private void Make(int i)
    {
        var id = MessageId.TryParse(string.Create(CultureInfo.InvariantCulture, $"1yAAAA-{i:000000}-00"), out var parsed) ? parsed : throw new InvalidOperationException();
        string[] senders = ["", "alice@a.example", "bob@b.example", "Carol@A.example", "x+tag@sub.a.example"], domains = ["one.example", "two.example", "three.example"], protocols = ["esmtp", "esmtps", "smtp", "local"];
        TimeSpan[] ages = [TimeSpan.FromSeconds(60), TimeSpan.FromMinutes(30), TimeSpan.FromHours(3), TimeSpan.FromHours(30), TimeSpan.FromDays(5)];
        var header = new HeaderFile
        {
            Id = id,
            Login = Encoding.ASCII.GetBytes(i % 4 == 0 ? "nobody" : "Debian-exim"),
            Uid = i % 3 == 0 ? 1000 : 102,
            Gid = 102,
            Sender = Encoding.ASCII.GetBytes(senders[i % senders.Length]),
            ReceivedTime = (Now - ages[i / 3 % ages.Length]).ToUnixTimeSeconds(),
            WarningCount = i % 4,
        };
        header = header.WithRecipients(Enumerable.Range(0, 1 + i % 4).Select(r => new Recipient(Encoding.ASCII.GetBytes($"r{r}@{domains[(i / 2 + r * (i % 2)) % domains.Length]}"))));
        if (i % 6 == 0) header = header.WithDone(header.Recipients.Take(i % 12 == 0 ? 1 : 4).Select(r => r.Address));
        foreach (var (name, value, every) in new (string, string?, int)[]
        {
            ("frozen", "1700000000", 7), ("host_address", i % 4 == 0 ? "[2001:db8::7]:4025" : "[192.0.2.7]:4025", 2), ("host_name", "client.example", 6), ("host_auth", "plain", 5), ("auth_id", i % 10 == 0 ? "carol" : "dave", 5),
            ("helo_name", i % 4 == 0 ? "mx.example" : "client.example", 2), ("interface_address", "[192.0.2.1]:25", 3), ("active_hostname", "mail.example", 8), ("ident", i % 9 == 0 ? "root" : "other", 3),
            ("received_protocol", protocols[i % protocols.Length], 1), ("tls_cipher", i % 4 == 0 ? "TLS1.3:AES:256" : "TLS1.2:CHACHA", 2), ("tls_certificate_verified", null, 8), ("aclm_score", (i % 11).ToString(CultureInfo.InvariantCulture), 3),
            ("aclc0", i % 8 == 0 ? "yes" : "no", 4), ("spam_score_int", i.ToString(CultureInfo.InvariantCulture), 2), ("localerror", null, 9), ("local", null, 4), ("host_lookup_failed", null, 11), ("N", null, 13),
            ("manual_thaw", null, 14), ("deliver_firsttime", null, 2), ("body_linecount", i.ToString(CultureInfo.InvariantCulture), 1),
        })
        {
            if (i % every == 0) header = value is null ? header.WithFlag(name) : header.WithVariable(name, value);
        }
        header = header.WithHeaderAtEnd(HeaderLine.Create($"Subject: {(i % 5 == 0 ? "your invoice" : "message")} {i}\n"));
        if (i % 6 == 1) header = header.WithHeaderAtEnd(HeaderLine.Create($"X-Flag: {(i % 4 == 1 ? "yes" : "maybe")}\n"));
        if (i % 3 == 2) header = header with { Headers = header.Headers.Add(new HeaderLine(HeaderLine.DeletedFlag, "X-Gone: not counted\n"u8.ToArray())) };
        File.WriteAllBytes($"{_play.Target}/{id}-H", HeaderFileWriter.ToArray(header));
        if (i != WithoutBody) File.WriteAllText($"{_play.Target}/{id}-D", $"{id}-D\n{new string('x', i % 9 == 0 ? 0 : i * 97)}");
    }
}
