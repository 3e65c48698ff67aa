using System.Globalization;
using System.Text.Json;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Parsing;

namespace SpoolWorker.Tests.Commands;

/// <summary>What is no bug is not told as one; what was typed wrongly is told, with what was probably meant.</summary>
public sealed class DoorTests : IDisposable
{
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    public static TheoryData<string> ReadersOfConfiguration() => ["run", "list", "show 1xVVht-000477-0i", "check-config", "release 1xVVht-000477-0i", "forget 1xVVht-000477-0i",
        "trace 1xVVht-000477-0i", "try", "spf --ip 192.0.2.1 --helo mx.example", "dcc check -", "dsn explain -", "authenticate -"];

    [Theory]
    [MemberData(nameof(ReadersOfConfiguration))]
    public void A_configuration_that_cannot_be_used_is_told_in_a_sentence(string command)
    {
        _ = _play.Held;
        var file = $"{_play.Path}/broken.json";
        File.WriteAllText(file, "{\n  \"Engine\": {,}\n}\n");
        var directory = _play.Run([.. command.Split(' '), "--config", _play.Path]);
        directory.ExitCode.Should().Be(78, directory.Error);
        (directory.Output + directory.Error).Should().Contain("is a directory").And.NotContain("a bug");
        var broken = _play.Run([.. command.Split(' '), "--config", file]);
        broken.ExitCode.Should().Be(78, broken.Error);
        (broken.Output + broken.Error).Should().Contain("line 2, column 14").And.NotContain("a bug").And.NotContain("Intakes: empty");
    }

    // The ledger's place is a file, the ledger is no LMDB file, the lock may not be made.
    [Theory]
    [InlineData("run --once")]
    [InlineData("list")]
    [InlineData("show 1xVVht-000477-0i")]
    [InlineData("check-config")]
    [InlineData("release 1xVVht-000477-0i")]
    [InlineData("forget 1xVVht-000477-0i")]
    [InlineData("trace 1xVVht-000477-0i --log /dev/null")]
    public void A_ledger_that_cannot_be_used_is_no_bug(string command)
    {
        Playground.Put(Playground.Valid("4.96-plain"), _play.Held);
        _ = (_play.Intake, _play.Target, _play.Corrupt);
        Directory.CreateDirectory($"{_play.Path}/ledger");
        File.WriteAllText($"{_play.Path}/ledger/ledger.mdb", new string('x', 9000));
        var damaged = _play.RunConfigured(command.Split(' '));
        damaged.ExitCode.Should().NotBe(ExitCode.Software, damaged.Error);
        damaged.Error.Should().NotContain("a bug");
        Directory.Delete($"{_play.Path}/ledger", recursive: true);
        File.WriteAllText($"{_play.Path}/ledger", "no directory");
        var file = _play.RunConfigured(command.Split(' '));
        file.ExitCode.Should().NotBe(ExitCode.Software, file.Error);
        file.Error.Should().NotContain("a bug");
    }

    [Fact]
    public void A_key_without_a_file_and_a_key_that_is_none_are_faults_of_the_configuration()
    {
        _ = (_play.Intake, _play.Target);
        var ran = _play.RunConfigured("check-config", "--Passes:0=dkim-sign", "--Dkim:Sign:Keys:0:Domain=d.example", "--Dkim:Sign:Keys:0:Selector=s");
        ran.ExitCode.Should().Be(78);
        ran.Output.Should().Contain("Dkim:Sign:Keys:0:PrivateKeyFile = '': name the file of the private key");
        _play.Run("arc-seal", "-", "--admd", "mx.example", "--domain", "d.example", "--selector", "s", "--key", "").Error.Should().Contain("name the file of the private key").And.NotContain("a bug");
    }

    [Fact]
    public void A_configuration_in_the_current_directory_is_not_taken()
    {
        File.WriteAllText($"{_play.Made("cwd")}/appsettings.json", "{ \"Intakes\": [ { \"Path\": \"/stranger\" } ], \"Target\": { \"Exim\": \"/stranger/exim\" } }");
        var ran = _play.Run("check-config");
        ran.ExitCode.Should().Be(78);
        ran.Output.Should().NotContain("stranger").And.Contain("no configuration file").And.Contain("./appsettings.json is read only when it is named");
        _play.Run("check-config", "--config", "appsettings.json").Output.Should().Contain("/stranger");
    }

    [Theory]
    [InlineData("list --spool /tmp --nonsense", "'--nonsense' is not understood; see 'spoolworker list --help'")]
    [InlineData("list --hled", "'--hled' is not understood; did you mean --held?")]
    [InlineData("show --jsno", "'--jsno' is not understood; did you mean --json?")]
    [InlineData("lst", "'lst' is not understood; did you mean list?")]
    [InlineData("dsn exlain", "'exlain' is not understood; did you mean explain?")]
    [InlineData("run --Engine:Workers 4", "'--Engine:Workers' is not understood; settings are given as --Section:Key=value")]
    [InlineData("list extra", "'extra' is not understood; see 'spoolworker list --help'")]
    [InlineData("keygen --selector s --domain d.example --Engine:Workers=4", "'--Engine:Workers=4': spoolworker keygen takes no settings")]
    public void What_is_not_understood_is_an_error_with_a_suggestion(string line, string expected)
    {
        var ran = _play.Run(line.Split(' '));
        ran.ExitCode.Should().Be(64);
        ran.Output.Should().BeEmpty();
        ran.Error.Should().Contain(expected);
    }

