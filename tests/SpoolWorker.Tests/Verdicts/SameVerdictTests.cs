using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Verdicts;
using SpoolWorker.Passes.Verdicts.Clamd;
using SpoolWorker.Passes.Verdicts.Rspamd;
using SpoolWorker.Passes.Verdicts.Spamd;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dcc;
using static SpoolWorker.Tests.Verdicts.VerdictScene;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>Two hundred mails, each asked about by the pass and by the engine's own client: what the engine says is the same.</summary>
public sealed class SameVerdictTests : IDisposable
{
    private const int Least = 200;

    // Else rspamc takes no arguments beyond ASCII (GLib, g_get_charset).
    private static readonly Dictionary<string, string> Utf8 = new() { ["CHARSET"] = "UTF-8" };

    private readonly TempDirectory _directory = new(isForAll: true);

    public void Dispose() => _directory.Dispose();

    [EngineFact("rspamd")]
    public async Task Rspamc_gets_the_action_the_score_and_the_symbols_that_the_pass_gets()
    {
        using var engine = new RealRspamd(hasDebiansRules: true);
        var pass = new RspamdPass(new RspamdOptions { Url = [engine.Address], SkipLocal = false, SkipAuthenticated = false }.Patient(), TimeProvider.System);

        var asked = await CompareAsync(pass, results => Verdict(results["rspamd_action"], Number(results["rspamd_score"]), results["rspamd_symbols"].Split(',')), (message, file) =>
        {
            using var json = JsonDocument.Parse((new ProgramCall(RealRspamd.Client, ["-h", engine.Address, "--json", .. Envelope(message), file]) with { Environment = Utf8 }).Run().Good);
            var answer = json.RootElement;
            return Verdict(answer.GetProperty("action").GetString()!, answer.GetProperty("score").GetDouble(), answer.GetProperty("symbols").EnumerateObject().Select(s => s.Name));
        });

        asked.Select(a => a.Split(' ')[0]).Distinct().Should().HaveCountGreaterThan(2, "there is more than one action in them");
        asked.Should().Contain(a => a.Contains("GTUBE", StringComparison.Ordinal)).And.HaveCountGreaterThanOrEqualTo(Least);
    }

    [EngineFact("spamd")]
    public async Task Spamc_gets_the_score_and_the_rules_that_the_pass_gets()
    {
        using var engine = new RealSpamd(hasDebiansRules: true);
        var pass = new SpamdPass(new SpamdOptions { Address = [engine.Address], SkipLocal = false, SkipAuthenticated = false, User = "any" }.Patient(), TimeProvider.System);

        var asked = await CompareAsync(pass, results => Verdict(results["spamd_threshold"], Number(results["spamd_score"]), results["spamd_symbols"].Split(',')), (_, file) =>
        {
            // The score, and a report of the rules alone.
            var said = Spamc(["-U", engine.Address, "-x", "-u", "any", "-R"], file).Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var score = said[0].Split('/');
            return Verdict(Number(score[1]).ToString(CultureInfo.InvariantCulture), Number(score[0]), string.Concat(said[1..]) is var rules and not "none" ? rules.Split(',') : [""]);
        });

        asked.Should().Contain(a => a.Contains("GTUBE", StringComparison.Ordinal)).And.HaveCountGreaterThanOrEqualTo(Least);
    }

    [EngineFact("clamd")]
    public async Task Clamdscan_finds_what_the_pass_finds()
    {
        using var engine = new RealClamd();
        var pass = new ClamdPass(new ClamdOptions { Address = [engine.Address] }.Patient(), TimeProvider.System);

        var asked = await CompareAsync(pass, results => results.GetValueOrDefault("virus_name", "OK"), (_, file) =>
        {
            var said = new ProgramCall(RealClamd.Client, "-c", engine.Configuration, "--stream", "--no-summary", file).Run().Output.Trim();
            return said.EndsWith(" FOUND", StringComparison.Ordinal) ? said[(file.Length + 2)..^" FOUND".Length] : said[(file.Length + 2)..];
        });

        asked.Distinct().Should().BeEquivalentTo(["OK", RealClamd.Eicar, RealClamd.Unwanted]);
        asked.Should().HaveCountGreaterThanOrEqualTo(Least);
    }

