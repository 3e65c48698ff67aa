using System.Globalization;
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>A valid spool pair made in code.</summary>
internal sealed record PairFactory
{
    public string Id { get; init; } = "1xVVht-000477-0i";

    public string Sender { get; init; } = "alice@sender.example";

    public long Time { get; init; } = 1_795_446_709;

    public string[] Recipients { get; init; } = ["bob@r.example"];

    public byte[] Body { get; init; } = "Hello\n"u8.ToArray();

    public bool WireFormat { get; init; }

    /// <summary>Option lines more, such as "-frozen 1795446710".</summary>
    public string Options { get; init; } = "";

    public string NonRecipients { get; init; } = "XX\n";

    /// <summary>Header lines more, each with its final newline, as Latin-1.</summary>
    public string[] MoreHeaders { get; init; } = [];

    public MessageId MessageId => Parse(Id);

    public string HeaderName => $"{Id}-H";

    public string BodyName => $"{Id}-D";

    public byte[] HeaderFile => Encoding.Latin1.GetBytes(
        $"{Id}-H\nDebian-exim 103 106\n<{Sender}>\n{Time} 0\n-received_time_usec .220558\n--helo_name client.test.example\n-host_address [127.0.0.1]:40908\n" +
        (WireFormat ? "-spool_file_wireformat\n" : string.Create(CultureInfo.InvariantCulture, $"-body_linecount {Body.Count(b => b == '\n')}\n")) +
        $"{Options}-max_received_linelength 37\n-deliver_firsttime\n{NonRecipients}{Recipients.Length}\n{string.Join("\n", Recipients)}\n\n" +
        "013T To: bob@r.ex\n016  Subject: a test\n" + string.Concat(MoreHeaders.Select(line => string.Create(CultureInfo.InvariantCulture, $"{line.Length:000}{FlagOf(line)} {line}"))));

    public byte[] DataFile => [.. Encoding.ASCII.GetBytes(BodyName + "\n"), .. Body];

    /// <summary>The n-th short id.</summary>
    public static string ShortId(int n) => $"1xV{Base62(n, 3)}-000477-0i";

    /// <summary>The n-th long id.</summary>
    public static string LongId(int n) => $"1xV{Base62(n, 3)}-000000004A7-2elJ";

    /// <summary>Writes the pair as Exim does: -D first, then -H under another name, which it gets when it is whole (spool_out.c).</summary>
    public PairFactory In(string directory)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllBytes($"{directory}/{BodyName}", DataFile);
        File.WriteAllBytes($"{directory}/hdr.{Id}.new", HeaderFile);
        File.Move($"{directory}/hdr.{Id}.new", $"{directory}/{HeaderName}", overwrite: true);
        return this;
    }

    public static MessageId Parse(string id)
    {
        MessageId.TryParse(id.AsSpan(), out var parsed).Should().BeTrue("{0} is an id", id);
        return parsed;
    }

    private static char FlagOf(string line) => HeaderLine.FlagFor(Encoding.Latin1.GetBytes(line.Split(':')[0]));

    private static string Base62(int value, int digits)
    {
        const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        var text = new char[digits];
        for (var i = digits - 1; i >= 0; i--, value /= 62) text[i] = Digits[value % 62];
        return new string(text);
    }
}
