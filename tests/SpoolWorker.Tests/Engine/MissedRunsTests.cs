using Microsoft.Extensions.Logging;
using Quartz;
using SpoolWorker.Schedule;

namespace SpoolWorker.Tests.Engine;

/// <summary>Cron schedules stay with Quartz, which goes by the date: a run that was missed is said.</summary>
public class MissedRunsTests
{
    [Fact]
    public async Task A_run_that_was_missed_is_said_with_its_time_and_pass()
    {
        var log = new LogLines();
        var due = new DateTimeOffset(2026, 11, 23, 3, 0, 0, TimeSpan.Zero);
        var trigger = TriggerBuilder.Create().WithIdentity("dcc").StartAt(due).Build();

        await ((ITriggerListener)new MissedRuns(new Logger<MissedRuns>(log))).TriggerMisfired(trigger, null!, CancellationToken.None);

        log.Count("schedule of dcc").Should().Be(1);
        log.Count("was missed").Should().Be(1);
    }
}