    [Fact]
    public void A_setting_counts_wherever_it_stands()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Held);
        _ = (_play.Intake, _play.Target, _play.Corrupt);
        var ran = _play.Run(["show", .. _play.Settings, id.ToString()]);
        ran.ExitCode.Should().Be(0, ran.Error);
        ran.Output.Should().Contain(id.ToString());
        CommandLine.Split(["show", "--A:B=c", "--", "--D:E=f"]).Arguments.Should().Equal("show", "--", "--D:E=f");
        CommandLine.Split(["x", "--config=/a:b", "--Passes=rules"]).Should().BeEquivalentTo((new[] { "x", "--config=/a:b" }, new[] { "--Passes=rules" }));
    }

    [Fact]
    public void Help_and_version_are_there_however_they_are_asked_for()
    {
        var bare = _play.Run();
        (bare.ExitCode, bare.Error).Should().Be((0, ""));
        bare.Output.Should().Contain("check-config").And.Be(_play.Run("--help").Output);
        _play.Run("dsn").Output.Should().Contain("explain");
        var version = _play.Run("version");
        version.ExitCode.Should().Be(0);
        version.Output.Should().MatchRegex("^[0-9]+\\.[0-9]+").And.Be(_play.Run("-V").Output).And.Be(_play.Run("--version").Output);
    }

    [Fact]
    public void An_empty_list_is_empty_and_a_mistyped_intake_names_those_that_exist()
    {
        var empty = _play.RunConfigured("list", "--held", "--corrupt", "--json");
        (empty.ExitCode, empty.Error).Should().Be((0, ""));
        empty.Json.GetArrayLength().Should().Be(0);
        _ = (_play.Made("exim/scan/input"), _play.Made("exim/slow/input"), _play.Made("exim/db"));
        var mistyped = _play.RunConfigured("list", $"--Intakes:0:Path={_play.Path}/exim/scna/input", "--Intakes:0:Kind=named-queue");
        mistyped.ExitCode.Should().Be(66);
        mistyped.Error.Should().Contain($"no directory {_play.Path}/exim/scna/input; there is {_play.Path}/exim/scan/input, {_play.Path}/exim/slow/input");
        _play.RunConfigured("check-config", "--json", $"--Intakes:0:Path={_play.Path}/exim/scna/input", "--Intakes:0:Kind=named-queue").Output.Should().Contain($"there is {_play.Path}/exim/scan/input");
    }

    [Fact]
    public void Json_logs_have_time_and_fields()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Intake);
        var ran = _play.RunConfigured("run", "--once", "--Logging:Console:FormatterName=json");
        ran.ExitCode.Should().Be(0, ran.Error);
        var line = ran.Error.Split('\n').Select(l => l.Trim()).Where(l => l.StartsWith('{')).Select(l => JsonDocument.Parse(l).RootElement).Single(l => l.GetProperty("Message").GetString()!.Contains("requeued", StringComparison.Ordinal));
        DateTimeOffset.Parse(line.GetProperty("Timestamp").GetString()!, CultureInfo.InvariantCulture).Should().BeCloseTo(DateTimeOffset.UtcNow, TimeSpan.FromMinutes(10));
        var fields = line.GetProperty("State");
        fields.GetProperty("Id").ToString().Should().Be(id.ToString());
        fields.GetProperty("NewId").GetString().Should().Be(id.ToString());
        fields.GetProperty("Sender").GetString().Should().Be("alice@sender.example");
        fields.GetProperty("Recipients").ToString().Should().Be("1");
        fields.GetProperty("Outcome").GetString().Should().Be("requeued");
        long.Parse(fields.GetProperty("Size").ToString(), CultureInfo.InvariantCulture).Should().BeGreaterThan(100);
    }

    [Fact]
    public void An_ed25519_key_for_arc_is_warned_of()
    {
        _ = (_play.Intake, _play.Target, _play.Made("spool/msglog"));
        _play.Run("keygen", "--type", "ed25519", "--selector", "s", "--domain", "d.example", "--out", $"{_play.Path}/ed.key").ExitCode.Should().Be(0);
        var ran = _play.RunConfigured("check-config", "--json", "--Passes:0=arc-seal", "--Arc:Seal:AdmdId=mx.example", "--Arc:Seal:Domain=d.example", "--Arc:Seal:Selector=s", $"--Arc:Seal:PrivateKeyFile={_play.Path}/ed.key");
        ran.Output.Should().Contain("Exim, and most others, fail an ARC chain");
        ran.ExitCode.Should().Be(0, ran.Output);
    }

    [Theory]
    [InlineData(0, "due")]
    [InlineData(-5, "due")]
    [InlineData(25, "in 25s")]
    [InlineData(23 * 3600, "in 23h")]
    [InlineData(90 * 3600, "in 3.8d")]
    public void A_next_try_is_told_as_a_distance(int seconds, string expected)
    {
        var now = DateTimeOffset.UnixEpoch.AddDays(20000);
        Amount.Until(now.AddSeconds(seconds), now).Should().Be(expected);
    }
}
