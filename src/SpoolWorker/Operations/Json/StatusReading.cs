// Reads a status that another version may have written: what it does not tell is left empty, and what it tells is shown. Only that a worker
// runs has to be said, as anything might listen there.
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Operations.Json;

/// <summary>Reads the status of a worker of any version.</summary>
internal static class StatusReading
{
    private const string Unknown = "unknown";

    private static readonly JsonTypeInfo<StatusView> Lenient = (JsonTypeInfo<StatusView>)new JsonSerializerOptions(StatusJson.Default.Options)
    {
        RespectNullableAnnotations = false,
        TypeInfoResolver = StatusJson.Default.WithAddedModifier(static type =>
        {
            foreach (var property in type.Properties) property.IsRequired &= type.Type == typeof(StatusView) && property.Name == "running";
        }),
    }.GetTypeInfo(typeof(StatusView));

    /// <summary>The status; null for the JSON value of that name.</summary>
    /// <exception cref="JsonException">It is none.</exception>
    public static StatusView? Read(ReadOnlySpan<byte> bytes) => JsonSerializer.Deserialize(bytes, Lenient) is { } status ? Whole(status) : null;

    private static StatusView Whole(StatusView status) => status with
    {
        Time = Text(status.Time),
        Worker = status.Worker is { } worker
            ? worker with { Version = Text(worker.Version, Unknown), Started = Text(worker.Started), Configuration = Text(worker.Configuration, Unknown), ConfigurationRead = Text(worker.ConfigurationRead), Faults = All(worker.Faults) } : null,
        Places = [.. All(status.Places).Select(p => p with { Place = Text(p.Place, Unknown) })],
        Waiting = status.Waiting ?? new WaitingView { Deferred = 0 },
        Target = status.Target is { } target ? target with { Directory = Text(target.Directory, Unknown) } : new TargetView { Directory = Unknown },
        Disks = [.. All(status.Disks).Select(d => d with { Place = Text(d.Place, Unknown) })],
        Jobs = [.. All(status.Jobs).Select(j => j with
        {
            Name = Text(j.Name, Unknown), Findings = [.. All(j.Findings).Select(f => f with { Subject = Text(f.Subject, Unknown), Kind = Text(f.Kind, Unknown), Level = Text(f.Level, Unknown), Text = Text(f.Text) })],
        })],
        Holds = [.. All(status.Holds).Select(h => h with { Condition = Text(h.Condition, Unknown), Reason = Text(h.Reason), Actor = Text(h.Actor, Unknown), Time = Text(h.Time) })],
        Orders = [.. All(status.Orders).Select(o => o with { Kind = Text(o.Kind, Unknown), Scope = Text(o.Scope, Unknown), Name = Text(o.Name), Since = Text(o.Since), Actor = Text(o.Actor, Unknown), Sentence = Text(o.Sentence, Unknown) })],
        Services = [.. All(status.Services).Select(s => s with { Pass = Text(s.Pass, Unknown), Breaker = Text(s.Breaker, Unknown), Since = Text(s.Since) })],
    };

    // What is not nullable is null all the same where the other side has left it out.
    private static string Text(string? text, string instead = "") => text ?? instead;

    private static IReadOnlyList<T> All<T>(IReadOnlyList<T>? items) => items ?? [];
}
