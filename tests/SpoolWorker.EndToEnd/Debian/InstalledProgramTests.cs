// .NET in the package's program is trimmed: what nothing seems to use is not there. What is missing all the same would show when it is used, so its commands are run
// beside those of the program that was just built, which has all of .NET: both have to say the same.
using System.CommandLine;
using System.Text;
using System.Text.Json;
using SpoolWorker.Commands;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.EndToEnd.Debian;

[Collection(PackageSuite.Name)]
public sealed class InstalledProgramTests(BuiltPackage package)
{
    private const string Client = "192.0.2.1";

    private static readonly string[] Built = ["dotnet", "exec", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll")];

    // Of each command that needs no other program; behind `run --once` they find a ledger and mail.
    private static readonly string[][] Before =
    [
        ["version"], ["--version"], ["no-such-command"], ["config", "schema"], ["config", "show"], ["config", "show", "--json"], ["config", "show", "--changed"], ["config", "explain", "Engine:Workers"],
        ["config", "explain", "Authenticate:AuthservId", "--json"], ["check-config"], ["check-config", "--json"], ["list"], ["list", "--json"], ["list", "--sort", "age"], ["status", "--json"],
        ["show", "intake/input/1xVVhv-00048v-1u-H"], ["show", "1xVVhv-00048v-1u", "--json"], ["try", "--json"],
        ["authenticate", "message.eml", "--ip", Client, "--helo", "client.example", "--from", "alice@sender.example", "--json"], ["spf", "--ip", Client, "--from", "alice@sender.example", "--json"],
        ["arc-seal", "message.eml", "--admd", "mx.example", "--domain", "ours.example", "--selector", "s1", "--key", "key.pem"], ["dsn", "explain", "notification.eml", "--json"],
        ["dcc", "check", "message.eml", "--address", "/nowhere/dccifd", "--json"], ["dcc", "check", "message.eml", "--json"], ["srs", "encode", "alice@sender.example", "--domain", "srs.example", "--secret-file", "secret", "--at", "1795945723", "--json"],
        ["table", "import", "table.lmdb", "table.csv", "--json"], ["table", "list", "table.lmdb", "--json"], ["table", "get", "table.lmdb", "a"], ["table", "export", "table.lmdb"], ["table", "stats", "table.lmdb"],
        ["exim-config", "queuefile"], ["exim-config", "named-queue"], ["exim-config", "second-exim"], ["exim-config", "srs", "--json"], ["exim-config", "dovecot"], ["exim-config", "probe"],
        ["inject", "message.eml", "--from", "alice@sender.example", "--to", "bob@ours.example", "--json"],
        ["inject", "virus.eml", "--from", "mallory@sender.example", "--to", "bob@ours.example", "--json"], ["inject", "spam.eml", "--from", "eve@sender.example", "--to", "bob@ours.example", "--json"],
        ["inject", "wrapped.eml", "--from", "alice@sender.example", "--to", "bob@ours.example", "--json"],
        ["inject", "own.eml", "--from", "alice@ours.example", "--to", "bob@far.example", "--json"], ["hold", "--new", "--where", "sender = mallory@sender.example", "--json"],
    ];

    private static readonly string[][] Behind =
    [
        ["list"], ["list", "--held"], ["list", "--held", "--json"], ["list", "--jobs", "--json"], ["status"], ["status", "--json"], ["explain", "1xVVhw-00048y-0h", "--json"],
        ["show", "1xVVhw-00048y-0h"], ["show", "1xVVhw-00048y-0h", "--json"], ["trace", "1xVVhw-00048y-0h"], ["trace", "1xVVhw-00048y-0h", "--json"],
        ["release", "1xVVhw-00048y-0h", "--dry-run", "--json"], ["redirect", "carol@ours.example", "1xVVhw-00048y-0h", "--dry-run"], ["bounce", "1xVVhw-00048y-0h", "--reason", "no", "--json"],
        ["audit", "--json"], ["forget", "1xVVhw-00048y-0h", "--json"], ["check-config", "--json"],
    ];

    [EximFact]
    public void It_says_of_itself_what_the_built_one_says()
    {
        var program = Path.Combine(package.Unpacked, "usr/bin/spoolworker");
        var faults = new List<string>();
        foreach (var words in Commands(CatalogRoot(), []).AsParallel().AsOrdered().WithDegreeOfParallelism(2).Select(w => (Words: w, Said: new ProgramCall(program, [.. w, "--help"]).Run())))
        {
            var help = new StringWriter();
            CommandCatalog.Parse(CatalogRoot(), [.. words.Words, "--help"]).Invoke(new InvocationConfiguration { Output = help });
            // The name of the program that runs these tests stands there in place of ours.
            if (words.Said.Good != Named(help.ToString())) faults.Add($"{string.Join(' ', words.Words)}:\n{words.Said.Output}\n{help}");
        }
        faults.Should().BeEmpty();
    }

    [EximFact]
    public async Task Its_commands_and_passes_do_what_the_built_ones_do()
    {
        using var directory = new TempDirectory(isForAll: true);
        using var dns = new TestDnsServer(new Zone());
        using var clamd = new RealClamd();
        using var rspamd = new RealRspamd();
        using var spamd = new RealSpamd();
        await using var dccifd = DccStandIn.OnSocket(directory.At("dccifd"));
        var scanners = new ScannerAddresses(clamd.Address, dccifd.Address, rspamd.Address, spamd.Address);
        string[][] programs = [[Path.Combine(package.Unpacked, "usr/bin/spoolworker")], Built];
        var said = programs.AsParallel().AsOrdered().Select(program =>
        {
            using var scene = new ProgramScene(program, dns.Address, scanners);
            var told = Before.Select(scene.Say).ToList();
            var run = scene.Call("run", "--once");
            run.ExitCode.Should().Be(0, run.Error);
            told.AddRange(Outcomes(scene, run.Error + run.Output));
            told.AddRange(scene.Headers("spool/input"));
            told.AddRange(scene.Headers("held"));
            told.AddRange(Behind.Select(scene.Say));
            return told;
        }).ToList();
        said[0].Should().HaveSameCount(said[1]);
        said[1].Should().Contain(t => t.Contains("spf=none", StringComparison.Ordinal)).And.Contain(t => t.Contains("ARC-Seal:", StringComparison.Ordinal)).And.Contain(t => t.Contains("DKIM-Signature:", StringComparison.Ordinal))
            .And.Contain(t => t.Contains($"virus {RealClamd.Eicar} says clamd", StringComparison.Ordinal)).And.Contain(t => t.Contains("spamd gives it ", StringComparison.Ordinal))
            .And.Contain(t => t.Contains("rspamd_score", StringComparison.Ordinal)).And.Contain(t => t.Contains("X-DCC-standin-Metrics", StringComparison.Ordinal));
        said[0].Zip(said[1]).Where(pair => pair.First != pair.Second).Select(pair => $"installed:\n{pair.First}\nbuilt:\n{pair.Second}").Should().BeEmpty();
    }

    private static RootCommand CatalogRoot() => CommandCatalog.Root(new CommonOptions());

    private static IEnumerable<string[]> Commands(Command command, string[] words) =>
        [words, .. command.Subcommands.Where(c => !c.Hidden).SelectMany(c => Commands(c, [.. words, c.Name]))];

    private static string Named(string help) => help.Replace($"  {RootCommand.ExecutableName} ", "  spoolworker ", StringComparison.Ordinal);

    // What became of each message, in the log's JSON form.
    private static IEnumerable<string> Outcomes(ProgramScene scene, string log)
    {
        var found = new List<string>();
        foreach (var line in log.Split('\n').Where(l => l.StartsWith('{')))
        {
            using var entry = JsonDocument.Parse(line);
            if (entry.RootElement.GetProperty("EventId").GetInt32() != 1000) continue;
            var state = entry.RootElement.GetProperty("State");
            var text = new StringBuilder();
            foreach (var name in new[] { "Id", "Outcome", "Reason", "Results", "Sender", "Recipients", "Size", "Pass" }) text.Append($"{name}={(state.TryGetProperty(name, out var value) ? value.ToString() : "-")} ");
            found.Add(scene.Alike(text.ToString()));
        }
        found.Should().HaveCountGreaterThan(20);
        return found.Order(StringComparer.Ordinal);
    }
}
