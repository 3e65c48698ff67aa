using System.Text.Json;

namespace SpoolWorker.Http;

/// <summary>One request for a call, judged: its peer may make it.</summary>
/// <param name="Peer">Who asks; null on TCP.</param>
/// <param name="Behalf">For whom a console asks; null: for itself.</param>
/// <param name="Query">Of the URL; the last value of each name.</param>
/// <param name="Body">A JSON object; null for a call without a body.</param>
public sealed record CallRequest(Peer? Peer, string? Behalf, IReadOnlyDictionary<string, string> Query, JsonElement? Body);

/// <summary>What a call gives back.</summary>
/// <param name="Status">HTTP's number.</param>
/// <param name="Body">The bytes.</param>
/// <param name="ContentType">What they are.</param>
public sealed record CallAnswer(int Status, ReadOnlyMemory<byte> Body, string ContentType = CallAnswer.Json)
{
    /// <summary>JSON.</summary>
    public const string Json = "application/json";

    /// <summary>An object with one sentence that says what is wrong.</summary>
    public static CallAnswer Failed(int status, string sentence) => new(status, JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, string> { ["error"] = sentence }));
}

/// <summary>A call.</summary>
/// <param name="Method">GET or POST.</param>
/// <param name="Path">Its path.</param>
/// <param name="Level">What a peer of the Unix socket needs.</param>
/// <param name="Summary">What it does, for the OpenAPI document.</param>
/// <param name="RunAsync">Does it. May be called by several threads at once.</param>
public sealed record ServedCall(string Method, string Path, CallLevel Level, string Summary, Func<CallRequest, CancellationToken, ValueTask<CallAnswer>> RunAsync)
{
    /// <summary>Served on TCP too, where nobody is known.</summary>
    public bool IsOnTcp { get; init; }

    /// <summary>Takes a JSON object.</summary>
    public bool TakesBody { get; init; }
}
