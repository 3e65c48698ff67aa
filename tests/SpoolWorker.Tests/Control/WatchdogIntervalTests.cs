using SpoolWorker.Hosting;

namespace SpoolWorker.Tests.Control;

/// <summary>sd_watchdog_enabled(3).</summary>
public sealed class WatchdogIntervalTests
{
    [Theory]
    [InlineData("30000000", null, 30)]
    [InlineData("30000000", "", 30)]
    [InlineData("30000000", "42", 30)]
    [InlineData("30000000", "43", null)]
    [InlineData("0", null, null)]
    [InlineData("-1", null, null)]
    [InlineData("soon", null, null)]
    [InlineData("9223372036854775807", null, null)]
    [InlineData(null, null, null)]
    public void The_interval_is_the_units_and_only_for_its_process(string? microseconds, string? process, int? seconds) =>
        (Watchdog.IntervalOf(name => name == "WATCHDOG_USEC" ? microseconds : process, 42)?.TotalSeconds).Should().Be(seconds);
}
