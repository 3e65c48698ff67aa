// The configuration read again and again while mail comes: good files and bad ones in turns, with keys, tables, secrets and rules that are new each time.
// Every message leaves its generation in four places: the signature's selector and whether a table let it be signed, the domain of its return path, and a
// header line of the rules. SPOOLWORKER_KILL_LOOPS scales the number of reloads.
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using SpoolWorker.Control.Client;
using SpoolWorker.Operations.Views.Status;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;

namespace SpoolWorker.EndToEnd.Watched;

public sealed partial class ReloadTests : IDisposable
{
    private const int Reloads = 200, Portion = 12;
    private static readonly double Scale = double.Parse(TestVariables.KillLoops ?? "1", CultureInfo.InvariantCulture);

    private readonly TempDirectory _scene = new();
    private readonly WorkerProcess _worker;
    private readonly Dictionary<string, int> _found = [];
    private int _fed;

    public ReloadTests()
    {
        Write(0);
        _worker = new WorkerProcess(Config(0)) { Under = ["env", "--default-signal=HUP"] };
    }

    private string Intake => _scene.Create("intake/input");

    private string Target => _scene.Create("spool/input");

    private string Socket => _scene.At("control.sock");

    private string File => Path.Combine(_worker.Config.Root, "worker.json");

    public void Dispose()
    {
        _worker.Dispose();
        _scene.Dispose();
    }

    [Fact]
    public async Task Reloaded_again_and_again_under_load_no_message_is_lost_doubled_or_judged_by_two_generations()
    {
        _worker.Start();
        await AnswersAsync();
        var (count, generation) = ((int)Math.Ceiling(Reloads * Scale), 0);
        for (var i = 1; i <= count; i++)
        {
            Feed();
            if (i % 3 == 0)
            {
                await RefusedAsync(i, generation);
                continue;
            }
            Write(++generation);
            Config(generation).Write();
            if (i % 7 == 0) await HungUpAsync();
            else (await AskAsync()).Should().Match<ReloadView>(v => v.Reloaded, _worker.Log);
            if (generation > 1) Remove(generation - 2);
            if (i != count / 2) continue;
            Feed();
            _worker.Kill();
            _worker.Start();
            await AnswersAsync();
        }
        await _worker.Until(() => SpoolListing.Files(Intake).Count == 0, () => $"left in the intake: {string.Join(' ', SpoolListing.Files(Intake).Take(10))}", TimeSpan.FromMinutes(2));
        _worker.Stop().Should().Be(0);
        Check(generation);
    }

    [Fact]
    public async Task Each_command_says_what_came_of_it()
    {
        Reload().Should().Match<ProgramResult>(r => r.ExitCode == 75 && r.Output.Length == 0 && r.Error.Contains("nobody listens on"), "no worker runs");
        _worker.Start();
        await AnswersAsync();
        Reload().Should().Match<ProgramResult>(r => r.ExitCode == 0 && r.Output.Contains("is in force (generation 2)"));
        System.IO.File.WriteAllText(File, "{ \"Passes\": ");
        // The file says no socket any more: it is told where to ask, as the unit's usual one would be.
        Reload($"--Control:Socket={Socket}").Should().Match<ProgramResult>(r => r.ExitCode == 78 && r.Error.Contains("not reloaded, and nothing changed:\n") && r.Error.Contains("not JSON"));
        Status().Should().Contain("generation 2").And.Contain("refused");
        Run.Program("curl", "-s", "--unix-socket", Socket, "http://worker/metrics").Output.Should().Contain("spoolworker_config_last_reload_successful 0\n").And.Contain("spoolworker_config_generation 2\n");
        System.IO.File.Delete(File);
        Reload($"--Control:Socket={Socket}").Should().Match<ProgramResult>(r => r.ExitCode == 78 && r.Error.Contains("no such file"));
        (Config(0) with { Workers = 3 }).Write();
        var restart = Reload("--json");
        restart.ExitCode.Should().Be(78);
        ((bool)JsonNode.Parse(restart.Output)!["reloaded"]!).Should().BeFalse();
        restart.Error.Should().Contain("Engine:Workers = '3': needs a restart, it is '4' in the worker that runs");
        Config(0).Write();
        Reload().ExitCode.Should().Be(0);
        // Of another file: the worker is not the one that is meant.
        var other = (Config(0) with { Root = _scene.At("other") }).Write();
        Run.Program("dotnet", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), "reload", "--config", other).Should().Match<ProgramResult>(r => r.ExitCode == 78 && r.Error.Contains("not " + other));
        var stranger = Run.Program("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "curl", "-s", "-d", "{}", "--unix-socket", Socket, "http://worker/v1/reload");
        stranger.Output.Should().NotContain("\"reloaded\"", "root and the worker's user alone may ask");
        _worker.Stop().Should().Be(0);
    }

