// The package as an administrator meets it: dpkg and its maintainer scripts, the unit under a systemd, Debian's Exim, mail by SMTP.
using System.Text;
using System.Text.Json;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.EndToEnd.Debian;

[Collection(PackageSuite.Name)]
public sealed class PackageTests(BuiltPackage package)
{
    [EximFact]
    public async Task It_works_under_its_unit_and_is_upgraded_with_mail_in_hand_and_an_earlier_one_refuses_a_later_ones_ledger()
    {
        using var host = new PackagedHost(package, isBooted: true);
        await host.Mail.StartExim();
        host.Install().Good.Should().Contain("Setting up spoolworker");
        host.Mail.Good("dpkg -V spoolworker").Should().BeEmpty("all is as it was packed");
        host.Unit("UnitFileState").Should().Be("enabled");
        host.Mail.Machine.Sh("systemctl start spoolworker").ExitCode.Should().Be(0);
        host.Unit("ActiveState").Should().Be("inactive", "there is no configuration");

        host.Ours("init", "--debian", "--sign", "to.example", "--selector", "s1", "--apply").Good.Should().Contain("s1._domainkey.to.example. IN TXT");
        host.Unit("ActiveState").Should().Be("active");
        await host.Mail.IsRead();
        host.Mail.Mail("through the unit");
        (await host.Mail.Delivered("through the unit")).Should().Contain("spf=none").And.Contain("ARC-Seal: i=1; a=rsa-sha256; cv=none; d=to.example; s=s1");
        Confined(host);
        host.Mail.Good("systemctl reload spoolworker");
        host.Ours("status").Good.Should().NotBeEmpty();
        await Probed(host);

        // What docs/operations.md says to do before.
        host.Mail.Good($"systemctl stop spoolworker && cp -a {MailHost.State}/ledger {MailHost.State}/ledger.before && systemctl start spoolworker");
        var process = host.Unit("MainPID");
        host.StartStream();
        await Run.Until(() => host.Sent >= 20, () => host.Mail.MainLog);
        var sent = host.Sent;
        host.InstallLater().Good.Should().Contain("Setting up spoolworker");
        host.Sent.Should().BeGreaterThan(sent, "mail came all the while");
        host.Unit("ActiveState").Should().Be("active");
        host.Unit("MainPID").Should().NotBe(process);
        host.Mail.Good("dpkg-query -W -f '${Version}' spoolworker").Should().EndWith("+later");
        await host.EndStream();

        host.Mail.Good("systemctl stop spoolworker");
        WrittenByALaterOne(host);
        host.Mail.Mail("behind the later one");
        host.Install().Error.Should().Contain("downgrading spoolworker");
        host.Mail.Machine.Sh("systemctl start spoolworker").ExitCode.Should().NotBe(0);
        host.Unit("ExecMainStatus").Should().Be("78");
        host.Unit("NRestarts").Should().Be("0", "that would not help");
        host.Mail.Good("journalctl --no-pager -u spoolworker").Should().Contain($"ledger {MailHost.State}/ledger").And.Contain($"has format {LedgerFormat.Number + 1}").And.Contain("a later version has written it");
        host.Mail.Files(MailHost.Intake).Should().HaveCount(2);
        // Going back, as it is said there.
        host.Mail.Good($"mv {MailHost.State}/ledger {MailHost.State}/ledger.later && cp -a {MailHost.State}/ledger.before {MailHost.State}/ledger && systemctl start spoolworker");
        await host.Mail.Delivered("behind the later one");
        await EndsAsTheUnitSays(host);
    }

