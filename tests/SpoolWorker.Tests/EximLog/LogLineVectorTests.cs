using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using SpoolWorker.Passes.EximLog;

namespace SpoolWorker.Tests.EximLog;

/// <summary>Lines of real logs (Debian's Exim 4.96, and some of 4.97's form) and what is to be read from them: lines/NAME.log beside
/// lines/NAME.read, one line for each. A new pair of files is a new case.</summary>
public class LogLineVectorTests
{
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.CreateCustomTimeZone("test", TimeSpan.FromHours(2), null, null);

    public static TheoryData<string> Cases => [.. Directory.EnumerateFiles(Folder(), "*.log").Select(f => Path.GetFileNameWithoutExtension(f)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reads_as_written_down(string name)
    {
        var read = File.ReadAllLines($"{Folder()}/{name}.log", Encoding.Latin1).Select(l => Describe(Encoding.Latin1.GetBytes(l)));
        var expected = File.ReadAllLines($"{Folder()}/{name}.read", Encoding.Latin1);
        string.Join('\n', read).Should().Be(string.Join('\n', expected));
    }

    private static string Describe(ReadOnlySpan<byte> line)
    {
        if (!EximLogLine.TryParse(line, Zone, out var parsed, out var error)) return $"no line at {error.Offset}: {error.Reason}";
        var head = string.Create(CultureInfo.InvariantCulture, $"{parsed.Time.UtcDateTime:yyyy-MM-ddTHH:mm:ss.fff} pid={parsed.Process} {parsed.Id}{(parsed.Mark == EximLogMark.None ? "" : " ")}{EximLogLine.Token(parsed.Mark)}");
        return head + parsed.Mark switch
        {
            EximLogMark.Arrival => Arrival(EximArrival.Read(parsed.Text)),
            EximLogMark.None when EximEvent.TryRead(parsed.Text, out var raised) => $" {raised.Kind} ip={Text(raised.Ip)} port={raised.Port} rcpt={Text(raised.Recipient)} data={Text(raised.Data)}",
            EximLogMark.None or EximLogMark.Completed => $" {Text(parsed.Text)}",
            _ => Delivery(EximDelivery.Read(parsed.Text)),
        };
    }

    private static string Arrival(EximArrival arrival) => $" sender={Text(arrival.Sender)} bounce-of={arrival.BounceOf}";

    private static string Delivery(EximDelivery d) =>
        $" address={Text(d.Address)} original={Text(d.Original)} R={Text(d.Router)} T={Text(d.Transport)} H={Text(d.Host)} ip={Text(d.Ip)} port={d.Port}{(d.IsContinued ? " continued" : "")} C={Text(d.Confirmation)} error={d.ErrorNumber} message={Text(d.Message)}";

    private static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "lines");
}
