// Dovecot's authentication socket, with a real Dovecot and the stanza that `exim-config dovecot` prints.
using System.Diagnostics;

namespace SpoolWorker.EndToEnd.Doctor;

public sealed class DovecotTests : DoctorScene
{
    private string Socket => Scene.At("auth-exim");

    [DovecotFact]
    public async Task Where_exim_asks_dovecot_somebody_has_to_be_let_in_and_answered()
    {
        var config = Wired(Socket);
        Doctor(config).Text("dovecot-socket-missing").Should().Contain($"{Socket}, which dovecot_plain asks, is not there");
        File.WriteAllText(Socket, "no socket");
        Doctor(config).Text("dovecot-socket-missing").Should().EndWith("is no socket");
        File.Delete(Socket);

        using (var dovecot = await StartAsync($"unix_listener {Socket} {{\n mode = 0600\n user = root\n }}", () => File.Exists(Socket)))
        {
            Doctor(config).Names.Should().Contain("dovecot-socket-forbidden").And.NotContain("dovecot-silent");
            Run.Program("chmod", "0666", Socket);
            Doctor(config).Names.Should().Contain("dovecot-socket-open");
            Run.Program("chmod", "0660", Socket);
            Run.Program("chown", EximUser.Name, Socket);
            var well = Doctor(config);
            well.Names.Should().NotContain(n => n.StartsWith("dovecot-"));
            well.Well($"Target:Exim {Socket}").Should().Equal($"Dovecot greets at {Socket} (dovecot_plain)");
            DoctorAsExim(config).Names.Should().NotContain(n => n.StartsWith("dovecot-"));
            var link = Scene.At("auth-link");
            File.CreateSymbolicLink(link, Socket);
            Doctor(Wired(link)).Well($"Target:Exim {link}").Should().Equal($"Dovecot greets at {link} (dovecot_plain)");
            Stop(dovecot);
        }
        Doctor(config).Names.Should().Contain(n => n == "dovecot-silent" || n == "dovecot-socket-missing");
    }

    [DovecotFact]
    public async Task By_tcp_it_is_asked_likewise()
    {
        var port = EximInstance.FreePort();
        var config = Wired($"127.0.0.1 {port}");
        Doctor(config).Names.Should().Contain("dovecot-silent");
        using var dovecot = await StartAsync($"inet_listener exim {{\n address = 127.0.0.1\n port = {port}\n }}\n unix_listener {Socket} {{\n mode = 0600\n }}", () => File.Exists(Socket));
        Doctor(config).Names.Should().NotContain(n => n.StartsWith("dovecot-"));
        Stop(dovecot);
    }

    [DovecotFact]
    public async Task Who_greets_as_another_is_told()
    {
        var front = Exim("smtp", EximRole.Deliver);
        await front.StartDaemon();
        Doctor(Wired($"127.0.0.1 {front.Port}")).Text("dovecot-silent").Should().Contain("says '220 mail.example").And.EndWith("in place of VERSION");
    }

    // Exim takes what is printed: else it would not answer at all.
    private WorkerConfig Wired(string socket)
    {
        var printed = Run.Program("dotnet", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), "exim-config", "dovecot", "--part", "authenticators", "--socket", socket);
        printed.ExitCode.Should().Be(0, printed.Error);
        var exim = Exim($"exim{socket.Length}", EximRole.Deliver, c => c with { Retry = c.Retry + "\nbegin authenticators\n" + printed.Output });
        Run.Program(EximInstance.Program, "-C", exim.ConfigFile, "-bV").ExitCode.Should().Be(0);
        Directory.CreateDirectory(Scene.At("intake"));
        return new WorkerConfig(Scene.At("worker"), "queuefile", Scene.At("intake"), exim.SpoolDirectory) { Exim = EximInstance.Program, EximConfig = exim.ConfigFile };
    }

    private async Task<Process> StartAsync(string listener, Func<bool> isThere)
    {
        var root = Directory.CreateDirectory(Scene.At("dovecot")).FullName;
        File.WriteAllText($"{root}/dovecot.conf", $$"""
            base_dir = {{root}}/run
            state_dir = {{root}}/state
            log_path = {{root}}/log
            protocols =
            ssl = no
            auth_mechanisms = plain
            passdb {
              driver = static
              args = password=secret
            }
            userdb {
              driver = static
              args = uid=nobody gid=nogroup home=/nonexistent
            }
            service auth {
              {{listener}}
            }
            service stats {
              unix_listener stats-writer {
                mode = 0600
              }
            }

            """);
        var dovecot = Process.Start("/usr/sbin/dovecot", ["-F", "-c", $"{root}/dovecot.conf"]);
        await Run.Until(isThere, () => File.Exists($"{root}/log") ? File.ReadAllText($"{root}/log") : "no log of Dovecot's");
        return dovecot;
    }

    private static void Stop(Process dovecot)
    {
        Native.Signal(dovecot.Id, Native.Terminate);
        dovecot.WaitForExit();
    }
}

[AttributeUsage(AttributeTargets.Method)]
public sealed class DovecotFactAttribute : FactAttribute
{
    public DovecotFactAttribute() => Skip = Prerequisites.Missing() ?? (File.Exists("/usr/sbin/dovecot") ? null : "/usr/sbin/dovecot is not installed (Debian: dovecot-core)");
}
