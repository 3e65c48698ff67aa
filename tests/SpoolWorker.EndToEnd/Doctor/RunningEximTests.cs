// What the doctor says of the Exims that run: each finding provoked with a real one, and gone when it is mended.
using System.Diagnostics;

namespace SpoolWorker.EndToEnd.Doctor;

public sealed class RunningEximTests : DoctorScene
{
    // Times within two seconds of each other tell nothing (FreshnessChecks).
    private static readonly TimeSpan BeyondSlack = TimeSpan.FromSeconds(3);

    [EximFact]
    public async Task An_exim_that_runs_as_it_should_is_well()
    {
        var (exim, config) = Target();
        Doctor(config).Names.Should().Contain("exim-not-running").And.Contain("exim-not-listening");
        await exim.StartDaemon();
        foreach (var found in new[] { Doctor(config), DoctorAsExim(config) })
        {
            found.Names.Where(n => n.StartsWith("exim-") || n.StartsWith("check-") || n.StartsWith("dovecot-") || n.StartsWith("probe-")).Should().BeSubsetOf(["exim-known-bug"], found.Json.ToString());
            found.Well("Target:Path").Should().Contain(t => t.Contains("-bdf -q30m"));
            found.Well("Target:Exim").Should().Contain(t => t.EndsWith("has read " + exim.ConfigFile + " as it is"));
        }
    }

    [EximFact]
    public async Task A_daemon_without_a_queue_runner_is_told()
    {
        var (exim, config) = Target();
        await exim.StartDaemon(queueRunner: false);
        Doctor(config).Names.Should().Contain("exim-no-queue-runner");
        exim.Stop();
        await exim.StartDaemon();
        Doctor(config).Names.Should().NotContain("exim-no-queue-runner");
    }

    [EximFact]
    public async Task A_configuration_that_was_changed_behind_its_back_is_told_until_it_has_read_it()
    {
        var (exim, config) = Target();
        await exim.StartDaemon();
        await Task.Delay(BeyondSlack);
        File.SetLastWriteTimeUtc(exim.ConfigFile, DateTime.UtcNow);
        Doctor(config).Text("exim-older-than-configuration").Should().Contain($"{exim.ConfigFile} was changed at ");
        exim.Reload();
        await Run.Until(() => exim.MainLog.Split("daemon started: pid=").Length > 2, () => exim.MainLog);
        Doctor(config).Names.Should().NotContain("exim-older-than-configuration");
        // Without a log nobody knows.
        await Task.Delay(BeyondSlack);
        File.SetLastWriteTimeUtc(exim.ConfigFile, DateTime.UtcNow);
        foreach (var log in Directory.EnumerateFiles(exim.SpoolDirectory, "mainlog", SearchOption.AllDirectories).Concat(Directory.EnumerateFiles(exim.Config.Root, "mainlog", SearchOption.AllDirectories)).Distinct().ToList()) File.Delete(log);
        Doctor(config).Text("exim-older-than-configuration").Should().Contain("its log would tell");
    }

    [EximFact]
    public async Task A_file_that_is_included_counts_too()
    {
        var included = Scene.At("more.conf");
        File.WriteAllText(included, "# nothing yet\n");
        var (exim, config) = Target(c => c with { MainLines = $".include {included}" });
        await exim.StartDaemon();
        await Task.Delay(BeyondSlack);
        File.SetLastWriteTimeUtc(included, DateTime.UtcNow);
        Doctor(config).Text("exim-older-than-configuration").Should().Contain(included);
        exim.Stop();
        await exim.StartDaemon();
        Doctor(config).Names.Should().NotContain("exim-older-than-configuration");
    }

    [EximFact]
    public void A_configuration_that_exim_cannot_read_is_an_error()
    {
        var (exim, config) = Target();
        var good = File.ReadAllText(exim.ConfigFile);
        File.WriteAllText(exim.ConfigFile, "no_such_option = 1\n" + good);
        // Which file it is Exim does not say then.
        Doctor(config).Text("exim-configuration-invalid").Should().Contain("-bV");
        File.WriteAllText(exim.ConfigFile, good);
        Doctor(config).Names.Should().NotContain("exim-configuration-invalid");
    }

    [EximFact]
    public async Task A_daemon_with_another_configuration_than_the_settings_have_is_told()
    {
        var (exim, config) = Target();
        await exim.StartDaemon();
        var other = Scene.At("other.conf");
        File.Copy(exim.ConfigFile, other);
        Doctor(config with { EximConfig = other }).Text("exim-configuration-differs").Should().EndWith($"has {exim.ConfigFile}, not {other}");
    }

    [EximFact]
    public void A_command_of_another_spool_and_a_layout_exim_does_not_have_are_told()
    {
        (EximInstance Exim, WorkerConfig Config) Used(string name, string lines = "")
        {
            var made = Target(c => c with { MainLines = lines }, name);
            // As its first message makes it.
            Directory.CreateDirectory(made.Exim.InputDirectory());
            Directory.CreateDirectory(Path.Combine(made.Exim.SpoolDirectory, "msglog"));
            return made;
        }

        var config = Used("one").Config;
        Doctor(config).Names.Should().NotContain("exim-spool-differs").And.NotContain("target-layout");
        var other = Exim("two", EximRole.Deliver);
        Doctor(config with { EximConfig = other.ConfigFile }).Text("exim-spool-differs").Should().StartWith($"its spool_directory is {other.SpoolDirectory}");
        Doctor(config, "--Target:Layout=split").Text("target-layout").Should().Contain("no split_spool_directory");
        Doctor(Used("three", "split_spool_directory").Config, "--Target:Layout=split").Names.Should().NotContain("target-layout");
    }

