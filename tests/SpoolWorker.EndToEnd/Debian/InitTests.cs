// spoolworker init on Debian's real exim4-config, in both of its forms: each on a machine of its own.
using System.Text.Json;

namespace SpoolWorker.EndToEnd.Debian;

public sealed class InitTests
{
    [EximTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task It_wires_both_forms_and_leaves_no_trace(bool isSplit)
    {
        using var host = new MailHost(isSplit);
        await host.StartExim();
        var before = host.Everything();

        var shown = host.Machine.Ours("init", "--debian", "--sign", "to.example", "--selector", "s1", "--json");
        using (var view = JsonDocument.Parse(shown.Good))
        {
            view.RootElement.GetProperty("done").GetString().Should().Be("shown");
            view.RootElement.GetProperty("form").GetString().Should().Be(isSplit ? "split" : "unsplit");
            view.RootElement.GetProperty("notes").EnumerateArray().Select(n => n.GetString()).Should().Contain(n => n!.Contains("does not come by SMTP"), "local mail passes by");
        }
        host.Everything().Should().Be(before, "nothing was done");

        host.Machine.Ours("init", "--debian", "--sign", "to.example", "--selector", "s1", "--apply").Good.Should().Contain("s1._domainkey.to.example. IN TXT");
        host.Good("stat -c '%a %U:%G' /etc/spoolworker/spoolworker.json /etc/spoolworker/s1.to.example.key").Should().Be("640 root:Debian-exim\n640 root:Debian-exim\n");
        host.Session().Split('\n').Where(l => l.StartsWith('4')).Should().BeEmpty("no temporary error");
        var wired = host.Everything();
        host.Machine.Ours("init", "--debian", "--sign", "to.example", "--selector", "s1", "--apply").ExitCode.Should().Be(0);
        host.Everything().Should().Be(wired, "it is there already");

        await Run.Until(() => host.MainLog.Contains("SIGHUP", StringComparison.Ordinal), () => host.MainLog);
        host.Mail("through the worker");
        host.Files(MailHost.Intake).Should().HaveCount(2, "{0}", host.MainLog);
        var refused = host.Machine.Ours("init", "--debian", "--remove");
        refused.ExitCode.Should().Be(75);
        refused.Error.Should().Contain($"{MailHost.Intake} (1 message)");
        host.Everything().Should().Be(wired, "nothing was taken back");

        host.Good("setpriv --reuid Debian-exim --regid Debian-exim --init-groups dotnet exec /program/spoolworker.dll run --once");
        (await host.Delivered("through the worker")).Should().Contain("Authentication-Results: mail.example").And.Contain("ARC-Seal: i=1; a=rsa-sha256; cv=none; d=to.example; s=s1");
        host.Machine.Ours("init", "--debian", "--remove").Good.Should().Contain("/etc/spoolworker/s1.to.example.key");
        host.Good($"rm -r {MailHost.State}");
        host.Everything().Should().Be(before, "byte for byte");

        await Run.Until(() => host.MainLog.Split("SIGHUP").Length > 2, () => host.MainLog);
        host.Mail("straight");
        await host.Delivered("straight");
        host.Files(MailHost.Intake).Should().BeEmpty();
    }

    [EximFact]
    public async Task A_strangers_message_with_a_From_of_ours_leaves_unsigned_and_a_submitted_one_signed()
    {
        using var host = new MailHost(isSplit: true);
        // "mailuser" logs in with "secret".
        host.Machine.Put("/etc/exim4/conf.d/auth/50_mine", "mine:\n  driver = plaintext\n  public_name = PLAIN\n  server_condition = ${if and{{eq{$auth2}{mailuser}}{eq{$auth3}{secret}}}}\n  server_set_id = $auth2\n  server_prompts = :\n  server_advertise_condition = yes\n");
        await host.StartExim();
        host.Machine.Ours("init", "--debian", "--sign", "to.example", "--selector", "s1", "--apply").ExitCode.Should().Be(0);
        await Run.Until(() => host.MainLog.Contains("SIGHUP", StringComparison.Ordinal), () => host.MainLog);
        host.Mail("from a stranger", "bob@to.example");
        host.Mail("from one who has logged in", "bob@to.example", "mailuser", "secret");
        host.Good("setpriv --reuid Debian-exim --regid Debian-exim --init-groups dotnet exec /program/spoolworker.dll run --once");
        await host.Delivered("from a stranger");
        var box = await host.Delivered("from one who has logged in");
        var messages = box.Split("\nFrom bob@to.example ", StringSplitOptions.RemoveEmptyEntries);
        messages.Should().HaveCount(2).And.OnlyContain(m => m.Contains("\nFrom: bob@to.example\n", StringComparison.Ordinal) && m.Contains("ARC-Seal: i=1;", StringComparison.Ordinal), "sealed are both");
        messages.Single(m => m.Contains("from a stranger", StringComparison.Ordinal)).Should().NotContain("DKIM-Signature:");
        messages.Single(m => m.Contains("from one who has logged in", StringComparison.Ordinal)).Should().Contain("DKIM-Signature: v=1; a=rsa-sha256;").And.Contain("d=to.example; s=s1;");
    }

    [EximFact]
    public async Task What_is_an_administrators_own_stays_and_a_running_worker_empties_the_intake()
    {
        const string Macros = "/etc/exim4/exim4.conf.localmacros", Json = "/etc/spoolworker/spoolworker.json";
        using var host = new MailHost(isSplit: false);
        // Its last line has no end, and it names an ACL for MAIL of his own, which refuses one sender.
        host.Machine.Put(Macros, "CHECK_DATA_LOCAL_ACL_FILE = /etc/exim4/mine\nMAIN_ACL_CHECK_MAIL = mine\n# mine", "640");
        host.Machine.Put("/etc/exim4/mine", "accept\nmine:\n  deny senders = mallory@from.example\n       message = not you\n");
        host.Machine.Put(Json, $$"""{ "Intakes": [ { "Path": "/var/spool/exim4/other", "Kind": "named-queue" } ], "Target": { "Path": "{{MailHost.Target}}" }, "Passes": [] }""", "640");
        await host.StartExim();
        var before = host.Everything();

        var applied = host.Machine.Ours("init", "--debian", "--apply");
        applied.Good.Should().Contain($"kept     {Json}").And.Contain("changed  " + Macros);
        host.Good("exim4 -bP acl_smtp_mail").Should().Contain("queue = other").And.Contain("require acl = mine");
        host.Session().Should().Contain("250 OK id=");
        await Run.Until(() => host.MainLog.Contains("SIGHUP", StringComparison.Ordinal), () => host.MainLog);
        host.Machine.Invoking(_ => host.Mail("refused", "mallory@from.example")).Should().Throw<Exception>();
        host.Mail("in the other queue");
        host.Files("/var/spool/exim4/other/input").Should().HaveCount(2);

        host.Good($"chgrp Debian-exim {Json}; install -d -o Debian-exim -g Debian-exim {MailHost.State}");
        using var worker = host.Machine.Start(new Dictionary<string, string>(), "setpriv", "--reuid", "Debian-exim", "--regid", "Debian-exim", "--init-groups", "dotnet", "exec", "/program/spoolworker.dll", "run");
        await host.Delivered("in the other queue");
        host.Mail("while it is taken back");
        host.Machine.Ours("init", "--debian", "--remove").Good.Should().NotContain($"removed  {Json}");
        await host.Delivered("while it is taken back");
        host.Good($"chgrp root {Json}; rm -r {MailHost.State}");
        host.Everything().Should().Be(before);
        worker.Kill();
    }

    [EximFact]
    public async Task What_fails_in_the_middle_is_taken_back()
    {
        using var host = new MailHost(isSplit: true);
        await host.StartExim();
        // Behind all that init writes, and nothing that Exim reads.
        host.Machine.Put("/etc/exim4/conf.d/main/99_mine", "no such option\n");
        var before = host.Everything();
        var failed = host.Machine.Ours("init", "--debian", "--sign", "to.example", "--apply");
        failed.ExitCode.Should().Be(78);
        failed.Error.Should().Contain("main option \"no\" unknown").And.Contain("nothing is changed");
        host.Everything().Should().Be(before);
        // One that reads another ACL for MAIL after ours: all mail would go past the worker.
        host.Machine.Put("/etc/exim4/conf.d/main/99_mine", "acl_smtp_mail = acl_check_mail\n");
        host.Good("sed -i 's/^acl_smtp_mail/#&/' /etc/exim4/conf.d/main/02_exim4-config_options");
        before = host.Everything();
        failed = host.Machine.Ours("init", "--debian", "--sign", "to.example", "--apply");
        failed.ExitCode.Should().Be(78);
        failed.Error.Should().Contain("acl_smtp_mail would be");
        host.Everything().Should().Be(before);
        host.Machine.Put("/etc/exim4/exim4.conf", "");
        failed = host.Machine.Ours("init", "--debian", "--apply");
        failed.ExitCode.Should().Be(78);
        failed.Error.Should().Contain("configured by hand");
        host.Machine.Ours("init", "--debian", "--sign", "nowhere", "--apply").ExitCode.Should().Be(64);
        host.Good("rm -f /etc/exim4/update-exim4.conf.conf");
        host.Machine.Ours("init", "--debian", "--apply").ExitCode.Should().Be(69);
    }

    [EximFact]
    public async Task An_Exim_that_does_not_come_back_is_told_and_all_else_is_taken_back()
    {
        using var host = new MailHost(isSplit: true);
        await host.StartExim();
        // Exim looks for the port when it listens, and not before.
        host.Machine.Put("/etc/exim4/conf.d/main/99_mine", "daemon_smtp_ports = no-such-port\n");
        var before = host.Everything();
        var failed = host.Machine.Ours("init", "--debian", "--apply");
        failed.ExitCode.Should().Be(78);
        failed.Error.Should().Contain(" ended when it was told to read its configuration: /var/log/exim4/paniclog says why").And.Contain("systemctl start exim4").And.Contain("nothing is changed");
        host.Good("cat /var/log/exim4/paniclog").Should().Contain("no-such-port");
        // The one in use was made before that file was there.
        host.Good("rm /etc/exim4/conf.d/main/99_mine; update-exim4.conf");
        host.Machine.Put("/etc/exim4/conf.d/main/99_mine", "daemon_smtp_ports = no-such-port\n");
        host.Everything().Should().Be(before);
    }

    [EximFact]
    public async Task What_it_cannot_do_it_says_by_name()
    {
        using var host = new MailHost(isSplit: false);
        await host.StartExim();
        var before = host.Everything();
        var srs = host.Machine.Ours("init", "--debian", "--passes", "authenticate", "srs");
        srs.ExitCode.Should().Be(64);
        srs.Error.Should().Contain("--passes 'srs': it has to be told more").And.Contain("Debian's unsplit form has no place").And.Contain("set dc_use_split_config='true'");
        host.Good("sed -i \"s/^dc_use_split_config=.*/dc_use_split_config='true'/\" /etc/exim4/update-exim4.conf.conf && update-exim4.conf");
        srs = host.Machine.Ours("init", "--debian", "--passes", "srs", "--apply");
        srs.ExitCode.Should().Be(64);
        srs.Error.Should().Contain("go into /etc/exim4/conf.d/router and /etc/exim4/conf.d/transport");
        // As it says.
        foreach (var (part, place) in new[] { ("routers", "router/050_spoolworker_srs"), ("transports", "transport/50_spoolworker_srs") })
            host.Machine.Put($"/etc/exim4/conf.d/{place}", host.Machine.Ours("exim-config", "srs", "--domain", "srs.example", "--part", part).Good);
        host.Good("update-exim4.conf && exim4 -bP routers").Should().Contain("spoolworker_srs router:");
        host.Good("rm /etc/exim4/conf.d/*/*spoolworker_srs && sed -i \"s/^dc_use_split_config=.*/dc_use_split_config='false'/\" /etc/exim4/update-exim4.conf.conf && update-exim4.conf");

        // What is in the way.
        const string Split = "/etc/exim4/conf.d/main/01_spoolworker";
        foreach (var (make, told) in new[] { ($"ln -s /nowhere {Split}", "a symlink that leads nowhere"), ($"mkdir {Split}", "a directory") })
        {
            host.Good(make);
            host.Machine.Ours("init", "--debian", "--apply").Error.Should().Contain($"{Split} is {told} where a file should be");
            host.Good($"rm -d {Split}");
        }
        host.Everything().Should().Be(before);

        // No room where the configuration is made: what Debian's script leaves there goes, too.
        host.Good("cp -a /var/lib/exim4 /root/made && mount -t tmpfs -o size=40k tmpfs /var/lib/exim4 && cp -a /root/made/config.autogenerated /var/lib/exim4");
        var full = host.Machine.Ours("init", "--debian", "--apply");
        full.Error.Should().Contain("No space left on device").And.Contain("nothing is changed");
        full.ExitCode.Should().Be(75, "there may be room later");
        host.Files("/var/lib/exim4").Should().Equal("config.autogenerated");
        host.Good("umount /var/lib/exim4");
        host.Everything().Should().Be(before);
    }

    [EximFact]
    public async Task What_an_administrator_has_changed_since_is_kept_and_his_own_wiring_is_named()
    {
        const string Macros = "/etc/exim4/exim4.conf.localmacros", Json = "/etc/spoolworker/spoolworker.json", Split = "/etc/exim4/conf.d/main/01_spoolworker", Saved = ".spoolworker-removed";
        using var host = new MailHost(isSplit: false);
        host.Machine.Put(Macros, "CHECK_RCPT_LOCAL_ACL_FILE = /etc/exim4/rcpt\n");
        host.Machine.Put("/etc/exim4/rcpt", "# warn queue = other\nwarn queue = scan\n");
        await host.StartExim();
        host.Machine.Ours("init", "--debian", "--apply").ExitCode.Should().Be(0);
        // A second intake before that of init: it goes on with its own.
        host.Good($"sed -i 's#\"Intakes\": \\[ {{#\"Intakes\": [ {{ \"Path\": \"/var/spool/exim4/two/input\", \"Kind\": \"named-queue\" }}, {{#' {Json}; grep -q two/input {Json}");
        host.Machine.Ours("init", "--debian", "--apply").Good.Should().Contain("Exim has it already");
        host.Good($"sed -i 's/^SPOOLWORKER_QUEUE = scan/&\\n# mine/' {Macros}; echo MORE = 1 >> {Macros}; echo '# mine, too' >> {Split}");

        var refused = host.Machine.Ours("init", "--debian", "--remove");
        refused.ExitCode.Should().Be(78);
        refused.Error.Should().Contain("Exim's part is taken back, and all else is as it was").And.Contain("'warn queue = scan' (/etc/exim4/rcpt:2)").And.NotContain("other");
        host.Good($"cat {Macros}").Should().Be("CHECK_RCPT_LOCAL_ACL_FILE = /etc/exim4/rcpt\nMORE = 1\n");
        host.Good($"cat {Macros}{Saved}").Should().Contain("# mine\n");
        host.Good($"cat {Split}{Saved}").Should().Contain("# mine, too\n");
        host.Machine.Sh($"test -e {Json}").ExitCode.Should().Be(0);

        host.Good($": > /etc/exim4/rcpt; rm {Macros}{Saved} {Split}{Saved}; update-exim4.conf");
        host.Machine.Ours("init", "--debian", "--remove").Good.Should().Contain("Nothing of init is here").And.Contain("it has been changed since");

        // A block that has lost its end, and what stands behind it.
        host.Machine.Ours("init", "--debian", "--apply").ExitCode.Should().Be(0);
        host.Good($"sed -i '/^# END spoolworker/d' {Macros}; echo OTHER = 2 >> {Macros}");
        host.Machine.Ours("init", "--debian", "--apply").Good.Should().Contain("has lost a mark");
        refused = host.Machine.Ours("init", "--debian", "--remove");
        refused.ExitCode.Should().Be(78);
        refused.Error.Should().Contain($"{Macros}, in a block of spoolworker that has lost a mark,").And.Contain("nothing is changed");
        host.Good($"tail -1 {Macros}").Should().Be("OTHER = 2\n");
    }
}
