// The package on a machine: put in, run, brought up to date, taken away. systemctl and deb-systemd-invoke write down what they are asked, as no systemd runs there.
namespace SpoolWorker.EndToEnd.Packaging;

public sealed class PackageTests(BuiltPackage package) : IClassFixture<BuiltPackage>
{
    private const string Intake = "/var/spool/exim4/scan/input", Target = "/var/spool/exim4/input", State = "/var/lib/spoolworker", Asked = "/run/asked";

    // Two recipients; any Exim could have written it.
    private const string Id = "1xVVhu-00047F-1k";

    // What the machine these tests run on has of Exim's mail is no matter of theirs.
    private const string Prepare = $"""
        set -e
        rm -rf /var/spool/exim4 {State} /etc/spoolworker
        for directory in /var/spool/exim4 /var/spool/exim4/scan {Intake} {Target}; do install -d -m 750 -o Debian-exim -g Debian-exim $directory; done
        mkdir -p /run/systemd/system
        for command in systemctl deb-systemd-invoke; do
          printf '#!/bin/sh\necho %s "$@" >> {Asked}\n' $command > /usr/bin/$command.new
          chmod 755 /usr/bin/$command.new
          mv /usr/bin/$command.new /usr/bin/$command
        done
        """;

    [EximFact]
    public void Two_packages_of_one_publish_are_equal() => File.ReadAllBytes(package.First).AsSpan().SequenceEqual(File.ReadAllBytes(package.Second)).Should().BeTrue();

    [EximFact]
    public void Nothing_is_of_this_machine_or_of_another_user() => Run.Program("dpkg-deb", "-c", package.First).Good.Split('\n', StringSplitOptions.RemoveEmptyEntries)
        .Where(line => !line.Contains(" root/root ", StringComparison.Ordinal) || line[5] == 'w' || line[8] == 'w' && line[0] != 'l').Should().BeEmpty();

    [EximFact]
    public void It_is_there_and_nothing_was_started()
    {
        using var machine = Installed();
        machine.Sh("spoolworker version").Good.Should().NotBeEmpty();
        machine.Sh("systemd-analyze verify /lib/systemd/system/spoolworker.service").Should().Be(new ProgramResult(0, "", ""));
        machine.Sh("test -x /usr/bin/spoolworker && ls /usr/share/man/man[157]/spoolworker* /etc/systemd/system/multi-user.target.wants/spoolworker.service").Good.Split('\n').Should().HaveCount(5);
        machine.Sh("pidof spoolworker").Output.Should().BeEmpty();
        // Enabled, told of, and not more.
        machine.Sh($"cat {Asked}").Good.Trim().Should().Be("systemctl --system daemon-reload");
        machine.Sh("ls -A /etc/spoolworker").Good.Should().BeEmpty();
        // A plain file: nothing is edited in memory.
        machine.Sh($"install -m 640 -g Debian-exim /usr/share/spoolworker/spoolworker.json /etc/spoolworker/spoolworker.json");
        using var worker = new InstalledWorker(machine);
        worker.Ran("sh", "-c", "strace -f -e trace=memfd_create -o /var/spool/trace spoolworker run --once").ExitCode.Should().Be(0);
        machine.Sh("grep liblmdb /var/spool/trace").Output.Should().BeEmpty();
    }

    [EximFact]
    public async Task It_runs_under_what_the_unit_forbids_and_takes_mail()
    {
        using var machine = Configured();
        Feed(machine);
        using var worker = new InstalledWorker(machine);
        await worker.Start();
        await Run.Until(() => Files(machine, Target).Contains($"{Id}-H"), () => string.Join(' ', Files(machine, Intake)), ProgramCall.Patience);
        await worker.Lives();
        machine.Sh("spoolworker status --json").Good.Should().Contain("\"running\": true", "it answers at its control socket");
        worker.Stop().Should().Be(0);
        Files(machine, Intake).Should().BeEmpty();
    }