    [EximFact]
    public async Task An_exim_that_delivers_past_the_worker_is_told()
    {
        var front = Exim("front", EximRole.QueueOnly);
        var (_, config) = Target();
        config = config with { Kind = "spool", Intake = front.InputDirectory() };
        await front.StartDaemon();
        Doctor(config).Text("queue-run-past-worker").Should().Contain("-q30m");
        front.Stop();
        await front.StartDaemon(queueRunner: false);
        Doctor(config).Names.Should().NotContain("queue-run-past-worker");
    }

    [EximFact]
    public async Task A_program_that_was_exchanged_under_the_daemon_is_told()
    {
        var (exim, config) = Target();
        var program = Scene.At("exim4");
        File.Copy(EximInstance.Program, program);
        using var daemon = Process.Start(program, ["-C", exim.ConfigFile, "-bdf", "-q30m"]);
        try
        {
            await Run.Until(() => exim.MainLog.Contains("End queue run", StringComparison.Ordinal), () => exim.MainLog);
            Doctor(config with { Exim = program }).Names.Should().NotContain("exim-binary-replaced");
            File.Copy(EximInstance.Program, program + ".new");
            File.Move(program + ".new", program, overwrite: true);
            Doctor(config with { Exim = program }).Text("exim-binary-replaced").Should().Contain(program);
        }
        finally
        {
            daemon.Kill();
            await daemon.WaitForExitAsync();
        }
    }

    [EximFact]
    public void Ocsp_that_is_required_of_sessions_that_are_resumed_is_told()
    {
        const string Transport = "tls:\n  driver = smtp\n  hosts_require_ocsp = *\n";
        var (_, config) = Target(c => c with { MoreTransports = Transport + "  tls_resumption_hosts = *\n" });
        Doctor(config).Text("ocsp-with-resumption").Should().StartWith("transport tls:");
        var (_, without) = Target(c => c with { MoreTransports = Transport }, "two");
        Doctor(without).Names.Should().NotContain("ocsp-with-resumption");
    }

    [EximFact]
    public void A_fault_of_this_version_is_told_where_it_matters()
    {
        if (EximInstance.Version >= new Version(4, 98)) return;
        var (_, config) = Target();
        Doctor(config).Text("exim-known-bug").Should().StartWith($"Exim {EximInstance.Version}: a notification").And.EndWith("(mended in 4.98: JH/11, Bug 3046)");
        Doctor(config with { Wake = "none" }).Names.Should().NotContain("exim-known-bug");
    }

    [EximFact]
    public async Task An_exim_that_receives_and_does_not_run_is_told()
    {
        var front = Exim("front", EximRole.QueueOnly);
        var (_, config) = Target();
        config = config with { Kind = "spool", Intake = front.InputDirectory() };
        Doctor(config).Text("exim-receiver-not-running").Should().Contain(front.SpoolDirectory);
        await front.StartDaemon(queueRunner: false);
        Doctor(config).Names.Should().NotContain("exim-receiver-not-running");
    }

    [EximFact]
    public void Debians_parts_that_are_newer_than_what_is_made_of_them_are_told()
    {
        var (_, config) = Target();
        var file = (config with { Target = "/var/spool/exim4", Exim = "", EximConfig = "" }).Write();
        var sources = Scene.At("etc");
        Run.Program("cp", "-a", "/etc/exim4", sources).ExitCode.Should().Be(0);
        string Ran(string before) => Run.Program(ProgramCall.Patience, "unshare", "--mount", "sh", "-c",
            $"mount --bind {sources} /etc/exim4 && {before} && exec dotnet {Path.Combine(AppContext.BaseDirectory, "spoolworker.dll")} doctor --config {file}").Output;
        Ran($"touch -d '+1 hour' /etc/exim4/conf.d/acl/00_exim4-config_header").Should().Contain("exim-configuration-not-generated").And.Contain("00_exim4-config_header is");
        // What dpkg leaves beside a file is not read.
        Ran("find /etc/exim4 -exec touch -d '2020-01-01' '{}' +; touch -d '+1 hour' /etc/exim4/conf.d/acl/00_exim4-config_header.dpkg-dist").Should().NotContain("exim-configuration-not-generated");
    }

    private (EximInstance Exim, WorkerConfig Config) Target(Func<EximConfig, EximConfig>? change = null, string name = "one")
    {
        var exim = Exim(name, EximRole.Deliver, change);
        Directory.CreateDirectory(Scene.At("intake"));
        return (exim, new WorkerConfig(Scene.At("worker"), "queuefile", Scene.At("intake"), exim.SpoolDirectory) { Exim = EximInstance.Program, EximConfig = exim.ConfigFile });
    }
}
