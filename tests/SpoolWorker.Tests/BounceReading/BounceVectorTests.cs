using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using SpoolWorker.Passes.BounceReading;
using SpoolWorker.Passes.BounceReading.Reports;

namespace SpoolWorker.Tests.BounceReading;

/// <summary>Bounces in the forms of many programs, bounces/NAME/input.eml, and all that is to be read from them, bounces/NAME/expected.txt.
/// A new folder is a new case. With SPOOLWORKER_WRITE_BOUNCES set the expected files are written, to be looked at line by line.</summary>
public class BounceVectorTests
{
    public static TheoryData<string> Cases => [.. Directory.EnumerateDirectories(Folder()).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Reads_as_written_down(string name)
    {
        var bytes = File.ReadAllBytes($"{Folder()}/{name}/input.eml");
        if (TestVariables.WritesBounces) File.WriteAllText($"{Folder()}/{name}/expected.txt", Describe(bytes), Encoding.Latin1);
        var expected = File.ReadAllText($"{Folder()}/{name}/expected.txt", Encoding.Latin1);
        Describe(bytes).Should().Be(expected);
        var wire = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(bytes).Replace("\n", "\r\n", StringComparison.Ordinal));
        Describe(wire).Should().Be(expected, "line ends do not matter");
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void No_prefix_of_a_bounce_makes_it_throw(string name)
    {
        var bytes = File.ReadAllBytes($"{Folder()}/{name}/input.eml");
        for (var length = 0; length < bytes.Length; length += 37) BounceReader.Read(new MemoryStream(bytes, 0, length)).Should().NotBeNull();
    }

    [Theory]
    [InlineData("SRS0=Zm5k=JM=sender.example=alice@fwd.example", "alice@sender.example")]
    [InlineData("srs0+Zm5k=JM=sender.example=a=b@fwd.example", "a=b@sender.example")]
    [InlineData("SRS1=abcd=first.example==Zm5k=JM=sender.example=alice@fwd.example", "alice@sender.example")]
    [InlineData("SRS1=abcd=first.example=-Zm5k=JM=sender.example=alice@fwd.example", "alice@sender.example")]
    [InlineData("\"SRS0=Zm5k=JM=sender.example=a b\"@fwd.example", "a b@sender.example")]
    [InlineData("SRS0=Zm5k=sender.example=alice@fwd.example", null)]
    [InlineData("SRS0@fwd.example", null)]
    [InlineData("alice@sender.example", null)]
    [InlineData("SRS2=Zm5k=JM=sender.example=alice@fwd.example", null)]
    public void Srs_addresses_are_read_by_their_form(string address, string? original)
    {
        SrsForm.TryRead(address, out var read).Should().Be(original is not null);
        read.Should().Be(original ?? "");
    }

    private static string Describe(byte[] bytes)
    {
        using var stream = new MemoryStream(bytes);
        var report = BounceReader.Read(stream);
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"form={report.Form.Token()} by={report.ReportingMta} to={report.ReturnedTo} message-id={report.FailedMessageId} exim-id={report.FailedEximId} subject={report.FailedSubject}\n");
        foreach (var r in report.Recipients)
        {
            text.Append(CultureInfo.InvariantCulture, $"{r.Address} original={r.Original} action={r.Action} permanent={r.IsPermanent} status={r.Status} ({r.Meaning}) code={r.SmtpCode} host={r.RemoteMta} {r.RemoteAddress}\n");
            text.Append(CultureInfo.InvariantCulture, $"  reason={r.Reason} greeting={r.Greeting} until={r.RetryUntil}\n");
        }
        return text.ToString();
    }

    private static string Folder([CallerFilePath] string file = "") => Path.Combine(Path.GetDirectoryName(file)!, "bounces");
}
