// Serves calls: on a Unix socket to peers by their level, on TCP those that are for everybody. What is wrong with a request is told in
// one sentence, as {"error": "…"}. Bodies are small and have to come soon; connections are few; a client that is slow or rude costs the
// others nothing. The sockets are bound by the caller (see ListeningSocket), so that what is wrong with them is known before anything starts.
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace SpoolWorker.Http;

/// <summary>What to serve.</summary>
/// <param name="Calls">The calls.</param>
/// <param name="Version">Of the program: in each answer's header, for clients of another version.</param>
/// <param name="LevelOf">What a peer may do.</param>
/// <param name="IsConsole">Whether a user may act on behalf of others.</param>
public sealed record ServerPlan(IReadOnlyList<ServedCall> Calls, string Version, Func<Peer, CallLevel> LevelOf, Func<uint, bool> IsConsole)
{
    /// <summary>Bound; null: no Unix socket.</summary>
    public Socket? Unix { get; init; }

    /// <summary>Bound; null: no TCP.</summary>
    public Socket? Tcp { get; init; }

    /// <summary>Told of bugs in calls.</summary>
    public Action<Exception, string>? Failed { get; init; }

    /// <summary>Within which a request's body has to be there.</summary>
    public TimeSpan BodyTime { get; init; } = TimeSpan.FromSeconds(10);
}

/// <summary>The server.</summary>
public sealed class CallServer : IAsyncDisposable
{
    /// <summary>The header that has the program's version.</summary>
    public const string VersionHeader = "Spoolworker-Version";

    /// <summary>The header by which a console says for whom it acts.</summary>
    public const string BehalfHeader = "Spoolworker-On-Behalf-Of";

    /// <summary>Most bytes of a body: a verb with some thousand ids.</summary>
    public const int MostBody = 64 * 1024;

    // A monitoring system, a console and a few operators.
    private const int MostConnections = 64;

    // Peers that may ask nothing get their sentence, and take no places of those who may.
    private const int MostStrangers = 4;

    private const int MostName = 256;

    private static readonly TimeSpan HeaderTime = TimeSpan.FromSeconds(10), IdleTime = TimeSpan.FromSeconds(60);

    private readonly ServerPlan _plan;
    private readonly WebApplication _app;
    private int _strangers;

    private CallServer(ServerPlan plan)
    {
        _plan = plan;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().UseSockets(o => o.CreateBoundListenSocket = endPoint => endPoint is UnixDomainSocketEndPoint ? plan.Unix! : plan.Tcp!);
        builder.Services.Configure<KestrelServerOptions>(Configure);
        _app = builder.Build();
        foreach (var path in plan.Calls.GroupBy(c => c.Path)) _app.Map(path.Key, context => ServeAsync(context, [.. path]));
        _app.MapFallback(context => ServeAsync(context, []));
    }

    /// <summary>Starts.</summary>
    public static async Task<CallServer> StartAsync(ServerPlan plan, CancellationToken cancellationToken)
    {
        var server = new CallServer(plan);
        try
        {
            await server._app.StartAsync(cancellationToken).ConfigureAwait(false);
            return server;
        }
        catch
        {
            await server.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Ends what is being asked, and the sockets; the Unix socket's name goes.</summary>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync().ConfigureAwait(false);

    private void Configure(KestrelServerOptions options)
    {
        options.AddServerHeader = false;
        options.Limits.MaxConcurrentConnections = MostConnections;
        options.Limits.MaxRequestBodySize = MostBody;
        options.Limits.RequestHeadersTimeout = HeaderTime;
        options.Limits.KeepAliveTimeout = IdleTime;
        if (_plan.Unix is not null) options.Listen(_plan.Unix.LocalEndPoint!, listen =>
        {
            listen.Protocols = HttpProtocols.Http1;
            listen.Use(next => connection => AdmitAsync(connection, next));
        });
        if (_plan.Tcp is not null) options.Listen(_plan.Tcp.LocalEndPoint!, listen => listen.Protocols = HttpProtocols.Http1);
    }

    private async Task AdmitAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (_plan.LevelOf(Peer.Of(connection.Features.Get<IConnectionSocketFeature>()!.Socket)) > CallLevel.None)
        {
            await next(connection).ConfigureAwait(false);
            return;
        }
        try
        {
            if (Interlocked.Increment(ref _strangers) <= MostStrangers) await next(connection).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _strangers);
        }
    }

