// Debian's engines as the tests start them, each with its own client, our pass, and the bytes of a question for whoever asks without either.
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Verdicts.Clamd;
using SpoolWorker.Passes.Verdicts.Rspamd;
using SpoolWorker.Passes.Verdicts.Spamd;

namespace SpoolWorker.Benchmarks.Verdicts;

/// <summary>An engine that is running.</summary>
internal sealed class ContentEngine : IDisposable
{
    /// <summary>Above all that is sent.</summary>
    private const int Most = 64 << 20;

    private readonly IRealEngine _engine;
    private readonly Func<byte[], byte[]> _question;

    private ContentEngine(string name, IRealEngine engine, Func<string, IMessagePass> pass, Func<byte[], byte[]> question)
    {
        (Name, _engine, Pass, _question) = (name, engine, pass(engine.Address), question);
    }

    public string Name { get; }

    public string Address => _engine.Address;

    /// <summary>Our pass, which asks about every message.</summary>
    public IMessagePass Pass { get; }

    /// <summary>The same as settings of the worker.</summary>
    public required string[] Settings { get; init; }

    /// <summary>Its own client, which looks at a file.</summary>
    public required Func<string, string[]> Client { get; init; }

    /// <summary>Whether that file is an argument; else it is read from standard input.</summary>
    public bool TakesFile { get; init; }

    /// <summary>The client starts, and ends without asking anybody.</summary>
    public required string[] ClientStart { get; init; }

    /// <summary>Those that can be measured.</summary>
    public static IReadOnlyList<string> Names => ["clamd", "rspamd", "spamd"];

    /// <summary>Why it cannot be; null: it can.</summary>
    public static string? Missing(string name) => name switch
    {
        "clamd" => RealClamd.Missing(),
        "rspamd" => RealRspamd.Missing(),
        _ => RealSpamd.Missing(),
    };

    /// <summary>Starts one.</summary>
    public static ContentEngine Start(string name) => name switch
    {
        "clamd" => Clamd(new RealClamd(Most)),
        "rspamd" => Rspamd(new RealRspamd(Most)),
        _ => Spamd(new RealSpamd()),
    };

    /// <summary>All bytes of a question about a message.</summary>
    public byte[] Question(byte[] message) => _question(message);

    public void Dispose() => _engine.Dispose();

    private static ContentEngine Clamd(RealClamd engine) => new("clamd", engine, address => new ClamdPass(new ClamdOptions { Address = [address], MaxSize = 0 }, TimeProvider.System), AsStream)
    {
        Settings = [$"Clamd:Address:0={engine.Address}", "Clamd:MaxSize=0"],
        Client = file => [RealClamd.Client, "-c", engine.Configuration, "--stream", "--no-summary", file],
        ClientStart = [RealClamd.Client, "--help"],
        TakesFile = true,
    };

    private static ContentEngine Rspamd(RealRspamd engine) => new("rspamd", engine, address => new RspamdPass(new RspamdOptions { Url = [address], MaxSize = 0, SkipLocal = false, SkipAuthenticated = false }, TimeProvider.System),
        message => [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"POST /checkv2 HTTP/1.0\r\nConnection: close\r\nContent-Length: {message.Length}\r\n\r\n")), .. message])
    {
        Settings = [$"Rspamd:Url:0={engine.Address}", "Rspamd:MaxSize=0", "Rspamd:SkipLocal=false", "Rspamd:SkipAuthenticated=false"],
        Client = file => [RealRspamd.Client, "-h", engine.Address, file],
        ClientStart = [RealRspamd.Client, "--help"],
        TakesFile = true,
    };

    private static ContentEngine Spamd(RealSpamd engine) => new("spamd", engine, address => new SpamdPass(new SpamdOptions { Address = [address], MaxSize = 0, SkipLocal = false, SkipAuthenticated = false }, TimeProvider.System),
        message => [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"SYMBOLS SPAMC/1.5\r\nContent-length: {message.Length}\r\n\r\n")), .. message])
    {
        Settings = [$"Spamd:Address:0={engine.Address}", "Spamd:MaxSize=0", "Spamd:SkipLocal=false", "Spamd:SkipAuthenticated=false"],
        Client = _ => [RealSpamd.Client, "-U", engine.Address, "-x", "-y", "-s", Most.ToString(CultureInfo.InvariantCulture)],
        ClientStart = [RealSpamd.Client, "-h"],
    };

    private static byte[] AsStream(byte[] message)
    {
        var lengths = new byte[2 * sizeof(int)];
        BinaryPrimitives.WriteInt32BigEndian(lengths, message.Length);
        return [.. "zINSTREAM\0"u8, .. lengths[..sizeof(int)], .. message, .. lengths[sizeof(int)..]];
    }
}
