using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>The janitor as an operator meets it: the program as a process.</summary>
public sealed class JanitorCommandTests : IDisposable
{
    private readonly Playground _ground = new();

    public void Dispose() => _ground.Dispose();

    [Fact]
    public void It_tells_in_eighty_columns_and_by_its_exit_code_and_moves_what_it_is_asked_to()
    {
        _ground.Run(["job", "run", "janitor", .. _ground.Settings]).Should().Match<Ran>(r => r.ExitCode == 0 && r.Output.Contains("nothing lies about"));
        string[] bodies = [.. Enumerable.Range(0, 3).Select(i => Old($"{_ground.Target}/{PairFactory.ShortId(i)}-D"))];

        var told = _ground.Run(["job", "run", "janitor", .. _ground.Settings]);
        (told.ExitCode, told.Error).Should().Be((0, ""), "it is litter");
        told.Output.Should().StartWith("COUNT  AGE   WHAT\n3            body-alone: -D without -H: ").And.Contain($"9.0d  {bodies[0]}\n").And.Contain("--fix body-alone");
        told.Output.Split('\n').Should().OnlyContain(line => line.Length <= 80);
        var dry = _ground.Run(["job", "run", "janitor", "--fix", "body-alone", "--dry-run", .. _ground.Settings]);
        dry.Output.Should().Contain("to be moved to");
        bodies.Should().OnlyContain(f => File.Exists(f));

        var header = Old($"{_ground.Target}/{PairFactory.ShortId(7)}-H");
        var json = _ground.Run(["job", "run", "janitor", "--json", .. _ground.Settings]);
        json.ExitCode.Should().Be(1, "it is mail that nobody delivers");
        var first = json.Json.GetProperty("findings")[0];
        (first.GetProperty("kind").GetString(), first.GetProperty("level").GetString(), first.GetProperty("subject").GetString()).Should().Be(("header-alone", "bad", header));
        first.GetProperty("since").GetDateTimeOffset().Should().BeCloseTo(DateTimeOffset.UtcNow.AddDays(-9), TimeSpan.FromHours(1));
        _ground.Run(["job", "list", .. _ground.Settings]).Output.Should().Contain("janitor: ").And.Contain(" and 2 more: -D without -H");

        var fixing = _ground.Run(["job", "run", "janitor", "--fix", "body-alone", .. _ground.Settings]);
        fixing.ExitCode.Should().Be(1);
        bodies.Where(File.Exists).Should().BeEmpty();
        Directory.EnumerateFiles($"{_ground.Target}/lost+found", "*-D", SearchOption.AllDirectories).Should().HaveCount(3);
        File.Exists(header).Should().BeTrue();
        // The next look at the metric and at status is told what the last run found.
        _ground.Run(["job", "list", "--json", .. _ground.Settings]).Json.EnumerateArray().Single(j => j.GetProperty("name").GetString() == "janitor").GetProperty("findings").EnumerateArray()
            .Select(f => f.GetProperty("kind").GetString()).Should().Contain("moved").And.Contain("header-alone").And.NotContain("body-alone");
    }

    [Fact]
    public void What_makes_no_sense_is_refused()
    {
        _ground.Run(["job", "run", "janitor", "--fix", "refused", .. _ground.Settings]).Should().Match<Ran>(r => r.ExitCode == 64 && r.Error.Contains("janitor cannot fix 'refused'; it can body-alone, "));
        _ground.Run(["job", "run", "ocsp", "--fix", "frozen", .. _ground.Settings]).Should().Match<Ran>(r => r.ExitCode == 64 && r.Error.Contains("leave --fix out"));
        _ground.Run(["job", "run", "janitor", "--Janitor:Age=1h", .. _ground.Settings]).Should().Match<Ran>(r => r.ExitCode == 78 && r.Error.Contains("Janitor:Age"));
        _ground.Run(["job", "run", "janitor", "--Janitor:On=false", .. _ground.Settings]).Should().Match<Ran>(r => r.ExitCode == 78 && r.Error.Contains("see the section Janitor"));
    }

    private static string Old(string path)
    {
        File.WriteAllText(path, $"{Path.GetFileName(path)}\n");
        File.SetLastWriteTimeUtc(path, DateTime.UtcNow.AddDays(-9));
        return path;
    }
}
