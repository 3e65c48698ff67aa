using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor;

namespace SpoolWorker.Tests.Doctor;

/// <summary>Checks are on their own, and each has its time.</summary>
public sealed class ExaminationTests
{
    [Fact]
    public async Task A_check_that_fails_or_hangs_is_a_finding_and_the_others_are_made()
    {
        var loaded = ConfigurationLoader.Load(ConfigurationFile.None, [], CommonOptions.Known());
        // Never set: what hangs, hangs.
        using var never = new ManualResetEventSlim();
        var wasCancelled = new TaskCompletionSource();
        DoctorCheck[] checks =
        [
            DoctorCheck.Of("first", () => [Finding.Ok("one", "is well")]),
            DoctorCheck.Of("broken", () => throw new InvalidOperationException("its reason")),
            DoctorCheck.Of("deaf", () =>
            {
                never.Wait(TimeSpan.FromMinutes(2));
                return [];
            }),
            new DoctorCheck("obedient", async token =>
            {
                using var registration = token.Register(wasCancelled.SetResult);
                await Task.Delay(Timeout.Infinite, token);
                return [];
            }),
            DoctorCheck.Of("last", () => [PlaceKinds.DiskLow.Warning("two", "is full")]),
        ];
        var findings = await new Examination(loaded, SpoolWorker.Configuration.Registrations.None, TimeProvider.System) { Limit = TimeSpan.FromMilliseconds(300) }.RunAsync(checks, CancellationToken.None);
        never.Set();

        findings.Select(f => (f.Kind?.Name, f.Severity, f.Subject)).Should().Equal((null, Severity.Ok, "one"), ("check-incomplete", Severity.Unknown, "broken"), ("check-incomplete", Severity.Unknown, "deaf"),
            ("check-incomplete", Severity.Unknown, "obedient"), ("disk-low", Severity.Warning, "two"));
        findings[1].Text.Should().Be("failed: its reason");
        findings[2].Text.Should().Be("took longer than 0.3 s and was left");
        await wasCancelled.Task.WaitAsync(TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void What_could_not_be_looked_at_is_not_told_as_well()
    {
        var table = SpoolWorker.Commands.CheckConfigCommand.Table("a.json", [Finding.Ok("one", "is well"), ConfigurationKinds.Incomplete.Unknown("Ledger", "cannot be checked further")]);
        table.Should().MatchRegex("(?m)^unknown +Ledger +cannot be checked further").And.EndWith("a.json: 0 errors, 0 warnings, 1 unknown\n");
    }

    [Fact]
    public async Task Whoever_ends_it_ends_it()
    {
        var loaded = ConfigurationLoader.Load(ConfigurationFile.None, [], CommonOptions.Known());
        using var end = new CancellationTokenSource();
        var running = new Examination(loaded, SpoolWorker.Configuration.Registrations.None, TimeProvider.System).RunAsync([new DoctorCheck("long", async token =>
        {
            await end.CancelAsync();
            await Task.Delay(Timeout.Infinite, token);
            return [];
        })], end.Token);
        await FluentActions.Awaiting(() => running).Should().ThrowAsync<OperationCanceledException>();
    }
}