    // What the engine said of each; that both heard the same is asserted.
    private async Task<IReadOnlyList<string>> CompareAsync(VerdictPass pass, Func<IReadOnlyDictionary<string, string>, string> ours, Func<HeaderFile, string, string> theirs)
    {
        var mails = MailCorpus.In(_directory.At("input"));
        using var directory = new SpoolDirectory(_directory.At("input"));
        var wires = new ConcurrentDictionary<string, string>();
        var found = new ConcurrentDictionary<string, (string Ours, string Theirs)>();
        await Parallel.ForEachAsync(mails, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount }, async (mail, token) =>
        {
            SpoolPair.Claim(directory, mail.Id, out var claimed, out var error).Should().Be(ClaimResult.Claimed, $"{error}");
            using var pair = claimed!;
            HeaderFileReader.TryRead(pair.HeaderBytes, pair.Id, out var header, out error).Should().BeTrue($"{error}");
            var context = new PassContext(header!, new PairBody(pair, header!.IsWireFormat), header.Recipients, 1, new Dictionary<string, string>(), DccScene.Now);
            var wire = OnTheWire(header, File.ReadAllBytes(_directory.At($"input/{mail.Id.BodyName}"))[mail.Id.BodyOffset..]);
            wires.TryAdd(Encoding.Latin1.GetString(wire), mail.Kind).Should().BeTrue($"{mail.Kind} is like none of the others");
            var file = _directory.At($"{mail.Id}.eml");
            await File.WriteAllBytesAsync(file, wire, token);
            var result = await pass.RunAsync(context, token);
            result.UnavailableReason.Should().BeNull(mail.Kind);
            found[$"{mail.Kind} {mail.Id}"] = (ours(result.Results), theirs(header, file));
        });
        found.Where(f => f.Value.Ours != f.Value.Theirs).Select(f => $"{f.Key}: {f.Value.Ours}, and the client {f.Value.Theirs}").Should().BeEmpty();
        return [.. found.Values.Select(f => f.Ours)];
    }

    // By another way than the pass's: header lines that are not deleted, an empty line, the body, and CRLF for each LF unless the body lies with it (transport.c).
    private static byte[] OnTheWire(HeaderFile header, byte[] body)
    {
        var lines = string.Concat(header.Headers.Where(h => !h.IsDeleted).Select(h => Encoding.Latin1.GetString(h.Text.Span))) + "\n";
        var text = Encoding.Latin1.GetString(body);
        return Encoding.Latin1.GetBytes(lines.Replace("\n", "\r\n", StringComparison.Ordinal) + (header.IsWireFormat ? text : text.Replace("\n", "\r\n", StringComparison.Ordinal)));
    }

    // The envelope, as the pass tells it.
    private static IEnumerable<string> Envelope(HeaderFile message)
    {
        var given = new List<(string Option, string? Value)>
        {
            ("--from", message.Sender.IsEmpty ? null : Encoding.UTF8.GetString(message.Sender.Span)),
            ("--ip", message.ClientAddress?.ToString()),
            ("--helo", Of(message, "helo_name")),
            ("--hostname", Of(message, "host_name")),
            ("--user", message.IsAuthenticated ? Of(message, "auth_id") : null),
        };
        given.AddRange(message.Recipients.Select(r => ("--rcpt", (string?)Encoding.UTF8.GetString(r.Address.Span))));
        return given.Where(g => g.Value is not null).SelectMany(g => new[] { g.Option, g.Value! });
    }

    private static string? Of(HeaderFile message, string variable) => message.Find(variable) is { } found ? DccScene.Text(found.Value) : null;

    private static string Verdict(string action, double score, IEnumerable<string> symbols) => string.Create(CultureInfo.InvariantCulture, $"{action} {score + 0.0:0.00} {string.Join(',', symbols.Order(StringComparer.Ordinal))}");

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    // It ends with 1 where it is spam.
    private static string Spamc(string[] arguments, string file)
    {
        var said = new ProgramCall(RealSpamd.Client, arguments) { Encoding = Encoding.Latin1, Input = Encoding.Latin1.GetString(File.ReadAllBytes(file)) }.Run();
        return said.ExitCode is 0 or 1 ? said.Output : throw new InvalidOperationException($"spamc ended with {said.ExitCode}: {said.Error}");
    }
}
