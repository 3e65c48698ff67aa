using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Srs;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Srs;

/// <summary>Exim's srs_config string, and what the keys beside it say.</summary>
public sealed class SrsConfigTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("geheim", "geheim", null, null, null, null)]
    [InlineData("geheim:30:8:1:0", "geheim", 30, 8, true, false)]
    [InlineData(" geheim : 30 : 8 ", "geheim", 30, 8, null, null)]
    [InlineData("ge::heim:30", "ge:heim", 30, null, null, null)]
    [InlineData("<; ge:heim; 30; 8; 0; 1", "ge:heim", 30, 8, false, true)]
    [InlineData(": 14 : 5", null, 14, 5, null, null)]
    [InlineData("geheim: :5", "geheim", null, 5, null, null)]
    [InlineData("gehéim", "gehéim", null, null, null, null)]
    [InlineData("", null, null, null, null, null)]
    public void The_string_is_read_as_Exim_did(string text, string? secret, int? age, int? length, bool? stamp, bool? hash)
    {
        SrsConfig.TryParse(text, out var config, out var fault).Should().BeTrue(fault);
        (config!.Secret is null ? null : Encoding.UTF8.GetString(config.Secret)).Should().Be(secret);
        (config.MaxAge, config.HashLength, config.UseTimestamp, config.UseHash).Should().Be((age, length, stamp, hash));
    }

    [Theory]
    [InlineData("geheim:0", "field 2 must be 1 to 365 (days an address is good)")]
    [InlineData("geheim:21d", "field 2 must be")]
    [InlineData("ganz:geheim", "field 2 must be 1 to 365 (days an address is good); a separator within the secret is written twice")]
    [InlineData("ganz:21:geheim", "field 3 must be 1 to 20")]
    [InlineData("geheim:21:99", "field 3 must be 1 to 20")]
    [InlineData("geheim:21:4:yes", "field 4 must be 0 to 1 (0: no time stamp, 1: one)")]
    [InlineData("geheim:21:4:1:true", "field 5 must be")]
    [InlineData("geheim:21:4:1:1:7", "has 6 fields; the form is secret:maxage:hashlength:usetimestamp:usehash")]
    public void What_is_wrong_is_told_without_the_secret(string text, string fault)
    {
        var found = SrsPlan.Faults(Options(o => o.Config = text), Place).Should().ContainSingle().Which;
        found.Should().StartWith("Config: ").And.Contain(fault).And.NotContain("geheim");
    }

    [Fact]
    public void Its_secret_signs_and_those_of_the_files_verify()
    {
        var rules = SrsPlan.Of(Options(o => o.Config = "signs:7:9:0:1"), TimeProvider.System).Rules;
        rules.Secrets.Select(Encoding.UTF8.GetString).Should().Equal("signs", SrsSamples.Secret);
        (rules.MaxAge, rules.HashLength, rules.UseTimestamp, rules.UseHash).Should().Be((7, 9, false, true));
        SrsPlan.Of(Options(o => o.Config = ":7"), TimeProvider.System).Rules.Secrets.Should().ContainSingle();
        SrsPlan.Faults(Options(o => (o.Config, o.Secrets) = ("signs", [])), Place).Should().BeEmpty();
        SrsPlan.Faults(Options(o => (o.Config, o.Secrets) = (":7", [])), Place).Should().ContainSingle().Which.Should().StartWith("Secrets = ''");
    }

    [Fact]
    public void What_it_leaves_out_is_as_in_Exim_unless_its_own_key_says_otherwise()
    {
        var rules = SrsPlan.Of(Options(o => o.Config = "signs"), TimeProvider.System).Rules;
        (rules.MaxAge, rules.HashLength).Should().Be((31, 6));
        rules = SrsPlan.Of(Options(o => (o.Config, o.HashLength) = ("signs", 4)), TimeProvider.System).Rules;
        (rules.MaxAge, rules.HashLength).Should().Be((31, 4));
        rules = SrsPlan.Of(Options(), TimeProvider.System).Rules;
        (rules.MaxAge, rules.HashLength).Should().Be((0, 4));
    }

    [Fact]
    public void A_key_that_says_another_thing_is_a_fault_also_when_that_is_its_default()
    {
        SrsPlan.Faults(Options(o => (o.Config, o.MaxAge, o.HashLength, o.UseTimestamp, o.UseHash) = ("s:7:9:0:1", 8, 4, true, true)), Place).Should().Equal(
            "MaxAge = '8': Config says 7; name it in one place only", "HashLength = '4': Config says 9; name it in one place only",
            "UseTimestamp = 'true': Config says false; name it in one place only");
        SrsPlan.Faults(Options(o => (o.Config, o.MaxAge) = ("s:7", 7)), Place).Should().BeEmpty("both say the same");
        SrsPlan.Faults(Options(o => (o.Config, o.HashMin) = ("s:7:5", 6)), Place).Should().ContainSingle().Which.Should().StartWith("HashMin = '6'");
    }

    [Fact]
    public void What_asks_for_senders_to_be_rewritten_is_a_fault_where_none_is()
    {
        SrsPlan.Faults(Options(o => (o.Direction, o.LocalDomains) = (SrsDirection.Reverse, [])), Place).Should().BeEmpty("the alias is enough to read addresses by");
        SrsPlan.Faults(Options(o => (o.Direction, o.Condition, o.Forwarded) = (SrsDirection.Reverse, "size>1", ["a@ours.example"])), Place).Should().HaveCount(2)
            .And.OnlyContain(f => f.Contains("Direction = 'reverse' rewrites no sender", StringComparison.Ordinal));
    }

    [Fact]
    public void A_secret_behind_a_symlink_is_as_readable_as_its_target()
    {
        var link = Path.Combine(_folder.Path, "link");
        File.CreateSymbolicLink(link, Secret());
        SrsSecrets.IsReadableByOthers(link).Should().BeFalse();
    }

    private static PassPlace Place { get; } = new("srs", ["srs"], DeclaredResults.Known.Passes);

    private string Secret()
    {
        var path = Path.Combine(_folder.Path, Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, SrsSamples.Secret + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        return path;
    }

    private SrsOptions Options(Action<SrsOptions>? change = null)
    {
        var options = new SrsOptions { Secrets = [Secret()], Alias = "fwd.example", LocalDomains = ["ours.example"] };
        change?.Invoke(options);
        return options;
    }
}
