using System.Globalization;

namespace SpoolWorker.Tests.Packaging;

/// <summary>systemd's own judgement of the unit that is shipped.</summary>
public sealed class UnitTests
{
    /// <summary>Of ten; what is left is the network, which mail needs, and memory for code, which .NET needs.</summary>
    private const double MostExposure = 2.0;

    private static readonly string Unit = Path.Combine(Suites.Repository, "packaging/spoolworker.service");

    [Fact]
    public void It_is_exposed_to_little()
    {
        var judged = new ProgramCall("systemd-analyze", "security", "--offline=yes", "--no-pager", Unit).Run().Good;
        var last = judged.Split('\n').Single(l => l.Contains("Overall exposure level", StringComparison.Ordinal)).Split(": ")[1].Split(' ')[0];
        double.Parse(last, CultureInfo.InvariantCulture).Should().BeLessThanOrEqualTo(MostExposure, judged);
    }

    // Debian 12's systemd (252) has no Type=notify-reload: the command itself has to wait until the worker is done.
    [Fact]
    public void A_reload_is_the_commands_own()
    {
        var unit = File.ReadAllLines(Unit);
        unit.Should().Contain("Type=notify").And.Contain("ExecReload=/usr/bin/spoolworker reload");
        unit.Where(line => line.StartsWith("RestartPreventExitStatus=", StringComparison.Ordinal)).Should().Equal(["RestartPreventExitStatus=64 69 77 78"], "the same again would not help; 78 is what a refused reload ends with as well, without ending the worker");
    }

    // The program is not installed here, and its manual pages are not either.
    [Fact]
    public void It_is_understood()
    {
        using var directory = new TempDirectory();
        var unit = directory.At("spoolworker.service");
        File.WriteAllText(unit, File.ReadAllText(Unit).Replace("/usr/bin/spoolworker", "/bin/true", StringComparison.Ordinal));
        new ProgramCall("systemd-analyze", "verify", "--man=no", unit).Run().Should().Be(new ProgramResult(0, "", ""));
    }
}
