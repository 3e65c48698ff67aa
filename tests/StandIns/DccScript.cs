// What the stand-in daemon says and how it behaves. The default is a daemon in good health that finds everything harmless.
namespace SpoolWorker.StandIns;

/// <summary>One answer.</summary>
public sealed record DccScript
{
    public const string PlainHeader = "X-DCC-standin-Metrics: mx.example 1170; Body=1 Fuz1=1 Fuz2=1\n";
    public const string BulkHeader = "X-DCC-standin-Metrics: mx.example 1170; bulk Body=many Fuz1=many\n\tFuz2=many rep=97%\n";

    /// <summary>First line.</summary>
    public string Overall { get; init; } = "A";

    /// <summary>Second line; null: the letter of the first for each recipient (A for S).</summary>
    public string? Letters { get; init; }

    /// <summary>The X-DCC header with its folding and final newline; empty: none is given.</summary>
    public string Header { get; init; } = PlainHeader;

    /// <summary>These bytes instead of a proper answer.</summary>
    public byte[]? Raw { get; init; }

    /// <summary>Time between the end of the message and the answer.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>Sends the answer in pieces of this many bytes; 0: at once.</summary>
    public int PieceBytes { get; init; }

    /// <summary>Sends only this much of the answer, then hangs up; below 0: all.</summary>
    public int CutAt { get; init; } = -1;

    /// <summary>Hangs up as soon as the client has connected.</summary>
    public bool HangsUpAtOnce { get; init; }

    /// <summary>Answers after the options line, before reading the rest, and hangs up.</summary>
    public bool AnswersEarly { get; init; }

    /// <summary>Reads everything and says nothing; the connection stays open.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Takes nothing from the connection.</summary>
    public bool IsDeaf { get; init; }

    /// <summary>Leaves the connection open behind the answer.</summary>
    public bool StaysOpen { get; init; }
}
