namespace SpoolWorker.Tests.Commands;

/// <summary>srs encode and srs decode.</summary>
public sealed class SrsCommandTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public void What_is_encoded_is_decoded_and_refusals_have_their_exit_code()
    {
        var (secret, old) = (Secret("new", "new secret\n"), Secret("old", "secret\n"));
        var encoded = _play.Run("srs", "encode", "--format", "exim", "--secret-file", old, "--domain", "fwd.example", "--at", "1795469000", "--json", "\u00fc@b.example");
        encoded.ExitCode.Should().Be(0, encoded.Error);
        encoded.Json[0].GetProperty("address").GetString().Should().Be("SRS0=5abc=jm=b.example=\u00fc@fwd.example");
        encoded.Json[0].GetProperty("status").GetString().Should().Be("ok");
        string[] decode = ["srs", "decode", "--secret-file", secret, "--secret-file", old, "--at", "1795469000", "--json"];
        var decoded = _play.Run([.. decode, "SRS0=5ABC=jm=b.example=\u00fc@fwd.example"]);
        decoded.Json[0].GetProperty("address").GetString().Should().Be("\u00fc@b.example");
        decoded.ExitCode.Should().Be(0);
        var forged = _play.Run([.. decode, "SRS0=5abd=jm=b.example=\u00fc@fwd.example"]);
        forged.ExitCode.Should().Be(65);
        (forged.Json[0].TryGetProperty("address", out _), forged.Json[0].GetProperty("status").GetString()).Should().Be((false, "wrong-hash"));
        forged.Output.Should().NotContain("secret");
        _play.Run("srs", "decode", "--secret-file", secret + "x", "a@b").ExitCode.Should().Be(66);
        _play.Run("srs", "encode", "--secret-file", secret, "a@b").ExitCode.Should().Be(64, "it needs a domain");
        _play.LeftInWorkingDirectory().Should().BeEmpty();
    }

    [Fact]
    public void A_database_is_made_and_read_and_one_that_is_broken_is_tried_later()
    {
        var (secret, database) = (Secret("s", "secret"), $"{_play.Path}/srs.lmdb");
        var address = new string('x', 70) + "@b.example";
        string[] options = ["--secret-file", secret, "--domain", "fwd.example", "--database", database];
        var tooLong = _play.Run(["srs", "encode", .. options[..4], address]);
        tooLong.ExitCode.Should().Be(65);
        tooLong.Error.Should().Contain("too-long").And.NotContain("everybody");
        var encoded = _play.Run(["srs", "encode", .. options, "--json", address]);
        encoded.ExitCode.Should().Be(0, encoded.Error);
        var srs = encoded.Json[0].GetProperty("address").GetString()!;
        var decoded = _play.Run(["srs", "decode", .. options, srs]);
        decoded.Output.Should().Be(address + "\n");
        File.SetUnixFileMode(secret, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        File.WriteAllText(database, "broken");
        var later = _play.Run(["srs", "decode", .. options, srs]);
        later.ExitCode.Should().Be(75);
        later.Error.Should().Contain("unavailable").And.Contain("can be read by everybody");
    }

    [Fact]
    public void Brackets_are_no_part_of_an_address_and_of_several_each_has_a_line()
    {
        string[] encode = ["srs", "encode", "--secret-file", Secret("s", "secret"), "--domain", "fwd.example", "--at", "1795469000"];
        _play.Run([.. encode, "--json", "<a@b.example>"]).Json[0].GetProperty("address").GetString().Should().Be("SRS0=athw=JM=b.example=a@fwd.example");
        var several = _play.Run([.. encode, "--jsonl", "<>", "a@b.example", "no address"]);
        several.ExitCode.Should().Be(65);
        several.Output.Should().Be("""
            {"schema":1,"asked":"","address":"","status":"not-needed"}
            {"schema":1,"asked":"a@b.example","address":"SRS0=athw=JM=b.example=a@fwd.example","status":"ok"}
            {"schema":1,"asked":"no address","status":"malformed"}

            """);
    }

    [Fact]
    public void A_secret_file_without_a_name_is_told() => _play.Run("srs", "decode", "--secret-file", "", "a@b").ExitCode.Should().Be(66);

    private string Secret(string name, string content)
    {
        var path = $"{_play.Path}/{name}";
        File.WriteAllText(path, content);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
