using System.Text;
using SpoolWorker.Passes.Srs;
using static SpoolWorker.Tests.Srs.SrsSamples;

namespace SpoolWorker.Tests.Srs;

/// <summary>What no other program is there to compare with.</summary>
public sealed class SrsCodecTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Every_status_and_format_has_its_word()
    {
        Enum.GetValues<SrsStatus>().Select(s => s.Token()).Should().Equal(
            "ok", "not-needed", "not-srs", "malformed", "wrong-hash", "short-hash", "too-old", "unknown-key", "too-long", "unavailable");
        Enum.GetValues<SrsStatus>().Select(s => s.Sentence()).Should().OnlyHaveUniqueItems().And.NotContain("");
        foreach (var format in Enum.GetValues<SrsFormat>())
        {
            SrsFormats.TryParse(format.Token().ToUpperInvariant(), out var parsed).Should().BeTrue();
            parsed.Should().Be(format);
        }
        SrsFormats.TryParse("srs0+srs1", out var guarded).Should().BeTrue();
        guarded.Should().Be(SrsFormat.Srs0);
        SrsFormats.TryParse("srs", out _).Should().BeFalse();
    }

    [Theory]
    [InlineData(SrsFormat.Exim)]
    [InlineData(SrsFormat.Srs0)]
    public void Whatever_an_envelope_can_hold_comes_back_as_it_was(SrsFormat format)
    {
        var rules = RulesOf(format);
        foreach (var address in Plain(1000).Concat(Quoted(500)).Concat(Odd).Where(a => !(format == SrsFormat.Srs0 && a.Contains("SRS0=x", StringComparison.Ordinal))))
        {
            var made = Encoded(rules, address);
            Decoded(rules, made).Should().Be((address, SrsStatus.Ok), made);
            SrsAddress.TryParse(made, out var parsed).Should().BeTrue();
            (parsed.IsQuoted || SrsAddress.IsPlain(parsed.Text)).Should().BeTrue("{0} can stand in an envelope", made);
        }
    }

    [Theory]
    [InlineData(SrsFormat.Exim)]
    [InlineData(SrsFormat.Srs0)]
    public void Obsolete_words_and_strings_come_back_with_the_same_meaning(SrsFormat format) =>
        Decoded(RulesOf(format), Encoded(RulesOf(format), "a.\"b c\".\"d\\\"\"@b.example")).Should().Be(("\"a.b c.d\\\"\"@b.example", SrsStatus.Ok));

    [Theory]
    [InlineData(SrsFormat.Exim)]
    [InlineData(SrsFormat.Srs0)]
    public void No_byte_of_an_address_can_be_changed(SrsFormat format)
    {
        var rules = RulesOf(format) with { HashLength = 27 };
        var made = Encoded(rules, "alice.b@sender.example");
        var end = made.LastIndexOf('@');
        var stamp = made.IndexOf('=', 5) + 1;
        for (var i = 0; i < end; i++)
        {
            // Exim's hash does not cover the stamp: an old address can be made young. See the documentation of the format.
            if (format == SrsFormat.Exim && i >= stamp && i < stamp + 2) continue;
            foreach (var c in "aZ07=+-./\"@ \u00c0")
            {
                var changed = made[..i] + c + made[(i + 1)..];
                if (changed.Equals(made, StringComparison.OrdinalIgnoreCase)) continue;
                // The separator behind the tag is anybody's choice.
                if (format == SrsFormat.Srs0 && i == 4 && c is '+' or '-') continue;
                Decoded(rules, changed).Status.Should().NotBe(SrsStatus.Ok, changed);
            }
        }
    }

    [Fact]
    public void All_enabled_formats_are_read_and_the_first_is_made()
    {
        var both = RulesOf(SrsFormat.Exim) with { Formats = [SrsFormat.Exim, SrsFormat.Srs0] };
        Decoded(both, Encoded(RulesOf(SrsFormat.Srs0), "a@b.example")).Should().Be(("a@b.example", SrsStatus.Ok));
        Decoded(both, Encoded(both, "a@b.example")).Should().Be(("a@b.example", SrsStatus.Ok));
        Encoded(both, "a@b.example").Should().Be(Encoded(RulesOf(SrsFormat.Exim), "a@b.example"));
        Decoded(both, Encoded(RulesOf(SrsFormat.Srs0), "a@b.example", Noon.AddDays(-30))).Status.Should().Be(SrsStatus.TooOld, "this says more than the other format's wrong hash");
    }

    [Fact]
    public void A_loop_through_another_forwarder_ends_with_our_own_address()
    {
        var ours = RulesOf(SrsFormat.Srs0);
        var theirs = RulesOf(SrsFormat.Srs0, "theirs") with { Domain = "other.example" };
        var first = Encoded(ours, "alice@sender.example");
        var second = Encoded(theirs, first);
        second.Should().StartWith("SRS1=").And.EndWith("@other.example").And.Contain("=fwd.example==");
        Encoded(ours, second).Should().Be(first);
        // And if somebody made an SRS1 of ourselves all the same, it is followed to its end.
        var looped = Encoded(ours with { Domain = "elsewhere.example" }, second).Replace("@elsewhere.example", "@fwd.example", StringComparison.Ordinal);
        looped.Should().StartWith("SRS1=");
        Decoded(ours, looped).Should().Be(("alice@sender.example", SrsStatus.Ok));
        Decoded(ours, looped.Replace("=alice", "=alicf", StringComparison.Ordinal)).Status.Should().Be(SrsStatus.WrongHash);
        Decoded(ours, looped, Noon.AddDays(22)).Status.Should().Be(SrsStatus.TooOld);
    }

    [Theory]
    [InlineData(SrsFormat.Exim, 36)]
    [InlineData(SrsFormat.Srs0, 36)]
    public void Sixty_four_octets_are_the_limit_and_more_are_told(SrsFormat format, int fits)
    {
        var encoder = new SrsEncoder(RulesOf(format));
        encoder.TryEncode(new string('x', fits) + "@sender.example", Noon, out var made, out var status).Should().BeTrue();
        SrsAddress.LocalOctets(made).Should().Be(SrsRules.MostLocalOctets);
        encoder.TryEncode(new string('x', fits + 1) + "@sender.example", Noon, out made, out status).Should().BeFalse();
        status.Should().Be(SrsStatus.TooLong);
        SrsAddress.LocalOctets(made).Should().Be(SrsRules.MostLocalOctets + 1, "it is given all the same");
        // Octets, not letters; and quotes count.
        encoder.TryEncode(Bytes(new string('\u00fc', fits / 2 + 1)) + "@sender.example", Noon, out _, out status).Should().BeFalse();
        encoder.TryEncode($"\"{new string('x', fits - 1)}\"@sender.example", Noon, out _, out status).Should().BeFalse();
    }

    [Theory]
    [InlineData("one\n", "one", null)]
    [InlineData("one", "one", null)]
    [InlineData(" with blanks \r\n\n", " with blanks ", null)]
    [InlineData("", null, "is empty")]
    [InlineData("\n", null, "is empty")]
    [InlineData("one\ntwo\n", null, "more than one line")]
    [InlineData("o\0ne", null, "NUL")]
    public void A_file_holds_one_secret(string content, string? secret, string? fault)
    {
        var path = Path.Combine(_folder, "secret");
        File.WriteAllText(path, content);
        SrsSecrets.TryRead(path, out var read, out var said).Should().Be(fault is null);
        if (fault is null) Encoding.UTF8.GetString(read).Should().Be(secret);
        else said.Should().Contain(fault);
        SrsSecrets.TryRead(path + "x", out _, out said).Should().BeFalse();
        said.Should().StartWith("cannot be read");
    }

    [Theory]
    [InlineData("")]
    [InlineData("a\0b")]
    [InlineData("/")]
    public void What_is_no_file_is_a_fault_and_no_exception(string path)
    {
        SrsSecrets.TryRead(path, out _, out var said).Should().BeFalse();
        said.Should().NotBeEmpty();
    }

    [Fact]
    public async Task A_secret_can_come_through_a_pipe()
    {
        using var pipe = new System.IO.Pipes.AnonymousPipeServerStream(System.IO.Pipes.PipeDirection.Out);
        await pipe.WriteAsync("one\n"u8.ToArray());
        var reading = $"/proc/self/fd/{pipe.ClientSafePipeHandle.DangerousGetHandle()}";
        var read = Task.Run(() => SrsSecrets.TryRead(reading, out var secret, out var fault) ? Encoding.UTF8.GetString(secret) : fault);
        // The end of the pipe comes when no writer is left; it is opened before that.
        await Task.WhenAny(read, Task.Delay(TimeSpan.FromMilliseconds(50)));
        pipe.Dispose();
        (await read.WaitAsync(TimeSpan.FromSeconds(10))).Should().Be("one");
    }
}
