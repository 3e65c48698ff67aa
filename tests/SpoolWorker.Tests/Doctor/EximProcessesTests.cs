using SpoolWorker.Operations.Checks;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Doctor;

/// <summary>What an Exim that runs makes root do.</summary>
public sealed class EximProcessesTests
{
    // Who runs it may be the Exim user alone; exim -C, run by root, believes what it reads.
    [Theory]
    [InlineData("", true)]
    [InlineData("/etc/passwd", true)]
    [InlineData("relative", false)]
    [InlineData("/nonexistent/exim.conf", false)]
    [InlineData("/tmp/not-there:/etc/passwd", false)]
    [InlineData("/etc/passwd:/etc/group", false)]
    public void Root_asks_with_no_configuration_that_may_become_a_strangers(string config, bool asks)
    {
        if (Posix.EffectiveUser != 0) return;
        (EximProcesses.Asked(new TargetOptions(), config)?.EximConfig).Should().Be(asks ? config : null);
    }
}
