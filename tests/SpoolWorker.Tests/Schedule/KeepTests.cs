using Microsoft.Extensions.Logging;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Schedule;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Schedule;

/// <summary>Held and corrupt mail that is thrown away: by age and by bytes, what has lain longest first, each with a row in the audit.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed class KeepTests : IAsyncLifetime
{
    private readonly EngineRig _rig = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public void Nothing_is_thrown_away_by_default()
    {
        HeldKeeper.IsOn(new Settings().Held).Should().BeFalse();
        HeldKeeper.IsOn(new Settings().Corrupt).Should().BeFalse();
    }

    [Fact]
    public async Task Held_mail_goes_by_its_age_in_held_and_the_audit_tells()
    {
        await HoldAsync(40, 31, 1);
        _rig.Settings.Held.Keep = TimeSpan.FromDays(30);
        Keep().Should().Be(2);
        Keep().Should().Be(0, "it is wanted of them already");
        await WorkAsync();
        Left().Should().Equal(Id(3));
        _rig.Log.Count("Held:Keep: 2 messages are thrown away").Should().Be(1);
        _rig.Log.Count("deleted by Held:Keep: held for longer than 30d").Should().Be(2);
        var audit = _rig.Ledger.Verbs.Audit(0, 10);
        audit.Select(r => (r.Id, r.Verb, r.Result, r.Actor, r.Sender)).Should().Equal(Enumerable.Range(1, 2).Select(n => (Id(n), VerbKind.Delete, VerbResult.Done, "Held:Keep", (string?)"alice@sender.example")));
        audit.Should().OnlyContain(r => r.Headers!.Contains("Subject: a test", StringComparison.Ordinal) && r.Served.SequenceEqual(new[] { "bob@r.example" }));
        EngineRig.Names(_rig.Target).Should().BeEmpty();
        Keep().Should().Be(0);
    }

    [Fact]
    public async Task What_is_too_much_goes_oldest_first_until_it_fits()
    {
        await HoldAsync(2, 3, 1);
        var bytes = Directory.EnumerateFiles(_rig.Held).Sum(f => new FileInfo(f).Length);
        _rig.Settings.Held.MaxBytes = bytes;
        Keep().Should().Be(0);
        _rig.Settings.Held.MaxBytes = bytes - 1;
        Keep().Should().Be(1);
        await WorkAsync();
        Left().Should().Equal(Id(1), Id(3));
        _rig.Ledger.Verbs.Audit(0, 10).Single().Reason.Should().Be($"held/ takes more than {bytes - 1} bytes (Held:MaxBytes)");
        Keep().Should().Be(0);
    }

    [Fact]
    public async Task What_an_operator_is_at_is_left_to_him()
    {
        await HoldAsync(40, 40);
        _rig.Settings.Held.Keep = TimeSpan.FromDays(30);
        _rig.Ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Release, Intake = _rig.Held, Id = Id(1), Actor = "root" }]);
        Keep().Should().Be(1);
        await WorkAsync();
        _rig.EximDelivers().Should().Equal("bob@r.example");
        Left().Should().BeEmpty();
        _rig.Ledger.Verbs.Audit(0, 10).Select(r => (r.Id, r.Verb, r.Result)).Should().BeEquivalentTo([(Id(1), VerbKind.Release, VerbResult.Done), (Id(2), VerbKind.Delete, VerbResult.Done)]);
    }

    [Fact]
    public async Task Another_message_that_came_under_the_id_meanwhile_stays()
    {
        await HoldAsync(40);
        _rig.Settings.Held.Keep = TimeSpan.FromDays(30);
        Keep().Should().Be(1);
        new PairFactory { Id = Id(1), Sender = "other@sender.example" }.In(_rig.Root);
        foreach (var name in new[] { "-D", "-H" }) File.Move($"{_rig.Root.Path}/{Id(1)}{name}", $"{_rig.Held}/{Id(1)}{name}", overwrite: true);
        await WorkAsync();
        Left().Should().Equal(Id(1));
        _rig.Ledger.Verbs.Audit(0, 10).Single().Result.Should().Be(VerbResult.NotNow);
    }

    [Fact]
    public async Task A_full_audit_keeps_what_is_held_and_says_so()
    {
        await HoldAsync(40);
        (_rig.Settings.Held.Keep, _rig.Settings.Audit.MaxBytes) = (TimeSpan.FromDays(30), 100);
        Keep().Should().Be(0);
        await WorkAsync();
        Left().Should().Equal(Id(1));
        _rig.Ledger.Verbs.Audit(0, 10).Should().BeEmpty();
        _rig.Log.Count("Held:Keep: nothing more is thrown away: the audit is full").Should().Be(1);
    }

    [Fact]
    public void Corrupt_mail_goes_too_and_the_audit_keeps_the_beginning_of_its_header_file()
    {
        _rig.Start();
        Corrupt(1, 40);
        Corrupt(2, 1);
        // A process died while it moved this one, and the next move goes on.
        Corrupt(3, 40);
        File.Move($"{_rig.Corrupt}/{Id(3)}-H", $"{_rig.Intake}/{Id(3)}-H");
        _rig.Settings.Corrupt.Keep = TimeSpan.FromDays(30);
        KeepCorrupt().Should().Be(1);
        EngineRig.Names(_rig.Corrupt).Select(n => n[..16]).Distinct().Should().Equal(Id(2), Id(3));
        var row = _rig.Ledger.Verbs.Audit(0, 10).Single();
        (row.Id, row.Verb, row.Result, row.Actor, row.Intake, row.Headers).Should().Be((Id(1), VerbKind.Delete, VerbResult.Done, "Corrupt:Keep", _rig.Corrupt, "garbage"));
        row.Told.Should().Contain("truncated: it ends in the middle").And.Contain($"from {_rig.Intake}");
        _rig.Ledger.Verbs.Waiting().Should().BeEmpty();

        (_rig.Settings.Corrupt.Keep, _rig.Settings.Corrupt.MaxBytes) = (TimeSpan.Zero, 1);
        _rig.Settings.Audit.MaxBytes = 100;
        KeepCorrupt().Should().Be(0);
        _rig.Log.Count("Corrupt:Keep: nothing more is thrown away: the audit is full").Should().Be(1);
        _rig.Settings.Audit.MaxBytes = 1 << 20;
        KeepCorrupt().Should().Be(1, "the half of one is not counted out");
        EngineRig.Names(_rig.Corrupt).Select(n => n[..16]).Distinct().Should().Equal(Id(3));
    }

    private static string Id(int n) => PairFactory.ShortId(n);

    private int Keep() => new HeldKeeper(_rig.Ledger, _rig.Settings, _rig.Clock, new Logger<HeldKeeper>(_rig.Log)).Run();

    private int KeepCorrupt() => new CorruptKeeper(_rig.Ledger, _rig.Settings, _rig.Clock, new Logger<CorruptKeeper>(_rig.Log)).Run(default);

    private async Task WorkAsync()
    {
        await _rig.Engine.RetryAsync(default);
        await _rig.DrainAsync();
    }

    private string[] Left() => [.. EngineRig.Pairs(_rig.Held).Select(p => p.Id.ToString())];

    private void Corrupt(int n, int days)
    {
        Directory.CreateDirectory(_rig.Corrupt);
        File.WriteAllText($"{_rig.Corrupt}/{Id(n)}-H", "garbage");
        File.WriteAllText($"{_rig.Corrupt}/{Id(n)}-D", "body");
        var note = $"{_rig.Corrupt}/{Id(n)}.reason";
        File.WriteAllText(note, $"message: {Id(n)}\nfrom: {_rig.Intake}\nkind: truncated\noffset: 7\nreason: it ends in the middle\n");
        File.SetLastWriteTimeUtc(note, _rig.Clock.GetUtcNow().UtcDateTime.AddDays(-days));
    }

    // Messages that are held for so many days.
    private async Task HoldAsync(params int[] days)
    {
        _rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Hold("looks odd"))));
        for (var n = 1; n <= days.Length; n++) new PairFactory { Id = Id(n) }.In(_rig.Intake);
        await _rig.DrainAsync();
        for (var n = 1; n <= days.Length; n++) File.SetLastWriteTimeUtc($"{_rig.Held}/{Id(n)}.reason", _rig.Clock.GetUtcNow().UtcDateTime.AddDays(-days[n - 1]));
    }
}
