using System.Text;
using SpoolWorker.Passes.Dmarc;

namespace SpoolWorker.Tests.Dmarc;

/// <summary>Policy records tag by tag (RFC 9989, 4.7): what is wrong counts as absent, and never makes the rest unreadable.</summary>
public sealed class DmarcRecordTests
{
    [Theory]
    [InlineData("v=DMARC1", true)]
    [InlineData("v=DMARC1;", true)]
    [InlineData("v = DMARC1 ; p=none", true)]
    [InlineData("V=DMARC1; p=none", true)]
    [InlineData("v=dmarc1; p=none", false)]
    [InlineData("v=DMARC10; p=none", false)]
    [InlineData("p=none; v=DMARC1", false)]
    [InlineData("; v=DMARC1", false)]
    [InlineData("DMARC1; p=none", false)]
    [InlineData("", false)]
    public void The_version_comes_first_and_is_exact(string text, bool isRecord) =>
        DmarcRecord.TryParse(Encoding.Latin1.GetBytes(text), out _).Should().Be(isRecord);

    [Theory]
    [InlineData("p=reject", "reject", null)]
    [InlineData("P=Reject", "reject", null)]
    [InlineData("p=reject; p=none", "reject", null)]
    [InlineData("p=", "none", "p")]
    [InlineData("p=refuse", "none", "p")]
    [InlineData("sp=reject", "none", null)]
    [InlineData("p=reject; sp=x", "reject", "sp")]
    [InlineData("p=reject; np=x", "reject", "np")]
    [InlineData("p=quarantine; 1p=none; p2=none; nonsense; =x", "quarantine", null)]
    public void The_first_right_policy_counts(string tags, string policy, string? wrong)
    {
        var record = Read(tags);
        (record.Policy.Token(), record.WrongRequest).Should().Be((policy, wrong));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("t=y", true)]
    [InlineData("t=Y", true)]
    [InlineData("t=n; pct=0", false)]
    [InlineData("t=x; pct=0", false)]
    [InlineData("pct=0", true)]
    [InlineData("pct=00", true)]
    [InlineData("pct=-0", false)]
    [InlineData("pct=100", false)]
    [InlineData("pct=99999999999", false)]
    public void A_test_is_said_by_t_or_in_old_records_by_pct(string tags, bool isTest) => Read(tags).IsTest.Should().Be(isTest);

    [Theory]
    [InlineData("", false, false, 'u')]
    [InlineData("adkim=s; aspf=r; psd=y", true, false, 'y')]
    [InlineData("adkim=r; aspf=S; psd=N", false, true, 'n')]
    [InlineData("adkim=strict; aspf=ss; psd=x", false, false, 'u')]
    public void Alignment_and_public_suffix_have_defaults(string tags, bool dkim, bool spf, char suffix)
    {
        var record = Read(tags);
        (record.IsDkimStrict, record.IsSpfStrict, record.PublicSuffix).Should().Be((dkim, spf, suffix));
    }

    [Theory]
    [InlineData("", false)]
    [InlineData("rua=mailto:a@r.example", true)]
    [InlineData("rua=mailto:a@r.example!10m", true)]
    [InlineData("rua= x , mailto:a@r.example", true)]
    [InlineData("rua=mailto:r.example", false)]
    [InlineData("rua=a@r.example", false)]
    [InlineData("rua=,", false)]
    public void Reports_go_to_a_uri(string tags, bool has) => Read(tags).HasReportAddress.Should().Be(has);

    [Fact]
    public void Odd_bytes_spoil_their_own_tag_only()
    {
        DmarcRecord.TryParse([.. "v=DMARC1; sp="u8, 0xff, 0, .. "; p=reject"u8], out var record).Should().BeTrue();
        (record.Policy, record.Subdomains, record.WrongRequest).Should().Be((DmarcPolicy.Reject, null, "sp"));
    }

    private static DmarcRecord Read(string tags)
    {
        DmarcRecord.TryParse(Encoding.Latin1.GetBytes("v=DMARC1; " + tags), out var record).Should().BeTrue();
        return record;
    }
}
