// DKIM of one message again and again: ours, MimeKit, dkimpy and Mail::DKIM over the same bytes, one thread each, CPU time;
// beside it what the machine's bare RSA and SHA-256 take. Keys are warm everywhere that can keep them; the DNS is a table.
using System.CommandLine;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks;

/// <summary>The dkim benchmark.</summary>
internal static class DkimBenchmark
{
    private const string Domain = "example.org", Selector = "s";

    public static Command Create()
    {
        var milliseconds = CommonOptions.Number("--milliseconds", "How long each figure is measured", 2000);
        var rounds = CommonOptions.Number("--rounds", "Rounds, in turns; the median counts", 3);
        var command = new Command("dkim", """
            Verify and sign: messages a second against dkimpy, Mail::DKIM, MimeKit and bare RSA; 1 MB body against bare SHA-256

            Examples:
              dkim
              dkim --milliseconds 500 --rounds 1 --json
            """) { milliseconds, rounds, CommonOptions.Directory, CommonOptions.Json };
        command.SetAction(parsed =>
        {
            var folder = Path.Combine(Path.GetFullPath(parsed.GetValue(CommonOptions.Directory)!), $"dkim-{Environment.ProcessId}");
            Directory.CreateDirectory(folder);
            try
            {
                return Run(folder, TimeSpan.FromMilliseconds(parsed.GetValue(milliseconds)), parsed.GetValue(rounds), parsed.GetValue(CommonOptions.Json));
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        });
        return command;
    }

    private sealed record Measured(string What, string Who, Func<TimeSpan, double> Microseconds);

    private static int Run(string folder, TimeSpan time, int rounds, bool json)
    {
        var small = new Sample(10_000);
        var large = new Sample(1_000_000);
        small.Write(folder);
        var digest = new byte[32];
        var signature = small.Key.Sign(digest);
        var dns = new Table(small.Record);
        var cache = new KeyCache();
        var all = new List<Measured>
        {
            new("bare RSA-2048 verify", "OpenSSL through .NET", t => Time(t, () => small.Key.Public.Verify(digest, signature))),
            new("bare RSA-2048 sign", "OpenSSL through .NET", t => Time(t, () => small.Key.Sign(digest))),
            new("verify 10 kB", "SpoolWorker", t => Time(t, () => small.Verify(dns, cache))),
            new("verify 10 kB", "MimeKit", t => Time(t, small.VerifyMimeKit)),
            new("verify 10 kB", "dkimpy", t => Peer("/usr/bin/python3", Python, folder, "verify", t)),
            new("verify 10 kB", "Mail::DKIM", t => Peer("/usr/bin/perl", Perl, folder, "verify", t)),
            new("sign 10 kB", "SpoolWorker, verified again", t => Time(t, () => small.Sign())),
            new("sign 10 kB", "MimeKit", t => Time(t, small.SignMimeKit)),
            new("sign 10 kB", "dkimpy", t => Peer("/usr/bin/python3", Python, folder, "sign", t)),
            new("sign 10 kB", "Mail::DKIM", t => Peer("/usr/bin/perl", Perl, folder, "sign", t)),
            new("bare SHA-256 1 MB", "OpenSSL through .NET", t => Time(t, () => SHA256.HashData(large.Body.Span, digest))),
            new("verify 1 MB, body with LF", "SpoolWorker", t => Time(t, () => large.Verify(dns, cache))),
            new("verify 1 MB, wire format", "SpoolWorker", t => Time(t, () => large.Wire.Verify(dns, cache))),
        };
        var found = all.ToDictionary(m => m, _ => new List<double>());
        for (var round = 0; round < rounds; round++)
        {
            foreach (var one in all)
            {
                found[one].Add(one.Microseconds(time));
                Report.Progress($"round {round + 1}  {one.What,-26} {one.Who,-28} {found[one][^1]:0.0} us");
            }
        }
        var report = new Report("dkim", $"one thread, median of {rounds} rounds of {time.TotalMilliseconds:0} ms; CPU time", new("what", "what"), new("who", "who"),
            new("microseconds", "us a message", "0.0"), new("perSecond", "a second", "0"), new("toOurs", "ours = 1", "0.00"), new("toBare", "bare = 1", "0.00"), new("allocatedBytes", "heap bytes", "0"));
        double Of(string what, string who) => Statistics.Median(found.First(f => f.Key.What == what && f.Key.Who.StartsWith(who, StringComparison.Ordinal)).Value);
        foreach (var one in all)
        {
            var us = Statistics.Median(found[one]);
            var ours = one.Who.StartsWith("SpoolWorker", StringComparison.Ordinal);
            var bare = one.What switch
            {
                "verify 10 kB" => Of("bare RSA-2048 verify", ""),
                "sign 10 kB" => Of("bare RSA-2048 sign", ""),
                var w when w.StartsWith("verify 1 MB", StringComparison.Ordinal) => Of("bare SHA-256 1 MB", ""),
                _ => double.NaN,
            };
            var reference = one.What.Contains("10 kB", StringComparison.Ordinal) ? Of(one.What, "SpoolWorker") : double.NaN;
            report.Add(one.What, one.Who, us, 1e6 / us, us / reference, us / bare, !ours ? double.NaN : (double)(one.What switch
            {
                "verify 10 kB" => Heap(() => small.Verify(dns, cache)),
                "sign 10 kB" => Heap(() => small.Sign()),
                "verify 1 MB, body with LF" => Heap(() => large.Verify(dns, cache)),
                _ => Heap(() => large.Wire.Verify(dns, cache)),
            }));
        }
        report.Print(json, folder);
        return 0;
    }

    private static double Time(TimeSpan time, Action work)
    {
        // long enough for the compiler's last tier
        var watch = Stopwatch.StartNew();
        while (watch.Elapsed < TimeSpan.FromSeconds(1)) work();
        var before = Resources.Self();
        watch.Restart();
        var count = 0L;
        for (; watch.Elapsed < time; count++) work();
        return (Resources.Self() - before).Total * 1e6 / count;
    }

    private static long Heap(Action work)
    {
        for (var i = 0; i < 10; i++) work();
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 10; i++) work();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / 10;
    }

