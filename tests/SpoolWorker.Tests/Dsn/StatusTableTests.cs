using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Tests.Dsn;

/// <summary>The tables: each word once, each number once, and back again.</summary>
public class StatusTableTests
{
    [Fact]
    public void Every_detail_has_a_number_and_a_meaning_of_its_own()
    {
        var all = Enum.GetValues<StatusDetail>();

        all.Select(StatusTable.Token).Should().OnlyHaveUniqueItems();
        all.Select(StatusTable.Meaning).Should().OnlyHaveUniqueItems().And.NotContain("");
        foreach (var detail in all)
        {
            EnhancedStatus.TryParse("5." + StatusTable.Token(detail), out var status).Should().BeTrue();
            StatusTable.TryFind(status.Subject, status.Number, out var found).Should().BeTrue();
            found.Should().Be(detail);
            EnhancedStatus.Of(5, detail).Should().Be(status);
        }
    }

    [Theory]
    [InlineData(StatusDetail.Undefined, "0.0")]
    [InlineData(StatusDetail.MailboxUnknown, "1.1")]
    [InlineData(StatusDetail.MailboxFull, "2.2")]
    [InlineData(StatusDetail.MessageTooBig, "3.4")]
    [InlineData(StatusDetail.NoAnswer, "4.1")]
    [InlineData(StatusDetail.Loop, "4.6")]
    [InlineData(StatusDetail.TimeExpired, "4.7")]
    [InlineData(StatusDetail.TooManyRecipients, "5.3")]
    [InlineData(StatusDetail.Utf8AddressRefused, "6.7")]
    [InlineData(StatusDetail.Refused, "7.1")]
    [InlineData(StatusDetail.NoPassingDkim, "7.20")]
    [InlineData(StatusDetail.SpfFailed, "7.23")]
    [InlineData(StatusDetail.AuthenticationFailed, "7.26")]
    [InlineData(StatusDetail.ArcFailed, "7.29")]
    public void Numbers_are_those_of_the_registry(StatusDetail detail, string token) => StatusTable.Token(detail).Should().Be(token);

    [Theory]
    [InlineData("5.1.1", true)]
    [InlineData("2.0.0", true)]
    [InlineData("4.999.999", true)]
    [InlineData("3.1.1", false)]
    [InlineData("5.1", false)]
    [InlineData("5.1.1.1", false)]
    [InlineData("5.1.1000", false)]
    [InlineData("5.+1.1", false)]
    [InlineData("5. 1.1", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void Only_whole_codes_are_taken(string? text, bool valid)
    {
        EnhancedStatus.TryParse(text, out var status).Should().Be(valid);
        if (valid) status.ToString().Should().Be(text);
    }

    [Fact]
    public void A_code_outside_the_registry_has_the_meaning_of_its_subject()
    {
        new EnhancedStatus(5, 1, 99).Meaning.Should().Be(StatusTable.Meaning(StatusDetail.AddressOther));
        new EnhancedStatus(5, 77, 1).Meaning.Should().Be(StatusTable.Meaning(StatusDetail.Undefined));
    }

    [Theory]
    [InlineData(DsnAction.Failed, "failed")]
    [InlineData(DsnAction.Delayed, "delayed")]
    [InlineData(DsnAction.Delivered, "delivered")]
    [InlineData(DsnAction.Relayed, "relayed")]
    [InlineData(DsnAction.Expanded, "expanded")]
    public void Actions_are_the_words_of_the_RFC(DsnAction action, string token)
    {
        DsnActions.Token(action).Should().Be(token);
        DsnActions.TryParse(token.ToUpperInvariant(), out var parsed).Should().BeTrue();
        parsed.Should().Be(action);
        DsnActions.TryParse("lost", out _).Should().BeFalse();
    }

    [Theory]
    [InlineData("127.0.0.1", 587, "X-ip; [127.0.0.1]:587")]
    [InlineData("127.0.0.1", 25, "X-ip; [127.0.0.1]")]
    [InlineData("2001:db8::1", 0, "X-ip; [2001:db8::1]")]
    public void Addresses_of_MTAs_are_written_as_Exim_does(string address, int port, string expected) => DsnFields.RemoteMtaIp(address, port).Should().Be(expected);
}
