// The public suites, through a DNS server over real sockets, with exact b= for sealing.
using System.Text;
using System.Text.RegularExpressions;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Tests.Arc;

public sealed class ArcSuiteTests
{
    // What the suite's README calls outdated: RFC 8617 has no empty cv, and no c= means simple/simple.
    private static readonly Dictionary<string, string> Outdated = new()
    {
        ["cv_fail_i1_as_cv_fail"] = "fail",
        ["cv_fail_i2_as2_fail"] = "fail",
        ["cv_fail_i2_as1_fail"] = "fail",
        ["ams_fields_c_na"] = "fail",
    };

    public static TheoryData<int, string> ValidationCases() => Cases(ArcSuite.Validation);

    public static TheoryData<int, string> SigningCases() => Cases(ArcSuite.Signing);

    [Fact]
    public void The_suites_are_whole()
    {
        if (!ArcSuite.IsThere) return;
        ArcSuite.Load(ArcSuite.Validation).Should().HaveCount(175);
        ArcSuite.Load(ArcSuite.Signing).Should().HaveCount(17);
    }

    [ArcSuiteTheory]
    [MemberData(nameof(ValidationCases))]
    public async Task A_chain_is_verified(int number, string name)
    {
        var test = ArcSuite.Load(ArcSuite.Validation)[number];
        using var server = new TestDnsServer(test.Zone);
        var result = await ArcMessage.Verify(test.Message, ArcMessage.Resolver(server));
        ArcWords.Token(result.State).Should().Be(Outdated.GetValueOrDefault(name, test["cv"].ToLowerInvariant()), "{0}: {1} ({2})", name, test["description"], result.ReasonText);
    }

    [ArcSuiteTheory]
    [MemberData(nameof(SigningCases))]
    public async Task A_message_is_sealed_with_the_very_same_signatures(int number, string name)
    {
        var test = ArcSuite.Load(ArcSuite.Signing)[number];
        using var server = new TestDnsServer(test.Zone);
        var message = ArcMessage.Read(test.Message);
        var before = await ArcMessage.Verify(test.Message, ArcMessage.Resolver(server));
        var privateKey = PrivateKey.TryParse(test["privatekey"], out var fault);
        privateKey.Should().NotBeNull(fault);
        var sealer = new ArcSealer(test["srv-id"], SealTimes.Default, test["sig-headers"].Split(':'), SealLayout.Alphabetical);
        var result = sealer.Seal(message, ArcChain.Read(message.Headers, ArcInstance.Max), new SealKey(test["domain"], test["sel"], privateKey!), before.State == ArcState.Pass,
            long.Parse(test["t"], System.Globalization.CultureInfo.InvariantCulture), CancellationToken.None);
        if (test["AS"].Length == 0)
        {
            result.Outcome.Should().Be(SealOutcome.ChainClosed, name);
            return;
        }
        result.Outcome.Should().Be(SealOutcome.Sealed, name);
        Tags(result.Lines[0].Text).Should().Equal(Tags(test["AS"]));
        Tags(result.Lines[1].Text).Should().Equal(Tags(test["AMS"]));
        Plain(Encoding.Latin1.GetString(result.Lines[2].Value)).Should().Be(Plain(test["AAR"]));
    }

    private static TheoryData<int, string> Cases(string file)
    {
        var data = new TheoryData<int, string>();
        // A theory without data fails, so where there is no suite one row stands for all that is skipped.
        if (!ArcSuite.IsThere) data.Add(0, "no suite");
        else foreach (var (test, number) in ArcSuite.Load(file).Select((t, i) => (t, i))) data.Add(number, test.Name);
        return data;
    }

    private static string[] Tags(ReadOnlyMemory<byte> line) => Tags(Encoding.Latin1.GetString(line.Span)[(line.Span.IndexOf((byte)':') + 1)..]);

    private static string[] Tags(string list) => [.. list.Split(';').Select(t => Regex.Replace(t, @"\s", "")).Order(StringComparer.Ordinal)];

    private static string Plain(string text) => Regex.Replace(text, @"\s+", " ").Trim();
}
