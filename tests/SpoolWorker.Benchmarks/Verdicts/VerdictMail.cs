// Messages of a given size as mail with an attachment has it: a text, and base64 that no engine finds anything in. No two are alike, so that no engine remembers one.
using System.Globalization;
using System.Text;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Services;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks.Verdicts;

/// <summary>A supply of messages.</summary>
internal sealed class VerdictMail
{
    private const int MostText = 6000, BytesALine = 57;

    private readonly PairFactory _pairs = new(only: "4.96-plain");
    private readonly byte[] _end;
    private int _made;

    /// <param name="size">Bytes of a body, more or less.</param>
    public VerdictMail(int size)
    {
        var text = new StringBuilder();
        for (var line = 0; text.Length < Math.Min(size / 2, MostText); line++) text.Append(CultureInfo.InvariantCulture, $"Line {line} of a letter about nothing much, as long as lines in mail usually are.\n");
        text.Append("--b\nContent-Type: application/octet-stream; name=data.bin\nContent-Disposition: attachment; filename=data.bin\nContent-Transfer-Encoding: base64\n\n");
        // The same in each run.
        var random = new Random(1);
        var bytes = new byte[BytesALine];
        while (text.Length < size)
        {
            random.NextBytes(bytes);
            text.Append(Convert.ToBase64String(bytes)).Append('\n');
        }
        _end = Encoding.ASCII.GetBytes(text.Append("--b--\n").ToString());
    }

    /// <summary>The next message.</summary>
    public (HeaderFile Header, byte[] Body) Next()
    {
        var (id, bytes, _) = _pairs.Next();
        if (!HeaderFileReader.TryRead(bytes, id, out var header, out var error)) throw new InvalidDataException($"{error}");
        byte[] body = [.. Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"--b\nContent-Type: text/plain\n\nMessage {++_made} of this run.\n")), .. _end];
        header = (header! with
        {
            Headers =
            [
                HeaderLine.Create("Received: from mail.sender.example ([192.0.2.7]) by mx.ours.example;\n\tMon, 23 Nov 2026 21:00:00 +0000\n"), HeaderLine.Create("From: Ann <ann@sender.example>\n"),
                HeaderLine.Create("To: bob@ours.example\n"), HeaderLine.Create($"Subject: message {_made}\n"), HeaderLine.Create("Date: Mon, 23 Nov 2026 21:00:00 +0000\n"),
                HeaderLine.Create($"Message-ID: <{_made}@sender.example>\n"), HeaderLine.Create("MIME-Version: 1.0\n"), HeaderLine.Create("Content-Type: multipart/mixed; boundary=b\n"),
            ],
        }).WithVariable("host_address", "[192.0.2.7]:25").WithVariable("helo_name", "mail.sender.example").WithBodyLineCount(body.Count(b => b == '\n'));
        return (header, body);
    }

    /// <summary>Writes pairs into a directory.</summary>
    public List<MessageId> Fill(string directory, int count)
    {
        var ids = new List<MessageId>();
        for (var i = 0; i < count; i++)
        {
            var (header, body) = Next();
            _pairs.Write($"{directory}/{header.Id.BodyName}", [.. Encoding.ASCII.GetBytes($"{header.Id.BodyName}\n"), .. body]);
            _pairs.Write($"{directory}/{header.Id.HeaderName}", HeaderFileWriter.ToArray(header));
            ids.Add(header.Id);
        }
        return ids;
    }

    /// <summary>A message as an engine is sent it.</summary>
    public byte[] NextOnTheWire()
    {
        var (header, body) = Next();
        return OnTheWire(header, new MemoryBody(body));
    }

    /// <summary>The bytes of a message as they are sent.</summary>
    public static byte[] OnTheWire(HeaderFile header, IMessageBody body)
    {
        using var bytes = new MemoryStream();
        new WireMessage(header, body).SendAsync(piece => bytes.WriteAsync(piece)).AsTask().GetAwaiter().GetResult();
        return bytes.ToArray();
    }

    /// <summary>A claimed pair as passes see it.</summary>
    public static PassContext ContextOf(SpoolPair pair)
    {
        if (!HeaderFileReader.TryRead(pair.HeaderBytes, pair.Id, out var header, out var error)) throw new InvalidDataException($"{error}");
        return new PassContext(header!, new PairBody(pair, header!.IsWireFormat), header.Pending, 1, new Dictionary<string, string>(), TimeProvider.System.GetUtcNow());
    }
}
