// Two hundred mails, no two alike on the wire: the real pairs of spool-samples, and made ones, kinds of header sections with kinds of bodies, in both forms of -D. The same in each run.
using System.Text;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Dcc;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>A mail of the corpus.</summary>
/// <param name="Kind">What it is, for whoever reads a failure.</param>
/// <param name="Id">Its id: the pair lies under it.</param>
internal sealed record CorpusMail(string Kind, MessageId Id);

/// <summary>Writes the corpus.</summary>
internal static class MailCorpus
{
    private const string From = "From: alice@sender.example\n", To = "To: bob@r.example\n", Date = "Date: Mon, 23 Nov 2026 12:00:00 +0000\n", MessageId = "Message-ID: <1@sender.example>\n",
        Mixed = "MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n";

    // Each with its lines, of which some have more than one field.
    private static readonly (string Kind, string Lines)[] Heads =
    [
        ("plain", $"{From}{To}Subject: a test\n{Date}{MessageId}"),
        ("mixed", $"{From}{To}Subject: a test\n\tfolded\n{Date}{MessageId}{Mixed}"),
        ("bare", "Subject:\n"),
        ("twice", $"{From}From: Carol <carol@other.example>\n{To}To: dave@r.example\nSubject: one\nSubject: two\n{Mixed}"),
        ("8-bit", $"From: \"J\u00f6rg\" <alice@sender.example>\n{To}Subject: =?utf-8?B?VGVzdCDDpMO2w7w=?= \u00e4\u00f6\u00fc\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: 8bit\n"),
        ("html", $"{From}{To}Subject: BUY NOW!!!\n{Date}Content-Type: text/html; charset=utf-8\nX-Mailer: none\n"),
        ("long", $"{From}{To}Subject: {new string('x', 3000)}\nReferences: {string.Join("\n\t", Enumerable.Range(0, 200).Select(i => $"<{i}@sender.example>"))}\n{Date}"),
    ];

    /// <summary>What engines are to find is in some of them.</summary>
    private static IEnumerable<(string Kind, byte[] Body)> Bodies()
    {
        yield return ("ham", Text("Dear Bob,\n\nthe meeting is on Tuesday.\n\nAlice\n"));
        yield return ("gtube", Text($"Hello\n{RealSpamd.Gtube}"));
        yield return ("offer", Text(RealSpamd.Offer));
        yield return ("friend", Text($"dear friend\n{RealSpamd.Offer}"));
        yield return ("soft reject", Text("not now\n"));
        yield return ("eicar", Text($"{RealClamd.EicarText}\n"));
        yield return ("eicar base64", Text(VerdictScene.Attached(Text(RealClamd.EicarText), "file.com")));
        yield return ("eicar zip", Text(VerdictScene.Attached(VerdictScene.Zipped(RealClamd.EicarText), "file.zip")));
        yield return ("unwanted", Text($"{RealClamd.UnwantedText}\n"));
        yield return ("html", Text("<html><body><p>Hello <a href=\"http://192.0.2.1/login\">http://bank.example/</a><img src=\"http://img.example/1.gif\" width=1 height=1></body></html>\n"));
        yield return ("8-bit", Text("Gr\u00fc\u00dfe aus K\u00f6ln\n"));
        yield return ("utf-8", Encoding.UTF8.GetBytes("Grüße \u2014 привет\n"));
        yield return ("long line", Text($"{new string('a', 20_000)}\n{RealSpamd.Offer}"));
        yield return ("dots", Text(".\n..\n.a line\n...\nend\n.\n"));
        yield return ("no final newline", Text("Hello\nno end"));
        yield return ("nul", Text($"a\0b\n\0\0\n{RealSpamd.Offer}"));
        yield return ("empty", []);
        yield return ("newlines", Text("\n\n\n\n"));
        yield return ("bare cr", Text("a\rb\r\rc\n\r\n"));
        yield return ("all octets", [.. Enumerable.Range(0, 1024).Select(i => (byte)i)]);
        yield return ("large attachment", Text(VerdictScene.Attached([.. Enumerable.Range(0, 90_000).Select(i => (byte)(i * 31 >> 3))], "data.bin")));
        yield return ("unended", Text($"--b\nContent-Type: text/plain\n\nHello\n--b\nContent-Type: application/octet-stream; name=\"file.exe\"\nContent-Transfer-Encoding: base64\n\n{Convert.ToBase64String(Text(RealClamd.EicarText))}"));
        yield return ("nested", Text(Nested(20)));
        yield return ("quoted-printable", Text("--b\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nthis is an=20offer=\n now =C3=A4=\n\n--b--\n"));
        yield return ("message", Text($"--b\nContent-Type: message/rfc822\n\nFrom: x@y.example\nSubject: inner\n\n{RealSpamd.Gtube}--b--\n"));
        yield return ("uuencode", Text("begin 644 file.exe\n#0V%T\n`\nend\n"));
    }

