using System.Text;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Commands;

/// <summary>spoolworker keygen.</summary>
public sealed class KeygenTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData("rsa2048", KeyType.Rsa, 2048)]
    [InlineData("ed25519", KeyType.Ed25519, 256)]
    public void Key_and_record_belong_together(string type, KeyType kind, int bits)
    {
        var file = $"{_play.Path}/new.key";
        var ran = _play.Run("keygen", "--selector", "2026a", "--domain", "Example.org", "--type", type, "--out", file, "--json");
        ran.ExitCode.Should().Be(0, ran.Error);
        File.GetUnixFileMode(file).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        ran.Json.GetProperty("name").GetString().Should().Be("2026a._domainkey.Example.org");
        var strings = ran.Json.GetProperty("strings").EnumerateArray().Select(s => s.GetString()!).ToList();
        strings.Should().OnlyContain(s => s.Length <= 255);
        string.Concat(strings).Should().Be(ran.Json.GetProperty("record").GetString());
        var record = KeyRecord.TryParse(Encoding.ASCII.GetBytes(string.Concat(strings)), out var reason);
        record.Should().NotBeNull(reason);
        (record!.Key!.Type, record.Key.Bits).Should().Be((kind, bits));
        var key = PrivateKey.TryLoad(file, out var fault);
        key.Should().NotBeNull(fault);
        record.Key.Verify(new byte[32], key!.Sign(new byte[32])).Should().BeTrue();
    }

    [Fact]
    public void A_key_is_made_for_the_user_and_the_group_of_the_worker()
    {
        if (Posix.EffectiveUser != 0) return;
        var file = $"{_play.Path}/shared.key";
        var ran = _play.Run("keygen", "--selector", "s", "--domain", "example.org", "--out", file, "--owner", "65534", "--group", "65534");
        ran.ExitCode.Should().Be(0, ran.Error);
        Posix.TryStatus(file, out var status).Should().Be(0);
        (status.Uid, status.Gid, status.Permissions).Should().Be((65534u, 65534u, 0b110_100_000u));
        PrivateKey.TryLoad(file, out var fault).Should().NotBeNull(fault);
        _play.Run("keygen", "--selector", "s", "--domain", "example.org", "--out", $"{file}2", "--owner", "no-such-user").ExitCode.Should().Be(64);
        File.Exists($"{file}2").Should().BeFalse();
    }

    [Fact]
    public void A_key_is_never_overwritten_unasked()
    {
        var file = $"{_play.Path}/old.key";
        File.WriteAllText(file, "precious");
        var ran = _play.Run("keygen", "--selector", "s", "--domain", "example.org", "--out", file);
        ran.ExitCode.Should().Be(73);
        ran.Error.Should().Contain("--force");
        File.ReadAllText(file).Should().Be("precious");
        var forced = _play.Run("keygen", "--selector", "s", "--domain", "example.org", "--type", "ed25519", "--out", file, "--force");
        forced.ExitCode.Should().Be(0, forced.Error);
        forced.Output.Should().Contain("s._domainkey.example.org. IN TXT ( \"v=DKIM1; k=ed25519; p=");
        PrivateKey.TryLoad(file, out _).Should().NotBeNull();
        Directory.EnumerateFiles(_play.Path).Should().Equal(file);
    }

    [Fact]
    public void Names_that_cannot_be_published_are_refused()
    {
        _play.Run("keygen", "--selector", "a b", "--domain", "example.org").ExitCode.Should().Be(64);
        _play.Run("keygen", "--selector", "a").ExitCode.Should().Be(64);
    }
}