    private async Task ServeAsync(HttpContext context, ServedCall[] calls)
    {
        var (request, response) = (context.Request, context.Response);
        response.Headers[VersionHeader] = _plan.Version;
        CallAnswer answer;
        try
        {
            answer = await AnswerAsync(context, calls).ConfigureAwait(false);
        }
        catch (Microsoft.AspNetCore.Http.BadHttpRequestException e)
        {
            answer = CallAnswer.Failed(e.StatusCode, e.StatusCode == StatusCodes.Status413PayloadTooLarge ? $"the body is larger than {MostBody} bytes" : $"the request cannot be read: {e.Message}");
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e)
        {
            _plan.Failed?.Invoke(e, $"{request.Method} {request.Path}");
            answer = CallAnswer.Failed(StatusCodes.Status500InternalServerError, $"{request.Path} failed: {e.Message}");
        }
        response.StatusCode = answer.Status;
        response.ContentType = answer.ContentType;
        response.ContentLength = answer.Body.Length;
        await response.Body.WriteAsync(answer.Body, context.RequestAborted).ConfigureAwait(false);
    }

    private async ValueTask<CallAnswer> AnswerAsync(HttpContext context, ServedCall[] calls)
    {
        var request = context.Request;
        var peer = context.Features.Get<IConnectionSocketFeature>()!.Socket is { AddressFamily: AddressFamily.Unix } socket ? Peer.Of(socket) : null;
        if (peer is null) calls = [.. calls.Where(c => c.IsOnTcp)];
        if (calls.Length == 0) return CallAnswer.Failed(StatusCodes.Status404NotFound, $"this worker ({_plan.Version}) knows no call {request.Path}{(peer is null ? " on TCP" : "")}");
        if (Array.Find(calls, c => c.Method == request.Method) is not { } call)
            return CallAnswer.Failed(StatusCodes.Status405MethodNotAllowed, $"{request.Path} is called by {string.Join(" or ", calls.Select(c => c.Method))}, not by {request.Method}");
        var behalf = request.Headers[BehalfHeader] is [{ } name] ? name : null;
        if (peer is not null && Refusal(peer, call, behalf) is { } refusal) return CallAnswer.Failed(StatusCodes.Status403Forbidden, refusal);
        JsonElement? body = null;
        if (await ReadAsync(context).ConfigureAwait(false) is not { } bytes) return CallAnswer.Failed(StatusCodes.Status408RequestTimeout, $"the body did not come within {_plan.BodyTime.TotalSeconds:0.#} s");
        if (!call.TakesBody && bytes.Length > 0) return CallAnswer.Failed(StatusCodes.Status400BadRequest, $"{call.Path} takes no body");
        if (call.TakesBody && !TryParse(bytes, out body, out var fault)) return CallAnswer.Failed(StatusCodes.Status400BadRequest, $"the body is no JSON object: {fault}");
        var query = request.Query.ToDictionary(q => q.Key, q => q.Value.LastOrDefault() ?? "");
        return await call.RunAsync(new CallRequest(peer, behalf, query, body), context.RequestAborted).ConfigureAwait(false);
    }

    private string? Refusal(Peer peer, ServedCall call, string? behalf)
    {
        var level = _plan.LevelOf(peer);
        if (level < call.Level)
        {
            return level == CallLevel.None ? $"user {peer.Uid} may not ask this worker anything: it is neither in Control:Readers nor in Control:Operators"
                : $"{call.Path} needs an operator, and user {peer.Uid} may only read: it is not in Control:Operators";
        }
        if (behalf is null) return null;
        if (!_plan.IsConsole(peer.Uid)) return $"user {peer.Uid} may not act on behalf of others: it is not Control:Console";
        return behalf.Length is 0 or > MostName || behalf.Any(char.IsControl) ? $"{BehalfHeader} is no name of a user: it is empty, longer than {MostName}, or has control characters" : null;
    }

    // Null: it did not come in time.
    private async ValueTask<ReadOnlyMemory<byte>?> ReadAsync(HttpContext context)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        time.CancelAfter(_plan.BodyTime);
        using var bytes = new MemoryStream();
        try
        {
            await context.Request.Body.CopyToAsync(bytes, time.Token).ConfigureAwait(false);
            return bytes.ToArray();
        }
        catch (OperationCanceledException) when (!context.RequestAborted.IsCancellationRequested)
        {
            return null;
        }
    }

    private static bool TryParse(ReadOnlyMemory<byte> bytes, out JsonElement? body, out string fault)
    {
        (body, fault) = (null, "");
        try
        {
            using var document = JsonDocument.Parse(bytes);
            if (document.RootElement.ValueKind == JsonValueKind.Object) body = document.RootElement.Clone();
            else fault = $"it is {document.RootElement.ValueKind.ToString().ToLowerInvariant()}";
        }
        catch (JsonException e)
        {
            fault = e.Message;
        }
        return body is not null;
    }

    // The program has a host of its own, which handles signals.
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
