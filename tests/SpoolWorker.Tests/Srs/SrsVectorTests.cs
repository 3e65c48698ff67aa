// vectors.jsonl beside this file: one case a line, {encode|decode, format, secrets, at, …rules, address, status}. What is
// left out is the default; status is "ok" when there is an address.
using System.Text;
using System.Text.Json;
using SpoolWorker.Passes.Srs;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Srs;

public sealed class SrsVectorTests
{
    public static TheoryData<string> Cases() => [.. File.ReadAllLines(Path.Combine(Samples.Root, "../tests/SpoolWorker.Tests/Srs/vectors.jsonl"))];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_vector_gives_its_address_and_status(string line)
    {
        var vector = JsonDocument.Parse(line).RootElement;
        SrsFormats.TryParse(vector.GetProperty("format").GetString()!, out var format).Should().BeTrue();
        var rules = new SrsRules
        {
            Formats = [format],
            Domain = "fwd.example",
            Secrets = [.. vector.GetProperty("secrets").EnumerateArray().Select(s => Encoding.UTF8.GetBytes(s.GetString()!))],
            MaxAge = Number("maxAge"),
            HashMin = Number("hashMin"),
            UseHash = Flag("useHash"),
            UseTimestamp = Flag("useTimestamp"),
            Separator = vector.TryGetProperty("separator", out var separator) ? separator.GetString()![0] : '=',
        };
        var at = DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("at").GetInt64());
        string answer;
        SrsStatus status;
        var done = vector.TryGetProperty("encode", out var encode)
            ? new SrsEncoder(rules).TryEncode(SrsSamples.Bytes(encode.GetString()!), at, out answer, out status)
            : new SrsDecoder(rules).TryDecode(SrsSamples.Bytes(vector.GetProperty("decode").GetString()!), at, out answer, out status);
        status.Token().Should().Be(vector.TryGetProperty("status", out var expected) ? expected.GetString() : "ok");
        done.Should().Be(vector.TryGetProperty("address", out var address));
        if (done) answer.Should().Be(SrsSamples.Bytes(address.GetString()!));

        int Number(string name) => vector.TryGetProperty(name, out var value) ? value.GetInt32() : 0;
        bool Flag(string name) => !vector.TryGetProperty(name, out var value) || value.GetBoolean();
    }
}
