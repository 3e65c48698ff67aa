// Mail signed by one real Exim goes through another, through the worker with `authenticate` and `arc-seal`, and is delivered:
// it comes out sealed, and dkimpy and Mail::DKIM verify it. The same mail going round again gets a second set. A worker that
// is killed in the middle neither loses nor doubles a message or a set.
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.EndToEnd.Arc;

public sealed class SignedAndSealedTests : WorkerScene
{
    private const string Admd = "mx.sealer.example", Domain = "sealer.example", Author = "from.example";

    [EximFact]
    public async Task Mail_signed_by_Exim_is_sealed_and_verifies_elsewhere()
    {
        var zone = new Zone();
        using var dns = new TestDnsServer(zone);
        var (signer, exim, worker) = await Chain(zone, dns);
        worker.Start();

        SmtpMessage[] bodies = [MessageSamples.Numbered(1, "a@to.example"), .. MessageSamples.All.Where(m => m.Name is "several lines" or "leading dots" or "empty body" or "8-bit")];
        SmtpClient.Send(signer.Port, bodies);
        await Delivered(exim, worker, bodies.Length);
        var first = exim.Mail.Deliveries();
        foreach (var delivery in first)
        {
            var results = Unfolded(delivery, "ARC-Authentication-Results");
            results.Should().StartWith($"i=1; {Admd}; ").And.Contain("dkim=pass").And.Contain("spf=pass").And.Contain("dmarc=pass").And.Contain("arc=none");
            Unfolded(delivery, "ARC-Seal").Should().StartWith($"i=1; a=rsa-sha256; cv=none; d={Domain}; s=arc; t=");
            Unfolded(delivery, "ARC-Message-Signature").Should().Contain("; x=").And.Contain("dkim-signature");
            delivery.Headers.Take(3).Select(h => h.Split(':')[0]).Should().Equal("ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results");
        }
        Verified(first, dns.Port, bodies.Length);

        // Round again, as a list would send it on.
        SmtpClient.Send(signer.Port, first.Select((d, i) => new SmtpMessage($"again {i}", "list@from.example", ["b@to.example"], Encoding.Latin1.GetBytes((string.Concat(d.Headers) + "\n" + d.Body).Replace("\n", "\r\n", StringComparison.Ordinal)))));
        await Delivered(exim, worker, 2 * bodies.Length);
        var second = exim.Mail.Deliveries().Where(d => d.Recipient == "b@to.example").ToList();
        foreach (var delivery in second)
        {
            Unfolded(delivery, "ARC-Seal").Should().StartWith($"i=2; a=rsa-sha256; cv=pass; d={Domain}; s=arc; t=");
            Unfolded(delivery, "ARC-Authentication-Results").Should().StartWith($"i=2; {Admd}; ").And.Contain("arc=pass");
            delivery.Headers.Count(h => h.StartsWith("Authentication-Results:", StringComparison.Ordinal)).Should().Be(1, "the line of the first round is gone");
        }
        Verified(second, dns.Port, bodies.Length);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
    }

    [EximFact]
    public async Task Killed_under_load_each_message_comes_out_once_with_one_set()
    {
        const int Messages = 60, Kills = 6;
        var zone = new Zone();
        using var dns = new TestDnsServer(zone);
        var (signer, exim, worker) = await Chain(zone, dns);
        var random = new Random(815);
        var sent = 0;
        for (var kill = 0; kill < Kills; kill++)
        {
            var mark = worker.Log.Length;
            worker.Start();
            SmtpClient.Send(signer.Port, Enumerable.Range(0, Messages / Kills).Select(_ => MessageSamples.Numbered(++sent, $"r{sent}@to.example")));
            await worker.Until(() => worker.Log.AsSpan(mark).Contains("requeued", StringComparison.Ordinal), () => "nothing is requeued");
            // The moment of the kill.
            await Task.Delay(random.Next(40));
            worker.Kill();
        }
        worker.Start();
        // One more shows that the worker is up: SIGTERM in the first moments of a process ends it without its doing.
        SmtpClient.Send(signer.Port, [MessageSamples.Numbered(++sent, $"r{sent}@to.example")]);
        await Delivered(exim, worker, sent, TimeSpan.FromSeconds(60));
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
        worker.Stop().Should().Be(0);
        var deliveries = exim.Mail.Deliveries();
        Once.Each(Enumerable.Range(1, sent).Select(n => $"number {n} to r{n}@to.example"), deliveries.Select(d => $"{d.Sample} to {d.Recipient}"));
        foreach (var delivery in deliveries)
        {
            delivery.Headers.Take(4).Select(h => h.Split(':')[0]).Should().Equal("ARC-Seal", "ARC-Message-Signature", "ARC-Authentication-Results", "Authentication-Results");
            delivery.Headers.Count(h => h.StartsWith("ARC-Seal:", StringComparison.Ordinal)).Should().Be(1);
        }
        Verified(deliveries, dns.Port, sent);
    }

