// Runs the doctor beside real Exims and a worker, as root or as the Exim user.
using System.Text.Json;

namespace SpoolWorker.EndToEnd.Doctor;

public abstract class DoctorScene : WorkerScene
{
    private static readonly string[] Verdicts = ["OK", "WARNING", "CRITICAL", "UNKNOWN"];

    internal sealed record Found(JsonElement Json, string Error)
    {
        private IEnumerable<JsonElement> Findings => Json.GetProperty("findings").EnumerateArray();

        /// <summary>Names of what is wrong.</summary>
        public IReadOnlyList<string> Names => [.. Findings.Where(f => f.TryGetProperty("name", out _)).Select(f => f.GetProperty("name").GetString()!)];

        public string Text(string name) => Findings.Where(f => f.TryGetProperty("name", out var n) && n.GetString() == name).Should().ContainSingle($"{name} is wanted of {Json}").Subject.GetProperty("text").GetString()!;

        /// <summary>What is said of a subject that is well.</summary>
        public IEnumerable<string> Well(string subject) => Findings.Where(f => f.GetProperty("severity").GetString() == "ok" && f.GetProperty("subject").GetString() == subject).Select(f => f.GetProperty("text").GetString()!);
    }

    internal static Found Doctor(WorkerConfig config, params string[] arguments) => Doctor(config, [], arguments);

    internal static Found DoctorAsExim(WorkerConfig config, params string[] arguments) => Doctor(config, ["setpriv", $"--reuid={EximUser.Name}", $"--regid={EximUser.Name}", "--clear-groups"], arguments);

    internal static string[] Words(WorkerConfig config, params string[] arguments)
    {
        // Root's own, whoever has the worker's directory: root reads no other.
        var file = Path.Combine(Path.GetDirectoryName(config.Root)!, "doctor.json");
        File.Copy(config.Write(), file, overwrite: true);
        return ["dotnet", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), "doctor", "--json", "--config", file, .. arguments];
    }

    private static Found Doctor(WorkerConfig config, string[] before, string[] arguments)
    {
        string[] words = [.. before, .. Words(config, arguments)];
        var ran = new ProgramCall(words[0], words[1..]) { Environment = new Dictionary<string, string> { ["DOTNET_CLI_HOME"] = "/tmp", ["TMPDIR"] = "/tmp" } }.Run();
        ran.Output.Should().StartWith("{", ran.Error);
        var json = JsonDocument.Parse(ran.Output).RootElement;
        ran.ExitCode.Should().Be(Array.IndexOf(Verdicts, json.GetProperty("verdict").GetString()), ran.Output);
        return new Found(json, ran.Error);
    }
}