    /// <summary>Writes it into a directory, and tells what is there.</summary>
    public static IReadOnlyList<CorpusMail> In(string directory)
    {
        Directory.CreateDirectory(directory);
        var mails = new List<CorpusMail>();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Suites.Repository, "spool-samples", "valid"), "*-H", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            var id = PairFactory.Parse(Path.GetFileName(file)[..^2]);
            var kind = Path.GetFileName(Path.GetDirectoryName(file)!);
            // Some were taken of one message.
            if (File.Exists($"{directory}/{id.HeaderName}")) continue;
            File.Copy(file, $"{directory}/{id.HeaderName}");
            File.Copy(file[..^2] + "-D", $"{directory}/{id.BodyName}");
            mails.Add(new CorpusMail(kind, id));
        }
        foreach (var (head, lines) in Heads)
        {
            foreach (var (body, bytes) in Bodies())
            {
                // By turns, so that each head and each body comes in both.
                var isWire = (mails.Count + Array.FindIndex(Heads, h => h.Kind == head)) % 2 == 0;
                mails.Add(Made(directory, mails.Count, $"{head}, {body}{(isWire ? ", wire" : "")}", lines, isWire ? OnTheWire(bytes) : bytes, isWire));
            }
        }
        return mails;
    }

    private static CorpusMail Made(string directory, int number, string kind, string lines, byte[] body, bool isWire)
    {
        var id = PairFactory.Parse(PairFactory.ShortId(number));
        var header = DccScene.Header("--host_address [192.0.2.7]:4711\n--host_name mail.sender.example\n--helo_name helo.sender.example\n" + (isWire ? "-spool_file_wireformat\n" : ""), headers: Fields(lines));
        File.WriteAllBytes($"{directory}/{id.HeaderName}", HeaderFileWriter.ToArray(header.WithId(id)));
        File.WriteAllBytes($"{directory}/{id.BodyName}", [.. Text($"{id.BodyName}\n"), .. body]);
        return new CorpusMail(kind, id);
    }

    private static string[] Fields(string lines)
    {
        var fields = new List<string>();
        foreach (var line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line[0] == '\t') fields[^1] += $"{line}\n";
            else fields.Add($"{line}\n");
        }
        // Never sent: whoever finds it has read what is not on the wire.
        return [.. fields, $"*X-Deleted: {RealSpamd.Gtube}"];
    }

    private static byte[] OnTheWire(byte[] body) => Text(Encoding.Latin1.GetString(body).Replace("\n", "\r\n", StringComparison.Ordinal));

    private static string Nested(int depth) => depth == 0 ? "Content-Type: text/plain\n\nthis is an offer\n"
        : $"{(depth == 20 ? "--b\n" : "")}Content-Type: multipart/mixed; boundary=b{depth}\n\n--b{depth}\n{Nested(depth - 1)}--b{depth}--\n{(depth == 20 ? "--b--\n" : "")}";

    private static byte[] Text(string text) => Encoding.Latin1.GetBytes(text);
}
