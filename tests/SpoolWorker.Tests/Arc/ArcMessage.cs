using System.Collections.Immutable;
using System.Text;
using SpoolWorker.Commands.Input;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dkim;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Tests.Arc;

/// <summary>Messages as bytes, and what is done with them.</summary>
internal static class ArcMessage
{
    /// <summary>A message as the commands read it.</summary>
    public static SignedMessage Read(ReadOnlyMemory<byte> bytes)
    {
        var section = HeaderSection.Read(bytes, isWhole: true)!;
        return new SignedMessage(section.Lines, new BodyHashes(new MemoryBody(bytes[section.BodyStart..], section.IsWireFormat)));
    }

    public static SignedMessage Read(string text) => Read(Encoding.Latin1.GetBytes(text));

    public static DnsResolver Resolver(TestDnsServer server, double timeout = 5) =>
        new(new DnsOptions { Servers = [server.Address], Timeout = TimeSpan.FromSeconds(timeout), Retries = 0 }, TimeProvider.System);

    public static async Task<ArcResult> Verify(ReadOnlyMemory<byte> message, IDnsResolver dns, ArcOptions? options = null, TimeProvider? clock = null) =>
        await new ArcVerifier(options ?? new ArcOptions(), clock ?? TimeProvider.System).VerifyAsync(Read(message), new KeyLookups(dns, new KeyCache(), ArcVerifier.MaxLookups), CancellationToken.None);

    /// <summary>The message with lines on top, with the line ends it has.</summary>
    public static byte[] With(ReadOnlyMemory<byte> message, ImmutableArray<HeaderLine> lines)
    {
        var isWire = message.Span.IndexOf("\r\n"u8) >= 0;
        var top = string.Concat(lines.Select(l => Encoding.Latin1.GetString(l.Text.Span)));
        return [.. Encoding.Latin1.GetBytes(isWire ? top.Replace("\n", "\r\n", StringComparison.Ordinal) : top), .. message.Span];
    }
}
