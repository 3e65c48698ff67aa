using System.Net;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Spf;
using SpoolWorker.Tests.Dns;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Spf;

/// <summary>The public suite of RFC 7208 and our own vectors, through a DNS server over real sockets.</summary>
public sealed class SpfSuiteTests
{
    private const string Suite = "spf/rfc7208-tests.yml";

    [SuiteFact(Suite)]
    public async Task All_203_cases_of_the_public_suite_give_their_results()
    {
        var scenarios = SpfVectors.Read(Path.Combine(Suites.Root, Suite));
        scenarios.Sum(s => s.Cases.Count).Should().Be(203);
        string.Join('\n', await DeviationsAsync(scenarios)).Should().BeEmpty();
    }

    [Fact]
    public async Task Our_own_vectors_give_their_results()
    {
        var files = Directory.GetFiles(Path.Combine(Suites.Repository, "tests/SpoolWorker.Tests/Spf/vectors"), "*.yml");
        files.Should().NotBeEmpty();
        foreach (var file in files) string.Join('\n', await DeviationsAsync(SpfVectors.Read(file))).Should().BeEmpty(Path.GetFileName(file));
    }

    private static async Task<List<string>> DeviationsAsync(List<SpfScenario> scenarios)
    {
        var deviations = await Task.WhenAll(scenarios.Select(async scenario =>
        {
            // A lookup's time limit is counted by a clock that only the zone's silence moves: a busy machine makes none of them late.
            var clock = new FakeClock();
            scenario.Zone.TimeGoesBy = clock.Advance;
            using var server = new TestDnsServer(scenario.Zone);
            var dns = new DnsResolver(new DnsOptions { Servers = [server.Address], Timeout = Zone.Silence, Retries = 0 }, clock);
            var evaluator = new SpfEvaluator(dns, new SpfOptions(), TimeProvider.System);
            var found = new List<string>();
            foreach (var one in scenario.Cases)
            {
                var outcome = await evaluator.EvaluateAsync(new SpfQuery(IPAddress.Parse(one.Host), one.Helo, one.MailFrom, one.Receiver), CancellationToken.None);
                if (!one.Results.Contains(outcome.Result.Token())) found.Add($"{scenario.Description}/{one.Name}: {outcome.Result.Token()} ({outcome.Problem}), expected {string.Join(" or ", one.Results)}");
                var explanation = one.Explanation == "DEFAULT" ? null : one.Explanation;
                if (one.Explanation is not null && outcome.Explanation != explanation) found.Add($"{scenario.Description}/{one.Name}: '{outcome.Explanation}', expected '{explanation}'");
                // Whatever the case: a line that is one header field.
                var line = ReceivedSpf.Line(outcome);
                if (line.Flag != ' ' || !line.Is("Received-SPF"u8)) found.Add($"{one.Name}: {line}");
            }
            return found;
        }));
        return [.. deviations.SelectMany(d => d)];
    }
}