    private ProgramResult Reload(params string[] more) => ProgramCall.SpoolWorker(["reload", "--config", File, .. more]).Run();

    private string Status() => ProgramCall.SpoolWorker("status", "--config", (Config(0) with { Root = _scene.At("looking") }).Write()).Run().Output;

    private async Task<ReloadView> AskAsync()
    {
        var answer = await ControlClient.ReloadAsync(Socket, File, Run.Patience, CancellationToken.None);
        return answer.Value ?? throw new InvalidOperationException($"{answer.Trouble?.Text}\n{_worker.Log}");
    }

    private Task AnswersAsync() => _worker.Until(() => System.IO.File.Exists(Socket) && ControlClient.StatusAsync(Socket, Run.Patience, CancellationToken.None).GetAwaiter().GetResult().Status is not null, () => "no answer");

    private async Task HungUpAsync()
    {
        int Lines() => Again().Count(_worker.Log);
        var before = Lines();
        _worker.HangUp();
        await _worker.Until(() => Lines() > before, () => "no line about the signal");
    }

    // Each in its turn: broken, with an unknown key, without its key file, with a key that needs a restart, gone.
    private async Task RefusedAsync(int turn, int generation)
    {
        var file = JsonNode.Parse(System.IO.File.ReadAllText(File))!.AsObject();
        switch (turn / 3 % 5)
        {
            case 0: System.IO.File.WriteAllText(File, "{ \"Passes\": ["); break;
            case 1: System.IO.File.WriteAllText(File, (file["Engine"]!["Wrokers"] = 1).Root.ToJsonString()); break;
            case 2: System.IO.File.WriteAllText(File, (file["Dkim"]!["Sign"]!["Keys"]![0]!["PrivateKeyFile"] = _scene.At("no.key")).Root.ToJsonString()); break;
            case 3: System.IO.File.WriteAllText(File, (file["Engine"]!["Workers"] = 9).Root.ToJsonString()); break;
            default: System.IO.File.Delete(File); break;
        }
        (await AskAsync()).Should().Match<ReloadView>(v => !v.Reloaded && v.Reasons.Count > 0);
        Config(generation).Write();
    }

    private WorkerConfig Config(int generation) => new(_scene.At("worker"), "spool", Intake, Target)
    {
        Wake = "none",
        Passes = ["rules", "srs", "dkim-sign"],
        Sections = new Dictionary<string, object>
        {
            ["Control"] = new { Socket },
            ["Rules"] = new { List = new[] { new { When = "sender = *@sender.example", Then = "tag", Header = $"X-Generation: {generation}" } } },
            ["Srs"] = new { Secrets = new[] { _scene.At($"{generation}.secret") }, Alias = $"g{generation}.fwd.example", LocalDomains = new[] { $"lsearch;{_scene.At($"{generation}.local")}" } },
            ["Dkim"] = new { Sign = new { Hosts = new[] { "127.0.0.1" }, Keys = new[] { new { Domain = "sender.example", Selector = $"s{generation}", PrivateKeyFile = _scene.At($"{generation}.key"), Senders = new[] { $"lsearch;{_scene.At($"{generation}.senders")}" } } } } },
        },
    };