    [EximFact]
    public async Task An_upgrade_with_mail_in_hand_restarts_what_runs_and_the_new_one_goes_on()
    {
        using var machine = Configured();
        using var worker = new InstalledWorker(machine);
        await worker.Start();
        File.Copy(package.Later(), Path.Combine(machine.Shared, "later.deb"));
        machine.Sh($"rm {Asked}; dpkg -i /shared/later.deb").ExitCode.Should().Be(0);
        machine.Sh($"cat {Asked}").Good.Should().Contain("deb-systemd-invoke try-restart spoolworker.service").And.NotContain(" start ");
        // The one that runs is the one of before, until systemd ends it.
        Feed(machine);
        await Run.Until(() => Files(machine, Target).Contains($"{Id}-H"), () => string.Join(' ', Files(machine, Intake)), ProgramCall.Patience);
        worker.Stop().Should().Be(0);
        Feed(machine, "1xVVhv-00047F-1k");
        using var next = new InstalledWorker(machine);
        next.Ran("spoolworker", "run", "--once").ExitCode.Should().Be(0);
        Files(machine, Target).Should().Contain("1xVVhv-00047F-1k-H");
        machine.Sh("dpkg-query -W -f '${Version}' spoolworker").Good.Should().Be("99");
    }

    [EximFact]
    public void Removing_it_waits_for_the_intakes_and_purging_leaves_mail_alone()
    {
        using var machine = Configured();
        Feed(machine);
        var refused = machine.Sh("dpkg -r spoolworker");
        refused.ExitCode.Should().NotBe(0);
        refused.Error.Should().Contain("not removed: 1 messages lie in the intakes");
        machine.Sh("spoolworker version").ExitCode.Should().Be(0, "it is still there");
        machine.Sh("mv /etc/spoolworker/spoolworker.json /tmp; echo '{' > /etc/spoolworker/spoolworker.json; dpkg -r spoolworker").Error.Should().Contain("cannot be told");
        machine.Sh("mv /tmp/spoolworker.json /etc/spoolworker");
        using var worker = new InstalledWorker(machine);
        worker.Ran("spoolworker", "run", "--once").ExitCode.Should().Be(0);
        machine.Sh($"touch {State}/held/1xVVhw-00047F-1k-H; mkdir -p {State}/corrupt; rm -f {Asked}; dpkg -r spoolworker").Good.Should().Contain("Removing spoolworker");
        machine.Sh($"cat {Asked}").Good.Should().Contain("deb-systemd-invoke stop spoolworker.service");
        machine.Sh($"test -e /etc/spoolworker/spoolworker.json && test -d {State}/ledger").ExitCode.Should().Be(0, "what is not mail either stays until it is purged");

        machine.Sh("dpkg -P spoolworker").Error.Should().Contain($"{State}/held holds mail and stays").And.NotContain("corrupt");
        machine.Sh($"find {State} /etc/spoolworker /run/spoolworker /usr/lib/spoolworker /etc/systemd/system /var/lib/systemd/deb-systemd-helper-* /usr/share -path '*spoolworker*' ! -type d; true").Output.Trim()
            .Should().Be($"{State}/held/1xVVhw-00047F-1k-H");
        machine.Sh($"ls -d {State}/corrupt {State}/ledger /etc/spoolworker").Output.Should().BeEmpty();
        Files(machine, Target).Should().Contain($"{Id}-H");
    }

    private Machine Installed()
    {
        var machine = new Machine();
        machine.Sh(Prepare).Good.Should().BeEmpty();
        File.Copy(package.First, Path.Combine(machine.Shared, "first.deb"));
        machine.Sh("dpkg --force-unsafe-io -i /shared/first.deb").Should().Match<ProgramResult>(r => r.ExitCode == 0);
        return machine;
    }

    private Machine Configured()
    {
        var machine = Installed();
        machine.Sh("install -m 640 -g Debian-exim /usr/share/spoolworker/spoolworker.json /etc/spoolworker/spoolworker.json").ExitCode.Should().Be(0);
        return machine;
    }

    private static void Feed(Machine machine, string id = Id)
    {
        foreach (var part in new[] { "D", "H" })
        {
            var sample = File.ReadAllText(Path.Combine(BuiltPackage.Root, "spool-samples/valid/01-4.96-acl-vars", $"{Id}-{part}"), System.Text.Encoding.Latin1);
            File.WriteAllText(Path.Combine(machine.Shared, $"{id}-{part}"), $"{id}-{part}{sample[($"{Id}-{part}".Length)..]}", System.Text.Encoding.Latin1);
            machine.Sh($"install -m 640 -o Debian-exim -g Debian-exim /shared/{id}-{part} {Intake}/{id}-{part}").ExitCode.Should().Be(0);
        }
    }

    private static string[] Files(Machine machine, string directory) => machine.Sh($"ls {directory}").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
