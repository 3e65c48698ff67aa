using System.Text;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Arc;
using SpoolWorker.Tests.Dns;

namespace SpoolWorker.Tests.Commands;

public sealed class ArcSealCommandTests : IDisposable
{
    private readonly Playground _playground = new();
    private readonly TestDnsServer _dns = new(ArcPeers.Keys(new Zone()));
    private readonly string _key;

    public ArcSealCommandTests()
    {
        _key = $"{_playground.Path}/key.pem";
        File.WriteAllText(_key, PrivateKey.NewPem(KeyType.Ed25519));
        File.SetUnixFileMode(_key, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose()
    {
        _dns.Dispose();
        _playground.Dispose();
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\r\n")]
    public void The_message_comes_out_with_the_set_on_top_and_else_unchanged(string end)
    {
        var message = ("Authentication-Results: mx.example; spf=pass\n" + Encoding.Latin1.GetString(ArcChainTests.Chain(1)) + "more\u00e9\n\n").Replace("\n", end, StringComparison.Ordinal);
        // The body was changed on the way, so that the chain is broken; the option --options comes along.
        var ran = Seal(Write(message), "--options", "no-timestamps,expire=+60");
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Error.Should().Contain("body hash does not match");
        ran.Output.Should().StartWith($"ARC-Seal: i=2; a=ed25519-sha256; cv=fail; d=sealer.example; s=new;{end} b=").And.EndWith(Read(message));
        ran.Output[..^Read(message).Length].Replace(end, "", StringComparison.Ordinal).Should().NotContainAny("\n", "\r").And.NotContain("t=").And.Contain("; x=");
    }

    [Fact]
    public void A_chain_that_passes_is_sealed_as_such()
    {
        var ran = Seal(Write("Authentication-Results: mx.example; arc=pass\n" + Encoding.Latin1.GetString(ArcChainTests.Chain(2))));
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Output.Should().StartWith("ARC-Seal: i=3; a=ed25519-sha256; cv=pass; d=sealer.example; s=new;\n t=");
        ran.Error.Should().BeEmpty();
    }

    [Fact]
    public void A_pair_is_sealed_too()
    {
        var id = Playground.Put(Playground.Valid("plain"), _playground.Intake);
        var path = $"{_playground.Intake}/{id}-H";
        HeaderFileReader.TryRead(File.ReadAllBytes(path), id, out var header, out _).Should().BeTrue();
        File.WriteAllBytes(path, HeaderFileWriter.ToArray(header!.WithHeaderOnTop(HeaderLine.Create("Authentication-Results: mx.example; spf=pass\n"))));
        var ran = Seal(path);
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Output.Should().StartWith("ARC-Seal: i=1; ").And.Contain("\nAuthentication-Results: mx.example; spf=pass\n");
    }

    [Fact]
    public void A_first_line_From_with_a_blank_before_its_colon_is_kept_and_an_mboxs_is_not()
    {
        const string Rest = "Authentication-Results: mx.example; none\nTo: x@y.example\n\nbody\n";
        var ran = Seal(Write($"From : joe@bank.example\n{Rest}"));
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Output.Should().EndWith($"\nFrom : joe@bank.example\n{Rest}").And.MatchRegex("(?m)h=[^;]*from");
        ran = Seal(Write($"From joe@bank.example Sat Nov 28 15:52:30 2026\nFrom: joe@bank.example\n{Rest}"));
        ran.Output.Should().EndWith($"\nFrom: joe@bank.example\n{Rest}").And.NotContain("15:52:30");
    }

    [Fact]
    public void A_closed_chain_stays_as_it_is()
    {
        var message = "Authentication-Results: mx.example; arc=fail\n" + Encoding.Latin1.GetString(ArcChainTests.Chain(1)).Replace("cv=none", "cv=fail", StringComparison.Ordinal);
        var ran = Seal(Write(message));
        ran.ExitCode.Should().Be(0);
        ran.Output.Should().Be(message);
        ran.Error.Should().Contain("earlier hop");
    }

    [Fact]
    public void What_cannot_be_sealed_has_an_exit_code_and_no_output()
    {
        var plain = Encoding.Latin1.GetString(ArcChainTests.Plain);
        var file = Write(plain);
        Refused(65, Seal(file), "no Authentication-Results line");
        Refused(65, Seal(Write("Authentication-Results: mx.example; arc=pass\n" + Encoding.Latin1.GetString(ArcChainTests.Chain(50)))), "instance 51");
        Refused(66, Seal($"{_playground.Path}/none"), "no file");
        Refused(64, Seal(file, "--options", "expires"), "expires");
        Refused(64, _playground.Run("arc-seal", file, "--admd", "a b", "--domain", "sealer.example", "--selector", "new", "--key", _key), "--admd");
        Refused(64, _playground.Run("arc-seal", file, "--admd", "mx.example", "--domain", "a..b", "--selector", "new", "--key", _key), "--domain");
        Refused(64, _playground.Run("arc-seal", file), "required");
        File.SetUnixFileMode(_key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        Refused(78, Seal(file), "others can read");
    }

    [Fact]
    public void A_silent_DNS_means_try_again_later()
    {
        using var silent = new TestDnsServer(new Zone().Fault($"{ArcPeers.Selector}._domainkey.{ArcPeers.Domain}", ZoneFault.ServerFailure));
        var file = Write("Authentication-Results: mx.example; arc=pass\n" + Encoding.Latin1.GetString(ArcChainTests.Chain(1)));
        Refused(75, _playground.Run("arc-seal", file, "--admd", "mx.example", "--domain", "sealer.example", "--selector", "new", "--key", _key, "--dns", silent.Address), "key cannot be fetched");
    }

    [Fact]
    public void A_key_that_others_can_read_and_a_wrong_order_of_passes_refuse_the_start()
    {
        string[] settings = ["run", "--once", "--Passes:0=arc-seal", "--Arc:Mode=seal", "--Arc:Seal:AdmdId=mx.example", "--Arc:Seal:Domain=sealer.example", "--Arc:Seal:Selector=new", $"--Arc:Seal:PrivateKeyFile={_key}"];
        var ran = _playground.RunConfigured(settings);
        ran.ExitCode.Should().Be(0, ran.Error);
        ran = _playground.RunConfigured([.. settings, "--Passes:1=rules"]);
        ran.ExitCode.Should().Be(78, "rules would edit what is sealed");
        File.SetUnixFileMode(_key, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        ran = _playground.RunConfigured([.. settings, "--Arc:Seal:Options=expires", "--Arc:MaxSets=99"]);
        ran.ExitCode.Should().Be(78);
        ran.Error.Should().Contain("Arc:Seal:PrivateKeyFile = ").And.Contain("others can read").And.Contain("Arc:Seal:Options = 'expires'").And.Contain("Arc:MaxSets = '99'");
    }

    private static void Refused(int exitCode, Ran ran, string reason)
    {
        ran.ExitCode.Should().Be(exitCode, ran.Error);
        ran.Output.Should().BeEmpty();
        ran.Error.Should().Contain(reason);
    }

    private Ran Seal(string file, params string[] more) =>
        _playground.Run(["arc-seal", file, "--admd", "mx.example", "--domain", "sealer.example", "--selector", "new", "--key", _key, "--dns", _dns.Address, .. more]);

    // The program's output is read as UTF-8: so is what is expected of it.
    private static string Read(string latin) => Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(latin));

    private string Write(string message)
    {
        var path = $"{_playground.Path}/{Guid.NewGuid()}.eml";
        File.WriteAllBytes(path, Encoding.Latin1.GetBytes(message));
        return path;
    }
}