    // The peer measures itself, without its start; NaN where it is not installed.
    private static double Peer(string program, string script, string folder, string mode, TimeSpan time)
    {
        if (!File.Exists(program)) return double.NaN;
        string[] arguments = [program.EndsWith("perl", StringComparison.Ordinal) ? "-e" : "-c", script, mode, folder, $"{time.TotalSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture)}"];
        var (_, text, error) = new ProgramCall(program, arguments) { Deadline = Timeout.InfiniteTimeSpan }.Run();
        if (double.TryParse(text, System.Globalization.CultureInfo.InvariantCulture, out var us)) return us;
        Report.Progress($"{program}: {error.Split('\n')[0]}");
        return double.NaN;
    }

    private const string Python = """
        import sys, time, dkim
        mode, folder, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
        record, key = open(folder + '/dns', 'rb').read(), open(folder + '/rsa.key', 'rb').read()
        plain, signed = open(folder + '/plain.eml', 'rb').read(), open(folder + '/signed.eml', 'rb').read()
        def verify(): assert dkim.verify(signed, dnsfunc=lambda name, timeout=5: record)
        def sign(): dkim.sign(plain, b's', b'example.org', key, canonicalize=(b'relaxed', b'relaxed'))
        work = verify if mode == 'verify' else sign
        work()
        count, began, end = 0, time.process_time(), time.monotonic() + seconds
        while time.monotonic() < end: work(); count += 1
        print((time.process_time() - began) * 1e6 / count)
        """;

