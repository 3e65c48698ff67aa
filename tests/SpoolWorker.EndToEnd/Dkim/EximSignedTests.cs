// Mail that a real Exim has signed on its smtp transport (dkim_*), received by another real Exim into its queue, once by DATA
// with LF in -D and once by BDAT in wire format: our verifier reads the pair as the worker finds it. RSA and Ed25519, both
// of Exim's canonical forms, odd bodies. Keys are looked up over sockets.
using System.Text;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.EndToEnd.Dkim;

public sealed class EximSignedTests : IDisposable
{
    private const string Headers = "From: Joe <joe@example.org>\nTo: Suzie <suzie@to.example>,\n\tBob <bob@to.example>\nSubject:  Is  dinner \n ready?\nX-Empty:\nX-Twice: 1\nX-Twice: 2\n";

    private static readonly Dictionary<string, string> Bodies = new()
    {
        ["empty"] = "",
        ["blank"] = "\n\n\n",
        ["no-newline"] = "last line without an end",
        ["trailing-blanks"] = "one  \ntwo\t \n \n\t\nthree \n\n \n\n",
        ["blanks-only"] = " \n\t\n  \t \n",
        ["lines"] = string.Concat(Enumerable.Range(0, 1000).Select(i => $"line {i} of a  thousand\n")) + "\n\n",
        ["bytes"] = "caf\u00e9 \u00ff\u0080\n.dots\n..\n.\nFrom here\n",
    };

    private readonly TempDirectory _scene = new(isForAll: true);

    public void Dispose() => _scene.Dispose();

    [EximTheory]
    [InlineData(false, "relaxed")]
    [InlineData(false, "simple")]
    [InlineData(true, "relaxed")]
    [InlineData(true, "simple")]
    public async Task What_Exim_signs_verifies_in_the_spool_of_the_next(bool wireFormat, string form)
    {
        using var receiver = EximInstance.Create(_scene, "receiver", EximRole.QueuefileIdle, c => c with { WireFormat = wireFormat });
        await receiver.StartDaemon(queueRunner: false);
        var (config, zone) = Signer(receiver.Port, wireFormat, form);
        foreach (var (name, body) in Bodies)
        {
            var file = _scene.At($"{name}.eml");
            await File.WriteAllBytesAsync(file, Encoding.Latin1.GetBytes($"{Headers}X-Sample: {name}\n\n{body}"));
            var sent = Run.Program("/bin/sh", "-c", $"{EximInstance.Program} -C {config} -odf -oi -f joe@example.org suzie@to.example < {file}");
            sent.ExitCode.Should().Be(0, sent.Error);
        }
        await Run.Until(() => receiver.Queued().Count == Bodies.Count, () => $"{receiver.MainLog} {ReadLog()}");

        using var server = new TestDnsServer(zone);
        var resolver = new DnsResolver(new DnsOptions { Servers = [server.Address] }, TimeProvider.System);
        var verifier = new DkimVerifier(new DkimOptions());
        var cache = new KeyCache();
        foreach (var id in receiver.Queued())
        {
            var path = Path.Combine(receiver.InputDirectory(), id);
            MessageId.TryParse(id, out var messageId).Should().BeTrue();
            HeaderFileReader.TryRead(await File.ReadAllBytesAsync($"{path}-H"), messageId, out var header, out var error).Should().BeTrue($"{error}");
            header!.IsWireFormat.Should().Be(wireFormat);
            var data = await File.ReadAllBytesAsync($"{path}-D");
            var sample = Encoding.Latin1.GetString(header.Headers.Single(h => h.Is("X-Sample"u8)).Value).Trim();
            var found = await verifier.VerifyAsync(header, new BodyHashes(new MemoryBody(data.AsMemory(messageId.BodyOffset), wireFormat)), verifier.Lookups(resolver, cache), default);
            // RFC 6376, 3.4.3: in simple form a body without content is one line end. Exim 4.96 hashes nothing at all there, which no verifier takes
            var expected = sample is "empty" or "blank" && form == "simple" ? DkimResult.Fail : DkimResult.Pass;
            found.Signatures.Should().HaveCount(2, sample).And.OnlyContain(s => s.Result == expected, sample);
            found.Signatures.Select(s => s.Algorithm).Should().BeEquivalentTo("rsa-sha256", "ed25519-sha256");
            var changed = await verifier.VerifyAsync(header, new BodyHashes(new MemoryBody((byte[])[.. data.AsSpan(messageId.BodyOffset), (byte)'x', (byte)'\n'], wireFormat)), verifier.Lookups(resolver, cache), default);
            changed.Signatures.Should().OnlyContain(s => s.Result == DkimResult.Fail, sample);
        }
    }

    // An Exim that only sends, with a key of each kind.
    private (string Config, Zone Zone) Signer(int port, bool chunking, string form)
    {
        var root = _scene.CreateForExim("signer");
        var zone = new Zone();
        foreach (var (selector, type) in new[] { ("r1", KeyType.Rsa), ("e1", KeyType.Ed25519) })
        {
            var pem = PrivateKey.NewPem(type);
            var file = $"{root}/{selector}.key";
            File.WriteAllText(file, pem + "\n");
            EximUser.Own(file);
            zone.Txt($"{selector}._domainkey.example.org", $"v=DKIM1; k={type.Token()}; p={PrivateKey.TryParse(pem, out _)!.PublicBase64()}");
        }
        var config = _scene.At("signer.conf");
        File.WriteAllText(config, $$"""
            spool_directory = {{root}}
            log_file_path = {{root}}/%slog
            primary_hostname = signer.example
            keep_environment =
            tls_advertise_hosts =
            never_users =
            deliver_drop_privilege = true
            begin routers
            out:
              driver = manualroute
              route_list = * 127.0.0.1
              self = send
              transport = sign
            begin transports
            sign:
              driver = smtp
              port = {{port}}
              allow_localhost
              hosts_avoid_tls = *
              hosts_try_chunking = {{(chunking ? "*" : "")}}
              dkim_domain = example.org
              dkim_selector = r1 : e1
              dkim_private_key = {{root}}/${dkim_selector}.key
              dkim_canon = {{form}}
              dkim_strict = true
              dkim_timestamps = 86400
              dkim_sign_headers = From:+From:To:Subject:X-Empty:+X-Twice:+Cc:Message-ID:Date
            begin retry
            * * F,1h,1m

            """);
        return (config, zone);
    }

    private string ReadLog() => File.Exists(_scene.At("signer/mainlog")) ? File.ReadAllText(_scene.At("signer/mainlog")) + (File.Exists(_scene.At("signer/paniclog")) ? File.ReadAllText(_scene.At("signer/paniclog")) : "") : "";
}
