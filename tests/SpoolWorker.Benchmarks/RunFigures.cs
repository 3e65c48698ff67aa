using System.Text.Json;
using System.Text.Json.Serialization;

namespace SpoolWorker.Benchmarks;

/// <summary>What a measured process tells of itself, in a file.</summary>
internal sealed record RunFigures(double Seconds, double User, double System, long Messages, string Fault = "", long Groups = 0)
{
    public double Rate => Messages / Seconds;

    /// <summary>Messages committed with one set of syncs, on average; not a number for the control loop.</summary>
    [JsonIgnore]
    public double GroupSize => Groups == 0 ? double.NaN : (double)Messages / Groups;

    /// <summary>Resident memory before it began, and at most; 0 where it was not looked at.</summary>
    public long ResidentKilobytes { get; init; }

    /// <inheritdoc cref="ResidentKilobytes"/>
    public long PeakKilobytes { get; init; }

    public void Save(string path) => File.WriteAllText(path, JsonSerializer.Serialize(this));

    public static RunFigures Load(string path) => JsonSerializer.Deserialize<RunFigures>(File.ReadAllText(path)) ?? throw new InvalidDataException($"{path} is empty");
}