    private const string Perl = """
        use strict; use warnings; use Time::HiRes qw(time clock); use Mail::DKIM::Verifier; use Mail::DKIM::Signer; use Mail::DKIM::DNS; use Net::DNS; use Net::DNS::RR;
        my ($mode, $folder, $seconds) = @ARGV;
        sub slurp { open my $in, '<:raw', "$folder/$_[0]" or die; local $/; <$in> }
        my ($record, $plain, $signed) = (slurp('dns'), slurp('plain.eml'), slurp('signed.eml'));
        my @parts = $record =~ /(.{1,255})/g;
        my $rr = Net::DNS::RR->new(owner => 's._domainkey.example.org', type => 'TXT', txtdata => [@parts]);
        { no warnings 'redefine'; *Mail::DKIM::DNS::query = sub { return ($rr) }; *Mail::DKIM::DNS::query_async = sub { my (undef, undef, %p) = @_; my @r = ($rr); return sub { return $p{Callbacks}{Success} ? $p{Callbacks}{Success}->(@r) : @r } }; }
        my $work = $mode eq 'verify'
          ? sub { my $v = Mail::DKIM::Verifier->new; $v->PRINT($signed); $v->CLOSE; die $v->result_detail unless $v->result eq 'pass' }
          : sub { my $s = Mail::DKIM::Signer->new(Algorithm => 'rsa-sha256', Method => 'relaxed/relaxed', Domain => 'example.org', Selector => 's', KeyFile => "$folder/rsa.key"); $s->PRINT($plain); $s->CLOSE; $s->signature->as_string };
        $work->();
        my ($count, $began, $end) = (0, clock(), time() + $seconds);
        while (time() < $end) { $work->(); $count++ }
        print +(clock() - $began) * 1e6 / $count;
        """;

    // One message in all the forms that the programs want.
    private sealed class Sample : IMessageBody
    {
        private const string Headers = "Received: from mx.example.net (mx.example.net [192.0.2.1])\n\tby mail.example.com with esmtps (TLS1.3) tls TLS_AES_256_GCM_SHA384\n\tid 1xVVht-000477-0i; Mon, 23 Nov 2026 11:59:00 +0000\n"
            + "From: Joe SixPack <joe@example.org>\nTo: Suzie Q <suzie@example.net>,\n\tBob <bob@example.net>\nSubject: Is dinner ready?\nDate: Mon, 23 Nov 2026 12:00:00 +0000\n"
            + "Message-ID: <20261123120000.1@example.org>\nMIME-Version: 1.0\nContent-Type: text/plain; charset=us-ascii\nContent-Transfer-Encoding: 7bit\n";

        private static readonly RSA Rsa = RSA.Create(2048);
        private static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

        private readonly HeaderFile _plain;
        private readonly HeaderFile _signed;
        private readonly DkimSigner _signer;
        private readonly DkimVerifier _verifier = new(new DkimOptions());
        private readonly MimeKit.MimeMessage _mimeSigned;
        private readonly MimeKit.MimeMessage _mimePlain;
        private readonly MimeKit.Cryptography.DkimVerifier _mimeVerifier;
        private readonly MimeKit.Cryptography.DkimSigner _mimeSigner;

        public Sample(int size, bool isWire = false)
        {
            var text = new StringBuilder();
            for (var i = 0; text.Length < size; i++) text.Append("All work and no play makes a dull mail queue; so every line differs: ").Append(i).Append(isWire ? "\r\n" : "\n");
            Body = Encoding.ASCII.GetBytes(text.ToString());
            IsWireFormat = isWire;
            Key = PrivateKey.TryParse(Rsa.ExportPkcs8PrivateKeyPem(), out _)!;
            Record = $"v=DKIM1; k=rsa; p={Key.PublicBase64()}";
            _signer = DkimSigner.TryCreate(new DkimKeyOptions { Domain = Domain, Selector = Selector }, Key, out _)!;
            var lines = System.Text.RegularExpressions.Regex.Split(Headers.TrimEnd('\n'), "\n(?!\t)").Select(l => HeaderLine.Create(l + "\n"));
            _plain = new HeaderFile { Id = default, Login = default, Uid = 0, Gid = 0, Sender = default, ReceivedTime = Now.ToUnixTimeSeconds(), WarningCount = 0, Headers = [.. lines] };
            _signed = _plain.WithHeaderOnTop(Sign());
            var options = new MimeKit.ParserOptions { MaxMimeDepth = 0 };
            _mimeSigned = MimeKit.MimeMessage.Load(options, new MemoryStream(Bytes(_signed)));
            _mimePlain = MimeKit.MimeMessage.Load(options, new MemoryStream(Bytes(_plain)));
            _mimeVerifier = new MimeKit.Cryptography.DkimVerifier(new OneKey(Key));
            _mimeSigner = new MimeKit.Cryptography.DkimSigner(new MemoryStream(Encoding.ASCII.GetBytes(Rsa.ExportRSAPrivateKeyPem())), Domain, Selector)
            {
                HeaderCanonicalizationAlgorithm = MimeKit.Cryptography.DkimCanonicalizationAlgorithm.Relaxed,
                BodyCanonicalizationAlgorithm = MimeKit.Cryptography.DkimCanonicalizationAlgorithm.Relaxed,
            };
            if (!isWire) Wire = new Sample(size, isWire: true);
        }

