// Asks a worker at its control socket. Whatever keeps it from answering comes as one sentence: nobody listens, not permitted, too slow, another
// version. Reading has a limit, as whoever listens there need not be a worker.
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Control.Client;

/// <summary>What asking came to.</summary>
/// <param name="Status">The answer; null: none.</param>
/// <param name="IsNobody">Nobody listens there: no worker runs, or none with this socket.</param>
/// <param name="Trouble">Why there is no answer.</param>
internal sealed record Asked(StatusView? Status, bool IsNobody, Trouble? Trouble);

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
        using var http = Http(path, patience);
        try
        {
            using var response = await http.GetAsync(new Uri($"http://worker{ControlCalls.Status}"), cancellationToken).ConfigureAwait(false);
            var bytes = await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
            if (response.StatusCode == HttpStatusCode.OK && JsonSerializer.Deserialize(bytes, StatusJson.Default.StatusView) is { } status) return new Asked(status, false, null);
            return Failed(response.StatusCode == HttpStatusCode.Forbidden ? TroubleKind.NotPermitted : TroubleKind.NotNow, Refusal(path, response, bytes));
        }
        catch (HttpRequestException e) when (e.InnerException is SocketException socket)
        {
            return socket.SocketErrorCode switch
            {
                SocketError.AccessDenied => Failed(TroubleKind.NotPermitted, $"{path} is not for this user: ask as root or as the worker's user, or be named in Control:Operators or Control:Readers"),
                // ENOENT comes as AddressNotAvailable.
                SocketError.ConnectionRefused or SocketError.AddressNotAvailable => new Asked(null, true, new Trouble(TroubleKind.NotFound, $"nobody listens on {path}")),
                _ => Failed(TroubleKind.Failed, $"{path}: {socket.Message}"),
            };
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Failed(TroubleKind.BadData, $"what listens on {path} is no worker: {e.Message}");
        }
        catch (JsonException e)
        {
            return Failed(TroubleKind.BadData, $"what {path} says is no status: {e.Message}");
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

    private static string Refusal(string path, HttpResponseMessage response, byte[] bytes)
    {
        var version = response.Headers.TryGetValues(VersionHeader, out var values) ? values.First() : null;
        if (version is null) return $"what listens on {path} is no worker: it answered {(int)response.StatusCode}";
        if (response.StatusCode == HttpStatusCode.NotFound) return $"the worker at {path} is of version {version}, which knows no status; restart it after the update";
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

    private static Asked Failed(TroubleKind kind, string sentence) => new(null, false, new Trouble(kind, sentence));
}
