// A hold of what comes, as the ledger keeps it: written by `hold --new`, taken up by the worker, there until its time is over or an operator removes it.
using System.Text.Json;
using System.Text.Json.Serialization;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Ledger.Verbs;

/// <summary>What is to be held when it comes.</summary>
internal sealed record StandingHold
{
    /// <summary>In the order of their making, never used again; 0 for one that is not written yet.</summary>
    public long Number { get; init; }

    /// <summary>The condition as it was typed.</summary>
    public required string Condition { get; init; }

    /// <summary>Why, in the operator's words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Who made it.</summary>
    public string Actor { get; init; } = "";

    /// <summary>The number of that user.</summary>
    public uint Uid { get; init; }

    /// <summary>When, Unix milliseconds.</summary>
    public long Time { get; init; }

    /// <summary>When it ends by itself, Unix milliseconds; 0: it does not.</summary>
    public long Ends { get; init; }

    /// <summary>Whether its time is over.</summary>
    public bool HasEnded(DateTimeOffset now) => Ends > 0 && now.ToUnixTimeMilliseconds() >= Ends;

    /// <summary>The audit's row about it.</summary>
    /// <param name="verb">That it was made, or that it is no more.</param>
    /// <param name="told">What is told of it.</param>
    public VerbRow RowOf(VerbKind verb, string told) => new()
    {
        Verb = verb,
        Intake = "",
        Id = "",
        Standing = Number,
        Actor = Actor,
        Uid = Uid,
        Reason = Reason,
        Time = Time,
        Executed = Time,
        Result = VerbResult.Done,
        Told = $"standing hold {Number} {told}: {Condition}",
    };
}

/// <summary>The row's bytes.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(StandingHold))]
internal sealed partial class StandingJson : JsonSerializerContext
{
    public static byte[] Write(StandingHold hold) => JsonSerializer.SerializeToUtf8Bytes(hold, Default.StandingHold);

    /// <summary>Null for what cannot be read.</summary>
    public static StandingHold? TryRead(ReadOnlySpan<byte> bytes) => JsonRow.TryRead(bytes, Default.StandingHold);
}
