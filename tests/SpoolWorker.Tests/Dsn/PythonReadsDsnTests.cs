using System.Text;
using System.Text.Json;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Dsn;

/// <summary>Skipped, and said so, where there is no Python.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PythonFactAttribute : FactAttribute
{
    public PythonFactAttribute() =>
        Skip = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(d => File.Exists($"{d}/python3")) ? null : "python3 is not installed (Debian: python3)";
}

/// <summary>Python's email package as an independent reader: every combination of RET and action, ENVID, ORCPT, texts outside ASCII.</summary>
public class PythonReadsDsnTests
{
    [PythonFact]
    public void Every_combination_says_the_same_to_Python_as_was_put_in()
    {
        var cases = Cases().ToList();
        using var directory = new TempDirectory();
        for (var i = 0; i < cases.Count; i++)
        {
            var (header, body) = DsnSample.Compose(cases[i].Notice, DsnSample.Options(o => o.Language = ["en", "de", "fr"]));
            File.WriteAllBytes($"{directory}/{i:000}.eml", DsnSample.Mail(header, body));
        }
        var found = Python(Directory.EnumerateFiles(directory).Order(StringComparer.Ordinal));
        found.Should().HaveCount(cases.Count);
        for (var i = 0; i < cases.Count; i++) Check(cases[i], found[i]);
    }

    private sealed record Case(DsnNotice Notice, PairFactory Pair, bool IsWhole, bool IsGlobal, string? Envid, string? Orcpt, string Body);

    private static IEnumerable<Case> Cases()
    {
        (string Raw, string? Shown)[] envids = [("", null), ("plain", "plain"), ("x+2By+3Dz", "x+y=z")];
        (string Raw, string? Shown)[] orcpts = [("", null), ("rfc822;orig@o.example", "rfc822; orig@o.example"), ("x400;/G+3DBob/", "x400; /G=Bob/"), ("utf-8;b\\x{F6}b@o.example", null)];
        foreach (var action in new[] { DsnAction.Failed, DsnAction.Delayed, DsnAction.Relayed })
        {
            foreach (var ret in new[] { Returned.Unset, Returned.Full, Returned.Headers })
            {
                foreach (var envid in envids)
                {
                    foreach (var orcpt in orcpts)
                    {
                        foreach (var global in new[] { false, true })
                        {
                            var body = envid.Shown is null ? "Gr\u00fc\u00dfe\nund mehr" : "Hello\n\n.dot\nFrom me\n";
                            var pair = new PairFactory
                            {
                                Sender = Utf8(global ? "\u00e4@s.example" : "a@s.example"),
                                Recipients = [DsnSample.Rcpt(Utf8(global ? "\u00fc@r.example" : "u@r.example"), orcpt.Raw, 8)],
                                Body = Encoding.Latin1.GetBytes(body),
                                Options = (envid.Raw.Length > 0 ? $"-dsn_envid {envid.Raw}\n" : "") + (ret == Returned.Unset ? "" : $"-dsn_ret {(int)ret}\n") + (global ? "-smtputf8\n" : ""),
                                MoreHeaders = ["Content-Language: de\n", $"X-Fold: a\n\tb {(orcpt.Shown is null ? "\u00e9" : "e")}\n"],
                            };
                            var shown = orcpt.Raw.StartsWith("utf-8", StringComparison.Ordinal) ? global ? "utf-8; b\u00f6b@o.example" : "utf-8; b\\x{F6}b@o.example" : orcpt.Shown;
                            yield return new Case(DsnSample.Notice(pair, action), pair, ret == Returned.Full && action == DsnAction.Failed, global, envid.Shown, shown, body);
                        }
                    }
                }
            }
        }
    }

    private static void Check(Case expected, JsonElement found)
    {
        var global = expected.IsGlobal ? "global-" : "";
        found.GetProperty("defects").EnumerateArray().Should().BeEmpty();
        found.GetProperty("type").GetString().Should().Be("multipart/report");
        found.GetProperty("reportType").GetString().Should().Be($"{global}delivery-status");
        var third = (expected.IsWhole, expected.IsGlobal) switch { (true, true) => "message/global", (true, false) => "message/rfc822", (false, true) => "message/global-headers", _ => "text/rfc822-headers" };
        found.GetProperty("parts").EnumerateArray().Select(p => p.GetString()).Should().Equal("text/plain", $"message/{global}delivery-status", third);
        found.GetProperty("text").GetString().Should().Contain("Dies ist das Mailsystem mx.here.example.");
        var groups = found.GetProperty("groups").EnumerateArray().Select(g => g.EnumerateArray().ToDictionary(f => f[0].GetString()!, f => f[1].GetString()!)).ToList();
        groups.Should().HaveCount(2);
        groups[0].GetValueOrDefault("Original-Envelope-Id").Should().Be(expected.Envid);
        groups[1].GetValueOrDefault("Original-Recipient").Should().Be(expected.Orcpt);
        groups[1]["Final-Recipient"].Should().Be(expected.IsGlobal ? "utf-8; \u00fc@r.example" : "rfc822; u@r.example");
        groups[1]["Action"].Should().Be(DsnActions.Token(expected.Notice.Action));
        groups[1].ContainsKey("Will-Retry-Until").Should().Be(expected.Notice.Action == DsnAction.Delayed);
        EnhancedStatus.TryParse(groups[1]["Status"], out var status).Should().BeTrue();
        status.Class.Should().Be(expected.Notice.Action switch { DsnAction.Failed => 5, DsnAction.Delayed => 4, _ => 2 });
        found.GetProperty("returnedNames").EnumerateArray().Select(n => n.GetString()).Should().Equal("Return-path", "To", "Subject", "Content-Language", "X-Fold");
        if (expected.IsWhole) found.GetProperty("returned").GetString().Should().EndWith($"\n\n{expected.Body}");
    }

    private static List<JsonElement> Python(IEnumerable<string> files)
    {
        var script = Path.Combine(AppContext.BaseDirectory, "Dsn", "parse_dsn.py");
        var output = new ProgramCall("python3", [script, .. files]).Run().Good;
        return [.. JsonDocument.Parse(output).RootElement.EnumerateArray()];
    }

    private static string Utf8(string text) => Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(text));
}