    [EximFact]
    public async Task Removed_it_takes_Exims_part_back_but_not_while_mail_lies_in_an_intake_and_purged_it_leaves_held_mail_alone()
    {
        using var host = new PackagedHost(package, isBooted: true);
        await host.Mail.StartExim();
        var before = host.Disk();
        var unwired = host.Mail.Everything();
        host.Install().ExitCode.Should().Be(0);
        // What fails behind the start of the worker leaves nothing of the worker's either.
        var installed = host.Mail.Everything();
        host.Mail.Machine.Put("/etc/exim4/conf.d/main/99_mine", "no such option\n");
        var failed = host.Ours("init", "--debian", "--apply");
        failed.ExitCode.Should().Be(78);
        failed.Error.Should().EndWith("; nothing is changed\n");
        host.Mail.Good("rm /etc/exim4/conf.d/main/99_mine");
        host.Mail.Everything().Should().Be(installed);
        host.Unit("ActiveState").Should().Be("inactive");
        host.Ours("init", "--debian", "--apply").ExitCode.Should().Be(0);
        await host.Mail.IsRead();
        host.Ours("hold", "--new", "--where", "sender = mallory@from.example", "--reason", "looked at").Good.Should().NotBeEmpty();
        host.Mail.Mail("to be held", "mallory@from.example");
        await Run.Until(() => host.Mail.Files($"{MailHost.State}/held").Any(f => f.EndsWith("-H", StringComparison.Ordinal)), () => host.Mail.Good("journalctl --no-pager -u spoolworker"));

        host.Mail.Good("systemctl stop spoolworker");
        host.Mail.Mail("while nobody takes it");
        var wired = host.Mail.Everything();
        var refused = host.Dpkg("-r", "spoolworker");
        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain($"mail lies in {MailHost.Intake} (1 message)").And.Contain("Start the worker");
        host.Mail.Good("dpkg-query -W -f '${Status}' spoolworker").Should().EndWith(" ok installed");
        host.Mail.Everything().Should().Be(wired);
        host.Mail.Good("systemctl start spoolworker");
        await host.Mail.Delivered("while nobody takes it");

        host.StartStream();
        await Run.Until(() => host.Sent >= 10, () => host.Mail.MainLog);
        host.Dpkg("-r", "spoolworker").Good.Should().Contain("Removing spoolworker");
        await host.EndStream();
        host.Unit("ActiveState").Should().Be("inactive");
        host.Mail.Machine.Sh("command -v spoolworker").ExitCode.Should().NotBe(0);
        host.Mail.Session().Split('\n').Where(l => l.StartsWith('4')).Should().BeEmpty("no temporary error");

        var purged = host.Dpkg("-P", "spoolworker");
        purged.ExitCode.Should().Be(0);
        purged.Error.Should().Contain($"{MailHost.State}/held holds mail and stays").And.NotContain("corrupt");
        var after = host.Disk();
        var left = after.Except(before).Select(l => l.Split(' ')[0]).ToList();
        left.Should().Contain($"{MailHost.State}/held").And.OnlyContain(p => p == MailHost.State || p.StartsWith($"{MailHost.State}/held", StringComparison.Ordinal));
        left.Should().Contain(p => p.EndsWith("-H", StringComparison.Ordinal)).And.Contain(p => p.EndsWith("-D", StringComparison.Ordinal));
        before.Except(after).Should().BeEmpty();
        host.Mail.Good($"rm -r {MailHost.State}");
        host.Mail.Everything().Should().Be(unwired);
    }

    [EximFact]
    public async Task Without_systemd_it_is_installed_wired_removed_and_purged_as_well_and_nothing_is_left()
    {
        using var host = new PackagedHost(package, isBooted: false);
        await host.Mail.StartExim();
        var (before, unwired) = (host.Disk(), host.Mail.Everything());
        host.Install().ExitCode.Should().Be(0);
        host.Ours("init", "--debian", "--sign", "to.example", "--apply").ExitCode.Should().Be(0);
        await host.Mail.IsRead();
        host.Mail.Mail("in a container");
        host.InstallLater().ExitCode.Should().Be(0);
        var refused = host.Dpkg("-r", "spoolworker");
        refused.ExitCode.Should().Be(1);
        refused.Error.Should().Contain($"mail lies in {MailHost.Intake} (1 message)").And.Contain("spoolworker run --once");
        host.Mail.Good("setpriv --reuid Debian-exim --regid Debian-exim --init-groups --no-new-privs --bounding-set -all spoolworker run --once");
        await host.Mail.Delivered("in a container");
        host.Dpkg("-r", "spoolworker").ExitCode.Should().Be(0);
        host.Dpkg("-P", "spoolworker").Error.Should().BeEmpty();
        var after = host.Disk();
        after.Except(before).Should().BeEmpty();
        before.Except(after).Should().BeEmpty();
        host.Mail.Everything().Should().Be(unwired);
    }

    // Through the unit, to a router that was put in for that. The key's record is nowhere published; the clock is nobody's there.
    private static async Task Probed(PackagedHost host)
    {
        var router = host.Ours("exim-config", "probe", "--part", "routers").Good;
        host.Mail.Machine.Put("/etc/exim4/conf.d/router/050_probe", router);
        host.Mail.Good("update-exim4.conf && systemctl reload exim4");
        await Run.Until(() => host.Mail.MainLog.Split("SIGHUP").Length > 2, () => host.Mail.MainLog);
        using var told = JsonDocument.Parse(host.Ours("doctor", "--probe", "--json").Output);
        var findings = told.RootElement.GetProperty("findings").EnumerateArray().ToList();
        findings.Where(f => f.GetProperty("severity").ValueEquals("error")).Select(f => f.GetProperty("name").GetString()).Should().Equal("key-record-missing");
        findings.Should().Contain(f => f.GetProperty("text").GetString()!.Contains("went through in"));
    }

