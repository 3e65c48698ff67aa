// Asks a worker at its control socket. Whatever keeps it from answering comes as one sentence: nobody listens, not permitted, too slow, another
// version. Reading has a limit, as whoever listens there need not be a worker.
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Orders;
using SpoolWorker.Operations.Views.Orders;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Control.Client;

/// <summary>What asking came to.</summary>
/// <param name="Status">The answer; null: none.</param>
/// <param name="IsNobody">Nobody listens there: no worker runs, or none with this socket.</param>
/// <param name="Trouble">Why there is no answer.</param>
internal sealed record Asked(StatusView? Status, bool IsNobody, Trouble? Trouble);

/// <summary>What a call came to.</summary>
/// <param name="Value">The answer; null: none.</param>
/// <param name="IsNobody">Nobody listens there.</param>
/// <param name="Trouble">Why there is no answer.</param>
internal sealed record Answered<T>(T? Value, bool IsNobody, Trouble? Trouble)
    where T : class;

/// <summary>A client.</summary>
internal static class ControlClient
{
    private const int MostAnswer = 16 << 20;

    /// <summary>Asks for the status.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="patience">How long the worker may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task<Asked> StatusAsync(string path, TimeSpan patience, CancellationToken cancellationToken)
    {
        var answer = await CallAsync(path, new HttpRequestMessage(HttpMethod.Get, $"http://worker{ControlCalls.Status}"), "status", bytes => StatusReading.Read(bytes), patience, cancellationToken).ConfigureAwait(false);
        return new Asked(answer.Value, answer.IsNobody, answer.Trouble);
    }

    /// <summary>Gives an order.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="request">It.</param>
    /// <param name="patience">How long the worker may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static Task<Answered<OrderAnswerView>> OrderAsync(string path, OrderRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        var body = new JsonObject { ["reason"] = request.Reason, ["actor"] = request.Actor };
        if (request.Intake.Length > 0) body["intake"] = Path.GetFullPath(request.Intake);
        if (request.Pass.Length > 0) body["pass"] = request.Pass;
        if (request.Job.Length > 0) body["job"] = request.Job;
        if (request.For is { } time) body["seconds"] = time.TotalSeconds;
        var message = new HttpRequestMessage(HttpMethod.Post, $"http://worker{OrderCalls.PathOf(request.Verb)}") { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        return CallAsync(path, message, OrderWord(request.Verb), ReadAnswer, patience, cancellationToken);
    }

    /// <summary>Asks how far a drain is.</summary>
    /// <inheritdoc cref="StatusAsync"/>
    public static Task<Answered<OrderAnswerView>> DrainedAsync(string path, TimeSpan patience, CancellationToken cancellationToken) =>
        CallAsync(path, new HttpRequestMessage(HttpMethod.Get, $"http://worker{OrderCalls.PathOf(OrderVerb.Drain)}"), OrderWord(OrderVerb.Drain), ReadAnswer, patience, cancellationToken);

    private static string OrderWord(OrderVerb verb) => verb.ToString().ToLowerInvariant();

    private static OrderAnswerView? ReadAnswer(byte[] bytes) => JsonSerializer.Deserialize(bytes, StatusJson.Default.OrderAnswerView);

    /// <summary>Has the configuration read again. A refusal is an answer, too.</summary>
    /// <param name="path">The socket.</param>
    /// <param name="file">The file that is meant; null: whatever the worker's is.</param>
    /// <param name="patience">How long the worker may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static Task<Answered<ReloadView>> ReloadAsync(string path, string? file, TimeSpan patience, CancellationToken cancellationToken)
    {
        var body = new JsonObject();
        if (file is not null) body["configuration"] = file;
        var message = new HttpRequestMessage(HttpMethod.Post, $"http://worker{ControlCalls.Reload}") { Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json") };
        return CallAsync(path, message, "reload", bytes => JsonSerializer.Deserialize(bytes, StatusJson.Default.ReloadView), patience, cancellationToken, HttpStatusCode.Conflict);
    }

    private static async Task<Answered<T>> CallAsync<T>(string path, HttpRequestMessage message, string what, Func<byte[], T?> read, TimeSpan patience, CancellationToken cancellationToken, HttpStatusCode answersToo = HttpStatusCode.OK)
        where T : class
    {
        Answered<T> Failed(TroubleKind kind, string sentence) => new(null, false, new Trouble(kind, sentence));
        using var http = Http(path, patience);
        using var _ = message;
        try
        {
            using var response = await http.SendAsync(message, cancellationToken).ConfigureAwait(false);
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            if ((response.StatusCode == HttpStatusCode.OK || response.StatusCode == answersToo) && read(bytes) is { } value) return new Answered<T>(value, false, null);
            return Failed(KindOf((int)response.StatusCode), Refusal(path, what, response, bytes));
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException socket)
        {
            return socket.SocketErrorCode switch
            {
                SocketError.AccessDenied => Failed(TroubleKind.NotPermitted, $"{path} is not for this user: ask as root or as the worker's user, or be named in Control:Operators or Control:Readers"),
                // ENOENT comes as AddressNotAvailable.
                SocketError.ConnectionRefused or SocketError.AddressNotAvailable => new Answered<T>(null, true, new Trouble(TroubleKind.NotFound, $"nobody listens on {path}")),
                _ => Failed(TroubleKind.Failed, $"{path}: {socket.Message}"),
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Failed(TroubleKind.BadData, $"what listens on {path} is no worker: {e.Message}");
        }
        catch (JsonException e)
        {
            return Failed(TroubleKind.BadData, $"what {path} says is no {(what == "status" ? what : "answer")}: {e.Message}");
        }
        catch (TaskCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Failed(TroubleKind.NotNow, $"the worker at {path} did not answer within {patience.TotalSeconds:0.#} s");
        }
    }

    private static HttpClient Http(string path, TimeSpan patience) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        ConnectCallback = async (_, token) =>
        {
            var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
            try
            {
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), token).ConfigureAwait(false);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        },
    })
    {
        Timeout = patience,
        MaxResponseContentBufferSize = MostAnswer,
    };

    private static TroubleKind KindOf(int status) => status switch
    {
        403 => TroubleKind.NotPermitted,
        OrderCalls.NotFound => TroubleKind.NotFound,
        400 or OrderCalls.Refused => TroubleKind.BadData,
        _ => TroubleKind.NotNow,
    };

    private static string Refusal(string path, string what, HttpResponseMessage response, byte[] bytes)
    {
        var version = response.Headers.TryGetValues(VersionHeader, out var values) ? values.First() : null;
        if (version is null) return $"what listens on {path} is no worker: it answered {(int)response.StatusCode}";
        if (response.StatusCode == HttpStatusCode.NotFound) return $"the worker at {path} is of version {version}, which knows no {what}; restart it after the update";
        return Sentence(bytes) ?? $"the worker at {path} answered {(int)response.StatusCode}";
    }

    private static string? Sentence(byte[] bytes)
    {
        try
        {
            using var answer = JsonDocument.Parse(bytes);
            return answer.RootElement.ValueKind == JsonValueKind.Object && answer.RootElement.TryGetProperty("error", out var error) ? error.GetString() : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    // As SpoolWorker.Http has it, without loading that.
    private const string VersionHeader = "Spoolworker-Version";
}
