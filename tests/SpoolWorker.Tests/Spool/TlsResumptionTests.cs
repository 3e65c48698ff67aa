using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

/// <summary>The letter of -tls_resumption, and where it means something.</summary>
public class TlsResumptionTests
{
    [Theory]
    [InlineData("A", 0, "not built")]
    [InlineData("B", 1, "not requested or offered")]
    [InlineData("L", 11, "client requested new ticket, server provided")]
    [InlineData("X", 23, "session resumed")]
    [InlineData("`", 31, "session resumed, also new ticket")]
    [InlineData("F", 5, "0x05")]
    public void A_letter_is_five_bits(string letter, int bits, string words)
    {
        TlsResumption.TryParse(Encoding.Latin1.GetBytes(letter), out var read).Should().BeTrue();
        read.Bits.Should().Be(bits);
        read.Words.Should().Be(words);
        (read.IsBuilt, read.IsTicketRequested, read.IsSessionOffered, read.IsTicketIssued, read.IsResumed)
            .Should().Be(((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0, (bits & 16) != 0));
    }

    [Theory]
    [InlineData("")]
    [InlineData("@")]
    [InlineData("a")]
    [InlineData("AB")]
    [InlineData("\u00ff")]
    public void What_is_no_such_letter_is_none(string letter) => TlsResumption.TryParse(Encoding.Latin1.GetBytes(letter), out _).Should().BeFalse();

    [Theory]
    [InlineData("22-4.99-tls", 1)]
    [InlineData("21-4.99-plain", null)]
    public void Without_tls_the_letter_means_nothing(string sample, int? bits)
    {
        var header = Samples.Read(sample);
        header.Find("tls_resumption").Should().NotBeNull();
        (header.Resumption?.Bits).Should().Be(bits);
    }
}
