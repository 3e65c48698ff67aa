using System.Text;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Tests.Dsn;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Fields;

/// <summary>One reading of authserv-ids: for lines that have to go, and for results that are passed on.</summary>
public sealed class OwnResultsTests
{
    private const string Own = "mx.example";

    [Theory]
    [InlineData("mx.example; spf=pass", "spf=pass")]
    [InlineData("MX.Example; spf=pass", "spf=pass")]
    [InlineData("(c) mx.example (d) 1 (e); spf=pass", "spf=pass")]
    [InlineData("mx.example(c); spf=pass", "spf=pass")]
    [InlineData("\"mx.example\"; spf=pass", "spf=pass")]
    [InlineData("\"m\\x.example\"; spf=pass", "spf=pass")]
    [InlineData("mx.example; none", "")]
    [InlineData("mx.example", "")]
    [InlineData("mx.example; a=\"x;y\" (;); b=z;", "a=\"x;y\" (;)|b=z")]
    public void A_line_of_ours_is_seen_as_such_both_ways(string value, string results)
    {
        var message = DsnSample.Read(new PairFactory { MoreHeaders = [$"Authentication-Results: {value}\n"] });

        OwnResults.Lines(message, [Own]).Should().ContainSingle();
        OwnResults.Collect(message.Headers.AsSpan(), Own).Should().NotBeNull();
        string.Join('|', OwnResults.Collect(message.Headers.AsSpan(), Own)!.Select(r => Encoding.Latin1.GetString(r.Span))).Should().Be(results);
    }

    [Theory]
    [InlineData("mx.example 2; spf=pass", "a version that nobody knows")]
    [InlineData("\"mx.example; spf=pass", "a quoted string without an end")]
    [InlineData("mx.example spf=pass", "no semicolon")]
    public void What_is_no_result_of_ours_is_not_passed_on(string value, string because) =>
        OwnResults.Collect(DsnSample.Read(new PairFactory { MoreHeaders = [$"Authentication-Results: {value}\n"] }).Headers.AsSpan(), Own).Should().BeNull(because);

    [Fact]
    public void A_forged_line_goes_whatever_its_version() =>
        OwnResults.Lines(DsnSample.Read(new PairFactory { MoreHeaders = ["Authentication-Results: mx.example 2; spf=pass\n"] }), [Own]).Should().ContainSingle();

    [Theory]
    [InlineData("mx.example.org; spf=pass")]
    [InlineData("x.mx.example; spf=pass")]
    [InlineData("(mx.example) other.example; spf=pass")]
    [InlineData("; spf=pass")]
    [InlineData("")]
    public void Lines_of_others_stay(string value)
    {
        var message = DsnSample.Read(new PairFactory { MoreHeaders = [$"Authentication-Results: {value}\n"] });

        OwnResults.Lines(message, [Own]).Should().BeEmpty();
        OwnResults.Collect(message.Headers.AsSpan(), Own).Should().BeNull();
    }
}