    private void Write(int generation)
    {
        foreach (var (name, text) in new[] { ("secret", $"secret of {generation}"), ("local", $"ours{generation}.example\n"), ("senders", "sender.example\n"), ("key", PrivateKey.NewPem(KeyType.Ed25519)) })
        {
            System.IO.File.WriteAllText(_scene.At($"{generation}.{name}"), text);
            System.IO.File.SetUnixFileMode(_scene.At($"{generation}.{name}"), UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    // Nobody looks at keys and secrets again; tables are, by messages that have begun.
    private void Remove(int generation)
    {
        System.IO.File.Delete(_scene.At($"{generation}.secret"));
        System.IO.File.Delete(_scene.At($"{generation}.key"));
    }

    private void Feed()
    {
        const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        for (var i = 0; i < Portion; i++)
        {
            var n = ++_fed;
            var id = $"1xV{Digits[n / 3844 % 62]}{Digits[n / 62 % 62]}{Digits[n % 62]}-000477-0i";
            var from = "From: Sender <alice@sender.example>\n";
            var mark = $"X-Mark: m{n}\n";
            System.IO.File.WriteAllText($"{Intake}/{id}-D", $"{id}-D\nHello {n}\n");
            System.IO.File.WriteAllText($"{Intake}/hdr.{id}", $"{id}-H\nDebian-exim 103 106\n<alice@sender.example>\n1795446709 0\n-received_time_usec .220558\n-helo_name c.example\n-host_address [127.0.0.1]:4090\n"
                + $"-body_linecount 1\n-max_received_linelength 37\n-deliver_firsttime\nXX\n1\nbob@far.example\n\n{from.Length:000}F {from}{mark.Length:000}  {mark}");
            System.IO.File.Move($"{Intake}/hdr.{id}", $"{Intake}/{id}-H");
        }
    }

    private void Check(int last)
    {
        var seen = new HashSet<int>();
        foreach (var path in Directory.EnumerateFiles(Target, "*-H", SearchOption.AllDirectories))
        {
            var header = Encoding.Latin1.GetString(System.IO.File.ReadAllBytes(path));
            var mark = Mark().Match(header).Groups[1].Value;
            _found[mark] = _found.GetValueOrDefault(mark) + 1;
            int[] generations = [.. new[] { Rule(), Alias(), Selector() }.Select(r => int.Parse(r.Match(header).Groups[1].ValueSpan, CultureInfo.InvariantCulture))];
            generations.Distinct().Should().ContainSingle(header);
            seen.Add(generations[0]);
        }
        _found.Count.Should().Be(_fed, "nothing is lost");
        _found.Where(f => f.Value > 1).Should().BeEmpty("nothing comes twice");
        SpoolListing.Files(Target).Where(f => f.Contains("hdr.", StringComparison.Ordinal)).Should().BeEmpty();
        SpoolListing.Files(_worker.Config.Held).Should().BeEmpty();
        SpoolListing.Files(_worker.Config.Corrupt).Should().BeEmpty();
        seen.Count.Should().BeGreaterThan(last / 4, "mail came while the configurations changed");
    }

    [GeneratedRegex("X-Mark: (m[0-9]+)\n")]
    private static partial Regex Mark();

    [GeneratedRegex("X-Generation: ([0-9]+)\n")]
    private static partial Regex Rule();

    [GeneratedRegex(@"@g([0-9]+)\.fwd\.example")]
    private static partial Regex Alias();

    [GeneratedRegex("s=s([0-9]+);")]
    private static partial Regex Selector();

    [GeneratedRegex("read again: generation")]
    private static partial Regex Again();
}