    // An Exim that signs, and one with the worker between its queues.
    private async Task<(EximInstance Signer, EximInstance Exim, WorkerProcess Worker)> Chain(Zone zone, TestDnsServer dns)
    {
        File.Exists("/usr/lib/python3/dist-packages/dkim/__init__.py").Should().BeTrue("python3-dkim is among what tests/run installs");
        File.Exists("/usr/share/perl5/Mail/DKIM/ARC/Verifier.pm").Should().BeTrue("libmail-dkim-perl is among what tests/run installs");
        var (signing, signingRecord) = RsaKey("signing.pem");
        var (sealing, sealingRecord) = RsaKey("sealing.pem");
        EximUser.Own(signing);
        zone.Txt($"exim._domainkey.{Author}", signingRecord).Txt($"arc._domainkey.{Domain}", sealingRecord).Txt(Author, "v=spf1 ip4:127.0.0.0/8 -all").Txt($"_dmarc.{Author}", "v=DMARC1; p=none");
        var (exim, worker) = NamedQueue(worker: c => c with
        {
            Passes = ["authenticate", "arc-seal"],
            Sections = new Dictionary<string, object>
            {
                ["Schedule"] = new { Retry = "00:00:00.2", Scan = "00:00:00.5" },
                ["Dns"] = new { Servers = new[] { dns.Address } },
                ["Authenticate"] = new { AuthservId = Admd },
                ["Arc"] = new { Mode = "seal", Seal = new { AdmdId = Admd, Domain, Selector = "arc", PrivateKeyFile = sealing, Options = "expire" } },
            },
        });
        var signer = Exim("signer", EximRole.Deliver, c => c with
        {
            MoreRouters = $"sign:\n  driver = manualroute\n  route_list = * 127.0.0.1::{exim.Port}\n  self = send\n  transport = signing\n\n",
            MoreTransports = $"signing:\n  driver = smtp\n  allow_localhost\n  hosts_try_fastopen =\n  dkim_domain = {Author}\n  dkim_selector = exim\n  dkim_private_key = {signing}\n  dkim_canon = relaxed\n\n",
        });
        await exim.StartDaemon();
        await signer.StartDaemon();
        return (signer, exim, worker);
    }

    private void Verified(IReadOnlyList<Delivery> deliveries, int port, int count)
    {
        deliveries.Should().HaveCount(count);
        var folder = Directory.CreateDirectory(Scene.At($"sealed-{deliveries[0].Recipient}")).FullName;
        foreach (var (delivery, i) in deliveries.Select((d, i) => (d, i)))
            File.WriteAllBytes(Path.Combine(folder, $"{i}.eml"), Encoding.Latin1.GetBytes((string.Concat(delivery.Headers) + "\n" + delivery.Body).Replace("\n", "\r\n", StringComparison.Ordinal)));
        foreach (var (program, script) in new[] { ("/usr/bin/python3", "dkimpy.py"), ("/usr/bin/perl", "mail-dkim.pl") })
        {
            var ran = Run.Program(program, Path.Combine(Peers(), script), "verify", $"{port}", folder);
            ran.ExitCode.Should().Be(0, ran.Error);
            var lines = ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
            lines.Should().HaveCount(count).And.OnlyContain(l => l.Split(' ', 3)[1] == "pass", "{0} verifies what was delivered", script);
        }
    }

    private static string Unfolded(Delivery delivery, string name) => delivery.Headers.First(h => h.StartsWith(name + ":", StringComparison.Ordinal))[(name.Length + 1)..].Replace("\n", "", StringComparison.Ordinal).Trim();

    private (string File, string Record) RsaKey(string name)
    {
        using var rsa = RSA.Create(2048);
        var path = Scene.At(name);
        File.WriteAllText(path, rsa.ExportRSAPrivateKeyPem() + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return (path, $"v=DKIM1; k=rsa; p={Convert.ToBase64String(rsa.ExportSubjectPublicKeyInfo())}");
    }

    private static string Peers([CallerFilePath] string path = "") => Path.GetFullPath(Path.Combine(Path.GetDirectoryName(path)!, "../../SpoolWorker.Tests/Arc/peers"));
}