    // What the unit says is what holds: of the process, and of what it sees.
    private static void Confined(PackagedHost host)
    {
        var process = host.Unit("MainPID");
        var status = host.Mail.Good($"cat /proc/{process}/status");
        var user = host.Mail.Good("id -u Debian-exim").Trim();
        status.Should().Contain($"Uid:\t{user}\t{user}\t{user}\t{user}").And.Contain("NoNewPrivs:\t1").And.Contain("Seccomp:\t2")
            .And.Contain("CapEff:\t0000000000000000").And.Contain("CapBnd:\t0000000000000000");
        host.Mail.Good("touch /tmp/everybodys");
        foreach (var (path, can) in new[] { ("/etc/x", false), ("/usr/x", false), ("/var/lib/x", false), ("/home/x", false), ($"{MailHost.State}/x", true), ("/var/spool/exim4/x", true), ("/tmp/x", true) })
            host.Mail.Machine.Sh($"nsenter --target {process} --mount touch {path}").ExitCode.Should().Be(can ? 0 : 1, path);
        host.Mail.Good($"nsenter --target {process} --mount ls /tmp").Should().Contain("x\n").And.NotContain("everybodys");
        host.Mail.Good($"rm {MailHost.State}/x /var/spool/exim4/x");
    }

    // What would be the same again is not tried again; what may pass is, and not for ever. Each cause is a real one.
    private static async Task EndsAsTheUnitSays(PackagedHost host)
    {
        const string Configuration = "/etc/spoolworker/spoolworker.json", Ledger = $"{MailHost.State}/ledger", Drop = "/run/systemd/system/spoolworker.service.d";
        host.Mail.Good($"systemctl stop spoolworker && cp -a {Ledger} /root/ledger && cp -a {Configuration} /root && mkdir -p {Drop} && printf '[Service]\\nRestartSec=100ms\\n' > {Drop}/soon.conf && systemctl daemon-reload");
        foreach (var (spoil, mend, code, starts) in new[]
        {
            ($"printf '[Service]\\nExecStart=\\nExecStart=/usr/bin/spoolworker run --wrong\\n' > {Drop}/wrong.conf && systemctl daemon-reload", $"rm {Drop}/wrong.conf && systemctl daemon-reload", 64, 1),
            ($"chown -R root:root {Ledger} && chmod 700 {Ledger}", "", 77, 1),
            ($"echo wrong > {Configuration}", $"cp -a /root/spoolworker.json {Configuration}", 78, 1),
            ($": > {Ledger}/ledger.mdb", "", 74, 10),
            ("systemd-run --quiet --unit other --property User=Debian-exim --property Type=notify spoolworker run", "systemctl stop other", 75, 10),
        })
        {
            host.Mail.Good($"{spoil} && systemctl reset-failed spoolworker");
            host.Mail.Machine.Sh("systemctl start spoolworker").ExitCode.Should().NotBe(0, spoil);
            await Run.Until(() => host.Unit("ActiveState") == "failed", () => host.Mail.Good("journalctl --no-pager -u spoolworker"));
            (host.Unit("ExecMainStatus"), host.Unit("NRestarts")).Should().Be(($"{code}", starts == 1 ? "0" : $"{starts}"), spoil);
            host.Mail.Good($"{(mend.Length > 0 ? mend : $"rm -r {Ledger} && cp -a /root/ledger {Ledger}")}");
        }
        host.Mail.Good("systemctl reset-failed spoolworker && systemctl start spoolworker");
    }

    // All that a later version has to change for an earlier one to know it.
    private static void WrittenByALaterOne(PackagedHost host)
    {
        var file = $"{host.Mail.Machine.Root}{MailHost.State}/ledger/ledger.mdb";
        File.Exists(file).Should().BeTrue();
        using var store = LmdbStore.Open(new StorePlan("ledger", file, 1L << 30, "", 16, 126, "."));
        store.Write(transaction =>
        {
            using var meta = LmdbStore.Database(transaction, "meta");
            transaction.Put(meta, "format"u8, Encoding.ASCII.GetBytes($"{LedgerFormat.Number + 1}"));
        });
    }
}
