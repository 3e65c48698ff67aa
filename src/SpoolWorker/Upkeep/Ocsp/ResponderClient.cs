// Asks a responder over HTTP (RFC 6960, appendix A.1; RFC 5019, 5): by GET where the request is small, so that caches can answer, else by POST; by POST also where a
// responder will have no GET. No nonce (RFC 9654): an answer that is to be stapled is made before somebody asks. All is bounded: time as a whole, bytes, redirects.
using System.Net;
using System.Net.Http.Headers;
using Org.BouncyCastle.Ocsp;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>What asking came to.</summary>
/// <param name="Bytes">The answer; null: none.</param>
/// <param name="Fault">Why there is none.</param>
/// <param name="IsDead">Nothing answered at all: who else asks there now waits for nothing.</param>
internal record ResponderAnswer(byte[]? Bytes, string Fault, bool IsDead = false);

/// <summary>A client of responders.</summary>
internal sealed class ResponderClient : IDisposable
{
    // RFC 6960, A.1: "small requests (that after encoding are less than 255 bytes) MAY be submitted using GET".
    private const int GetBelow = 255;

    private const int MostRedirects = 3, MostHeaderKilobytes = 16;

    private readonly HttpClient _http;
    private readonly OcspOptions _options;
    private readonly TimeProvider _clock;

    public ResponderClient(OcspOptions options, TimeProvider clock)
    {
        (_options, _clock) = (options, clock);
        _http = new HttpClient(new SocketsHttpHandler
        {
            Proxy = OcspOptions.ProxyOf(options) is { } proxy ? new WebProxy(proxy) : null,
            UseProxy = options.Proxy.Length > 0,
            UseCookies = false,
            // Here: with the body of a POST, to nothing but HTTP, and whatever a Location says.
            AllowAutoRedirect = false,
            MaxResponseHeadersLength = MostHeaderKilobytes,
            ConnectTimeout = options.Timeout,
        })
        { Timeout = Timeout.InfiniteTimeSpan };
        _http.DefaultRequestHeaders.Accept.Add(new MediaTypeWithQualityHeaderValue("application/ocsp-response"));
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("SpoolWorker", null));
    }

    /// <summary>Asks about one certificate.</summary>
    /// <param name="responder">Where.</param>
    /// <param name="id">About which.</param>
    /// <param name="cancellationToken">The stop.</param>
    public async Task<ResponderAnswer> AskAsync(Uri responder, CertificateID id, CancellationToken cancellationToken)
    {
        var generator = new OcspReqGenerator();
        generator.AddRequest(id);
        var request = generator.Generate().GetEncoded();
        var encoded = Uri.EscapeDataString(Convert.ToBase64String(request));
        var answer = encoded.Length >= GetBelow ? await SendAsync(responder, request, cancellationToken).ConfigureAwait(false)
            : await SendAsync(new Uri($"{responder.AbsoluteUri.TrimEnd('/')}/{encoded}"), null, cancellationToken).ConfigureAwait(false);
        return answer.WantsPost ? await SendAsync(responder, request, cancellationToken).ConfigureAwait(false) : answer;
    }

    public void Dispose() => _http.Dispose();

    private static HttpRequestMessage Message(Uri url, byte[]? post) => post is null ? new(HttpMethod.Get, url)
        : new(HttpMethod.Post, url) { Content = new ByteArrayContent(post) { Headers = { ContentType = new MediaTypeHeaderValue("application/ocsp-request") } } };

    // By POST where there is a body, else by GET.
    private async Task<Answer> SendAsync(Uri url, byte[]? post, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_options.Timeout, _clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            for (var hops = 0; ; hops++)
            {
                using var request = Message(url, post);
                using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
                if (response.StatusCode == HttpStatusCode.OK) return await ReadAsync(response, both.Token).ConfigureAwait(false);
                var status = (int)response.StatusCode;
                if (status is not (>= 300 and < 400) || response.Headers.Location is not { } location)
                    return new Answer(null, $"it answered HTTP {status}") { WantsPost = post is null && response.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented };
                if (!Uri.TryCreate(url, location, out var next) || next.Scheme is not ("http" or "https")) return new Answer(null, $"it answered HTTP {status}, and sends elsewhere than to HTTP");
                if (hops == MostRedirects) return new Answer(null, $"it answered HTTP {status}, and sent elsewhere {MostRedirects} times before");
                url = next;
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Answer(null, $"no answer within {_options.Timeout.TotalSeconds} s (Ocsp:Timeout)", IsDead: true);
        }
        // A stranger's Location may be of any kind; what it makes the client throw is no reason to stop.
        catch (Exception e) when (e is HttpRequestException or IOException or FormatException or ArgumentException or NotSupportedException or InvalidOperationException)
        {
            return new Answer(null, e.InnerException?.Message ?? e.Message, IsDead: e is HttpRequestException { StatusCode: null });
        }
    }

    private async Task<Answer> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        // Not by its Content-Length, which it may lack, or lie in.
        using var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        var (bytes, filled) = (new byte[_options.MaxBytes + 1], 0);
        while (filled < bytes.Length && await stream.ReadAsync(bytes.AsMemory(filled), cancellationToken).ConfigureAwait(false) is var read and > 0) filled += read;
        return filled > _options.MaxBytes ? new Answer(null, $"its answer has more than {_options.MaxBytes} bytes (Ocsp:MaxBytes)") : new Answer(bytes[..filled], "");
    }

    private sealed record Answer(byte[]? Bytes, string Fault, bool IsDead = false) : ResponderAnswer(Bytes, Fault, IsDead)
    {
        public bool WantsPost { get; init; }
    }
}
