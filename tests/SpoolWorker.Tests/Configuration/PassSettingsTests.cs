using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Tests.Dkim;

namespace SpoolWorker.Tests.Configuration;

public sealed class PassSettingsTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public PassSettingsTests()
    {
        Directory.CreateDirectory($"{_folder}/spool/input");
        Directory.CreateDirectory($"{_folder}/intake");
        File.WriteAllText($"{_folder}/key.pem", Mail.RsaPem);
        File.SetUnixFileMode($"{_folder}/key.pem", UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("authenticate,rules", null)]
    [InlineData("authenticate,rules,dkim-sign,arc-seal", null)]
    [InlineData("arc-seal,dkim-sign", "Passes:1 = 'dkim-sign': edits header lines behind arc-seal, which signs them;*")]
    [InlineData("rules,authenticate", "Passes:1 = 'authenticate': comes behind rules, which edits header lines;*")]
    [InlineData("arc-seal,rules", "Passes:1 = 'rules': edits header lines behind arc-seal, which signs them;*")]
    [InlineData("dkim-sign,rules", "Passes:1 = 'rules': edits header lines behind dkim-sign*")]
    [InlineData("rules,nonsense", "Passes:1 = 'nonsense': no such pass. Known: *authenticate*")]
    public void Order_keeps_the_header_as_received_and_as_sealed(string passes, string? expected)
    {
        var faults = Load(passes.Split(','), Seal("mx.example"));
        if (expected is null) faults.Should().BeEmpty();
        else faults.Should().ContainSingle().Which.Should().Match(expected);
    }

    [Fact]
    public void A_rule_asks_only_for_what_passes_before_it_find()
    {
        Load(["authenticate", "rules"], ["--Authenticate:AuthservId=mx.example", "--Rules:List:0:When=spf_result = fail"]).Should().BeEmpty();
        Load(["rules"], ["--Rules:List:0:When=spf_result = fail"]).Should().ContainSingle().Which.Should()
            .StartWith("Rules:List:0:When = 'spf_result = fail': at character 1: 'spf_result' is never set here: authenticate, which finds it, is not among Passes.");
        Load(["authenticate"], ["--Authenticate:AuthservId=mx.example", "--Rules:List:0:When=nonsense"]).Should().BeEmpty("rules do not run");
    }

    [Theory]
    [InlineData("dsn", "rules")]
    [InlineData("rules", "dsn")]
    [InlineData("dkim-sign", "dsn")]
    public void The_place_of_dsn_does_not_matter(params string[] passes) => Load(passes, [.. Seal("mx.example"), "--Dsn:ReportingMta=mx.example"]).Should().BeEmpty();

    [Fact]
    public void Seal_needs_the_pass() => Load(["authenticate"], ["--Arc:Mode=seal"]).Should().Equal("Arc:Mode = 'seal': name arc-seal last in Passes");

    [Fact]
    public void Only_lines_of_ours_are_sealed()
    {
        Load(["authenticate", "arc-seal"], Seal("other.example")).Should().ContainSingle().Which.Should().StartWith("Arc:Seal:AdmdId = 'other.example': Authenticate:AuthservId is 'mx.example'");
        Load(["authenticate", "arc-seal"], [.. Seal("other.example"), "--Authenticate:OwnIds:0=Other.example"]).Should().BeEmpty();
    }

    [Fact]
    public void A_key_that_others_can_read_is_refused()
    {
        File.SetUnixFileMode($"{_folder}/key.pem", UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Load(["arc-seal"], Seal("mx.example")).Should().Contain(f => f.StartsWith("Arc:Seal:PrivateKeyFile = ", StringComparison.Ordinal) && f.Contains("others", StringComparison.Ordinal));
        Load(["rules"], Seal("mx.example")).Should().BeEmpty("a pass that does not run needs no key");
    }

    [Fact]
    public void All_faults_of_all_sections_come_together() => Load(["rules", "dcc"],
        ["--Rules:List:0:When=nonsense", "--Rules:Colour=red", "--Spf:Timeout=soon", "--Dns:Servers:0=no host", "--Dcc:OnReject=explode", "--Dcc:BreakAfter=0", "--Dkim:Sign:Wrong=1", "--Arc:Mode=maybe"])
        .Should().Contain(f => f.StartsWith("Rules:List:0:When = 'nonsense': at character 1", StringComparison.Ordinal))
        .And.Contain(f => f.StartsWith("Rules:Colour: no such key", StringComparison.Ordinal))
        .And.Contain(f => f.StartsWith("Spf:Timeout = 'soon': must be a time such as", StringComparison.Ordinal))
        .And.Contain(f => f.StartsWith("Dns:Servers", StringComparison.Ordinal))
        .And.Contain(f => f.StartsWith("Dcc:OnReject = 'explode': must be one of accept, tag", StringComparison.Ordinal))
        .And.Contain(f => f.StartsWith("Dcc:BreakAfter = '0'", StringComparison.Ordinal))
        .And.Contain(f => f.StartsWith("Dkim:Sign:Wrong: no such key", StringComparison.Ordinal))
        .And.Contain(f => f.StartsWith("Arc:Mode = 'maybe': must be one of off, verify, seal", StringComparison.Ordinal))
        .And.HaveCount(8);

    private string[] Seal(string admd) =>
    [
        "--Arc:Mode=seal", $"--Arc:Seal:AdmdId={admd}", "--Arc:Seal:Domain=example.org", "--Arc:Seal:Selector=s", $"--Arc:Seal:PrivateKeyFile={_folder}/key.pem",
        "--Dkim:Sign:Keys:0:Domain=example.org", "--Dkim:Sign:Keys:0:Selector=s", $"--Dkim:Sign:Keys:0:PrivateKeyFile={_folder}/key.pem", "--Authenticate:AuthservId=mx.example",
    ];

    private IReadOnlyList<string> Load(string[] passes, string[] more)
    {
        File.WriteAllText($"{_folder}/worker.json", $$"""
            { "Intakes": [ { "Path": "{{_folder}}/intake", "Kind": "queuefile" } ], "Target": { "Path": "{{_folder}}/spool/input" },
              "Passes": [ {{string.Join(", ", passes.Select(p => $"\"{p}\""))}} ],
              "Ledger": { "Path": "{{_folder}}/ledger" }, "Held": { "Path": "{{_folder}}/held" }, "Corrupt": { "Path": "{{_folder}}/corrupt" } }
            """);
        // Sealing is set in most cases and done in few.
        var settings = passes.Contains("arc-seal") || more.Contains("--Arc:Mode=seal") && more.Length == 1 ? more : [.. more.Where(m => m != "--Arc:Mode=seal")];
        return ConfigurationLoader.Load($"{_folder}/worker.json", settings, CommonOptions.Known()).Faults;
    }
}
