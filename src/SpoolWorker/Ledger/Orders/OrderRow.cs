// What an operator has ordered for a while, and not for one message: a pause of the worker, of an intake, of a pass or of a job, and the skipping of a pass.
// A row in the ledger's table of itself, so that it stands when the worker is killed, restarted or reloaded.
using System.Text.Json;
using System.Text.Json.Serialization;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Ledger.Orders;

/// <summary>What is ordered.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OrderKind>))]
internal enum OrderKind
{
    /// <summary>Mail waits.</summary>
    Pause,

    /// <summary>Mail goes on without.</summary>
    Skip,

    /// <summary>As a pause of the worker, by this process alone: it is no row.</summary>
    Drain,
}

/// <summary>For what.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<OrderScope>))]
internal enum OrderScope
{
    /// <summary>All that lies in the intakes.</summary>
    Worker,

    /// <summary>What lies in one intake.</summary>
    Intake,

    /// <summary>What comes to one pass.</summary>
    Pass,

    /// <summary>A job beside Exim.</summary>
    Job,
}

/// <summary>One order.</summary>
internal sealed record OrderRow
{
    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required OrderKind Kind { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.Never)]
    public required OrderScope Scope { get; init; }

    /// <summary>The directory of the intake, the pass or the job; empty for the worker.</summary>
    public string Name { get; init; } = "";

    /// <summary>When it was given, Unix milliseconds.</summary>
    public long Since { get; init; }

    /// <summary>When it ends by itself, Unix milliseconds; 0: not before it is taken back.</summary>
    public long Until { get; init; }

    /// <summary>Who gave it.</summary>
    public string Actor { get; init; } = "";

    /// <summary>The number of that user.</summary>
    public uint Uid { get; init; }

    /// <summary>Why, in that user's words.</summary>
    public string Reason { get; init; } = "";

    /// <summary>Whether its time is over, by the date.</summary>
    public bool HasEnded(DateTimeOffset now) => Until > 0 && now.ToUnixTimeMilliseconds() >= Until;

    /// <summary>What it is for, as in "intake /var/spool/in/input".</summary>
    [JsonIgnore]
    public string What => Scope switch { OrderScope.Worker => "the worker", OrderScope.Intake => $"intake {Name}", OrderScope.Job => $"job {Name}", _ => $"pass {Name}" };

    /// <summary>Of two of the same kind for the same thing the later one stands.</summary>
    public bool IsOfSame(OrderRow other) => (Kind, Scope, Name) == (other.Kind, other.Scope, other.Name);

    /// <summary>As it is told of, as in "pass dcc is paused by alice until 2026-11-29 05:00Z: its daemon is moved".</summary>
    [JsonIgnore]
    public string Sentence
    {
        get
        {
            var is_ = Kind switch { OrderKind.Pause => "is paused", OrderKind.Skip => "is skipped", _ => "is drained" };
            return $"{What} {is_}{By}{(Until > 0 ? $" until {OrderWords.Time(Until)}" : "")}{(Reason.Length > 0 ? $": {Reason}" : "")}";
        }
    }

    private string By => Actor.Length > 0 ? $" by {Actor}" : "";
}

/// <summary>Words of orders.</summary>
internal static class OrderWords
{
    /// <summary>As in JSON and labels.</summary>
    public static string Of(OrderKind kind) => kind switch { OrderKind.Pause => "pause", OrderKind.Skip => "skip", _ => "drain" };

    /// <inheritdoc cref="Of(OrderKind)"/>
    public static string Of(OrderScope scope) => scope switch { OrderScope.Worker => "worker", OrderScope.Intake => "intake", OrderScope.Job => "job", _ => "pass" };

    /// <summary>A date to the minute, in UTC: operators of one worker may sit anywhere.</summary>
    public static string Time(long milliseconds) => $"{DateTimeOffset.FromUnixTimeMilliseconds(milliseconds):yyyy-MM-dd HH:mm}Z";
}

/// <summary>The row's bytes.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(OrderRow))]
internal sealed partial class OrderJson : JsonSerializerContext
{
    public static byte[] Write(OrderRow row) => JsonSerializer.SerializeToUtf8Bytes(row, Default.OrderRow);

    /// <summary>Null for what cannot be read: an order of a later version, which this one does not know how to keep.</summary>
    public static OrderRow? TryRead(ReadOnlySpan<byte> bytes) => JsonRow.TryRead(bytes, Default.OrderRow);
}