        public ReadOnlyMemory<byte> Body { get; }

        public PrivateKey Key { get; }

        public string Record { get; }

        /// <summary>The same in wire format.</summary>
        public Sample Wire { get; } = null!;

        public long Length => Body.Length;

        public bool IsWireFormat { get; }

        public Stream OpenRead() => new MemoryStream(System.Runtime.InteropServices.MemoryMarshal.TryGetArray(Body, out var array) ? array.Array! : []);

        public void Write(string folder)
        {
            File.WriteAllText($"{folder}/rsa.key", Rsa.ExportRSAPrivateKeyPem());
            File.WriteAllText($"{folder}/dns", Record);
            File.WriteAllBytes($"{folder}/plain.eml", Bytes(_plain));
            File.WriteAllBytes($"{folder}/signed.eml", Bytes(_signed));
        }

        public HeaderLine Sign() => _signer.Sign(new SignedMessage(_plain.Headers, new BodyHashes(this)), Now, default);

        public void Verify(IDnsResolver dns, KeyCache cache)
        {
            var task = _verifier.VerifyAsync(_signed, new BodyHashes(this), _verifier.Lookups(dns, cache), default);
            if (!task.IsCompletedSuccessfully || task.Result.Result != DkimResult.Pass) throw new InvalidOperationException("does not verify");
        }

        public void VerifyMimeKit()
        {
            if (!_mimeVerifier.Verify(_mimeSigned, _mimeSigned.Headers[0])) throw new InvalidOperationException("does not verify");
        }

        public void SignMimeKit()
        {
            _mimeSigner.Sign(_mimePlain, ["From", "To", "Subject", "Date", "Message-ID"]);
            _mimePlain.Headers.RemoveAt(0);
        }

        private byte[] Bytes(HeaderFile header)
        {
            var text = string.Concat(header.Headers.Select(h => Encoding.Latin1.GetString(h.Text.Span))) + "\n" + Encoding.Latin1.GetString(Body.Span).Replace("\r\n", "\n", StringComparison.Ordinal);
            return Encoding.Latin1.GetBytes(text.Replace("\n", "\r\n", StringComparison.Ordinal));
        }
    }

    private sealed class OneKey(PrivateKey key) : MimeKit.Cryptography.IDkimPublicKeyLocator
    {
        private readonly Org.BouncyCastle.Crypto.AsymmetricKeyParameter _key = Org.BouncyCastle.Security.PublicKeyFactory.CreateKey(Convert.FromBase64String(key.PublicBase64()));

        public Org.BouncyCastle.Crypto.AsymmetricKeyParameter LocatePublicKey(string methods, string domain, string selector, CancellationToken cancellationToken = default) => _key;

        public Task<Org.BouncyCastle.Crypto.AsymmetricKeyParameter> LocatePublicKeyAsync(string methods, string domain, string selector, CancellationToken cancellationToken = default) => Task.FromResult(_key);
    }

    // One TXT record, whatever is asked for.
    private sealed class Table(string record) : IDnsResolver
    {
        private readonly DnsAnswer<ReadOnlyMemory<byte>> _answer = new(DnsStatus.Success, [Encoding.ASCII.GetBytes(record)]);

        public ValueTask<DnsAnswer<ReadOnlyMemory<byte>>> TxtAsync(string name, CancellationToken cancellationToken) => ValueTask.FromResult(_answer);

        public ValueTask<DnsAnswer<IPAddress>> AddressesAsync(string name, AddressFamily family, CancellationToken cancellationToken) => throw new InvalidOperationException("TXT only");

        public ValueTask<DnsAnswer<MxRecord>> MxAsync(string name, CancellationToken cancellationToken) => throw new InvalidOperationException("TXT only");

        public ValueTask<DnsAnswer<string>> PtrAsync(IPAddress address, CancellationToken cancellationToken) => throw new InvalidOperationException("TXT only");
    }
}
