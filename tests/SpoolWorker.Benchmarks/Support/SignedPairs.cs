// Pairs as a receiver gets them that sits behind a list: 10 kB of text, one DKIM signature of the author's domain (RSA-2048),
// one ARC set of the list's, an SPF record that passes and a DMARC policy. All of it is in a zone.
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Benchmarks.Support;

/// <summary>A supply of signed pairs.</summary>
internal sealed class SignedPairs
{
    private const string Author = "author.example", List = "list.example", ListAdmd = "mx.list.example", Selector = "sel";
    private const int BodySize = 10_000;

    private readonly PairFactory _pairs = new(only: "4.96-plain");
    private readonly PrivateKey _key;
    private readonly DkimSigner _signer;
    private readonly ArcSealer _sealer = new(ListAdmd, SealTimes.Default, ArcSealOptions.DefaultNames);

    public SignedPairs()
    {
        KeyPem = PrivateKey.NewPem(KeyType.Rsa);
        _key = PrivateKey.TryParse(KeyPem, out var fault) ?? throw new InvalidOperationException(fault);
        _signer = DkimSigner.TryCreate(new DkimKeyOptions { Domain = Author, Selector = Selector }, _key, out fault) ?? throw new InvalidOperationException(fault);
        var record = $"v=DKIM1; k=rsa; p={_key.PublicBase64()}";
        Zone = new Zone { Ttl = 86_400 }.Txt($"{Selector}._domainkey.{Author}", record).Txt($"{Selector}._domainkey.{List}", record)
            .Txt(List, "v=spf1 ip4:192.0.2.0/24 -all").Txt($"_dmarc.{Author}", "v=DMARC1; p=reject");
    }

    /// <summary>A key of the same size, for the seal that is to be added.</summary>
    public string KeyPem { get; }

    public Zone Zone { get; }

    /// <summary>Writes pairs into a directory.</summary>
    public void Fill(string directory, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var (id, bytes, _) = _pairs.Next();
            if (!HeaderFileReader.TryRead(bytes, id, out var header, out var error)) throw new InvalidDataException($"{error}");
            var body = new Body(i);
            header = Signed(header! with { Headers = [.. Headers(i)] }, body)
                .WithSender(Encoding.ASCII.GetBytes($"bounces-{i}@{List}")).WithVariable("host_address", "[192.0.2.7]:25").WithVariable("helo_name", "out.list.example").WithBodyLineCount(body.Lines);
            _pairs.Write($"{directory}/{id.BodyName}", [.. Encoding.ASCII.GetBytes($"{id.BodyName}\n"), .. body.Bytes]);
            _pairs.Write($"{directory}/{id.HeaderName}", HeaderFileWriter.ToArray(header));
        }
    }

    private static IEnumerable<HeaderLine> Headers(int i) =>
    [
        HeaderLine.Create("Received: from author.example ([198.51.100.1]) by mx.list.example;\n\tMon, 23 Nov 2026 21:00:00 +0000\n"), HeaderLine.Create($"From: Ann <ann@{Author}>\n"),
        HeaderLine.Create($"To: talk@{List}\n"), HeaderLine.Create($"Subject: message {i}\n"), HeaderLine.Create("Date: Mon, 23 Nov 2026 21:00:00 +0000\n"),
        HeaderLine.Create($"Message-ID: <{i}@{Author}>\n"), HeaderLine.Create("MIME-Version: 1.0\n"), HeaderLine.Create("Content-Type: text/plain\n"),
    ];

    private HeaderFile Signed(HeaderFile message, IMessageBody body)
    {
        var now = TimeProvider.System.GetUtcNow();
        message = message.WithHeaderOnTop(_signer.Sign(SignedMessage.Live(message, body), now, CancellationToken.None));
        message = message.WithHeaderOnTop(HeaderLine.Create($"Authentication-Results: {ListAdmd}; spf=pass smtp.mailfrom=ann@{Author};\n\tdkim=pass header.d={Author}; arc=none\n"));
        var made = _sealer.Seal(SignedMessage.Live(message, body), null, new SealKey(List, Selector, _key), true, now.ToUnixTimeSeconds(), CancellationToken.None);
        if (made.Outcome != SealOutcome.Sealed) throw new InvalidOperationException($"{made.Outcome} {made.Reason}");
        foreach (var line in made.Lines.Reverse()) message = message.WithHeaderOnTop(line);
        return message;
    }

    private sealed class Body : IMessageBody
    {
        public Body(int number)
        {
            var text = new StringBuilder(BodySize);
            while (text.Length < BodySize) text.Append("Message ").Append(number).Append(", line ").Append(Lines++).Append(": as long as lines in mail usually are, more or less.\n");
            Bytes = Encoding.ASCII.GetBytes(text.ToString());
        }

        public byte[] Bytes { get; }

        public int Lines { get; private set; }

        public long Length => Bytes.Length;

        public bool IsWireFormat => false;

        public Stream OpenRead() => new MemoryStream(Bytes, writable: false);
    }
}
