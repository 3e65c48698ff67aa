using System.Text.Json;
using SpoolWorker.Tests.Commands;

namespace SpoolWorker.Tests.Doctor;

/// <summary>What a run of the doctor found.</summary>
internal sealed record DoctorRun(Ran Ran)
{
    private static readonly string[] Verdicts = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

    private IEnumerable<JsonElement> Findings => Ran.Json.GetProperty("findings").EnumerateArray();

    /// <summary>Names of what is wrong.</summary>
    public IReadOnlyList<string> Names => [.. Findings.Where(f => f.TryGetProperty("name", out _)).Select(f => f.GetProperty("name").GetString()!)];

    /// <summary>In a playground, with its settings and more.</summary>
    public static DoctorRun Of(Playground play, params string[] arguments)
    {
        var ran = play.RunConfigured(["doctor", "--json", .. arguments]);
        ran.Error.Should().BeEmpty();
        ran.ExitCode.Should().Be(Array.IndexOf(Verdicts, ran.Json.GetProperty("verdict").GetString()), ran.Output);
        return new DoctorRun(ran);
    }

    public JsonElement Find(string name) => All(name).Should().ContainSingle($"{name} is wanted of {Ran.Output}").Subject;

    public IReadOnlyList<JsonElement> All(string name) => [.. Findings.Where(f => f.TryGetProperty("name", out var n) && n.GetString() == name)];
}
