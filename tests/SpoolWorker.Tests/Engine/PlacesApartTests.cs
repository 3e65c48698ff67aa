using SpoolWorker.Configuration;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>Intakes, target, held/ and corrupt/ are kept apart by what they are, at start and at run time.</summary>
public class PlacesApartTests
{
    [Theory]
    [InlineData("intake -> target", "Intakes:0:Path", "is the same directory as Target:Path")]
    [InlineData("intake -> held", "Intakes:0:Path", "is the same directory as Held:Path")]
    [InlineData("held -> target", "Held:Path", "is the same directory as Target:Path")]
    [InlineData("corrupt -> held", "Corrupt:Path", "is the same directory as Held:Path")]
    [InlineData("held in intake", "Intakes:0:Path", "holds Held:Path")]
    [InlineData("held in target, not there yet", "Held:Path", "lies in Target:Path")]
    [InlineData("intake in target", "Intakes:0:Path", "lies in Target:Path")]
    [InlineData("two intakes", "Intakes:1:Path", "is the same directory as Intakes:0:Path")]
    public async Task A_configuration_in_which_one_place_is_another_is_refused_by_name(string what, string key, string relation)
    {
        await using var rig = new EngineRig();
        var link = $"{rig.Root}/link";
        var settings = rig.Settings;
        switch (what)
        {
            case "intake -> target": File.CreateSymbolicLink(link, rig.Target); settings.Intakes[0].Path = link; settings.Intakes[0].Kind = IntakeKind.Queuefile; break;
            case "intake -> held": File.CreateSymbolicLink(link, rig.Held); settings.Intakes[0].Path = link; settings.Intakes[0].Kind = IntakeKind.Queuefile; break;
            case "held -> target": File.CreateSymbolicLink(link, rig.Target); settings.Held.Path = link; break;
            case "corrupt -> held": File.CreateSymbolicLink(link, rig.Held); settings.Corrupt.Path = link; break;
            case "held in intake": settings.Held.Path = Directory.CreateDirectory($"{rig.Intake}/h").FullName; break;
            case "held in target, not there yet": File.CreateSymbolicLink(link, rig.Target); settings.Held.Path = $"{link}/a/b"; break;
            case "intake in target": settings.Intakes[0].Path = Directory.CreateDirectory($"{rig.Target}/a").FullName; settings.Intakes[0].Kind = IntakeKind.Queuefile; break;
            default: File.CreateSymbolicLink(link, rig.Intake); settings.Intakes[0].Kind = IntakeKind.Queuefile; settings.Intakes.Add(new IntakeOptions { Path = link, Kind = IntakeKind.Queuefile }); break;
        }

        SettingsValidator.Faults(settings, []).Should().ContainSingle(f => f.StartsWith(key, StringComparison.Ordinal) && f.Contains(relation, StringComparison.Ordinal));
        // what the faults did not stop, the engine does
        if (!what.Contains("not there", StringComparison.Ordinal)) rig.Invoking(r => r.Start()).Should().Throw<RefusedPlaceException>();
    }

    [Fact]
    public async Task Places_beside_one_another_are_no_fault()
    {
        await using var rig = new EngineRig();
        rig.Settings.Corrupt.Path = $"{rig.Held}-corrupt";

        SettingsValidator.Faults(rig.Settings, []).Should().NotContain(f => f.Contains("same directory", StringComparison.Ordinal) || f.Contains("lies in", StringComparison.Ordinal) || f.Contains("holds", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Held_mail_is_not_taken_when_its_directory_comes_in_the_place_of_an_intake()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Hold("smells"))));
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        Directory.Delete(rig.Intake);
        Directory.Move(rig.Held, rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Intake).Should().ContainSingle("held it is, whatever it is called now");
        rig.Log.Count($"is the same directory as held {rig.Held}").Should().BePositive();
        Directory.Move(rig.Intake, rig.Held);
        Directory.CreateDirectory(rig.Intake);
        (pair with { Id = PairFactory.ShortId(7) }).In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Held).Should().HaveCount(2, "and it goes on when all is as it was");
    }

    [Fact]
    public async Task An_intake_in_anothers_split_directory_is_read_once()
    {
        await using var rig = new EngineRig();
        var inner = Directory.CreateDirectory($"{rig.Intake}/b").FullName;
        rig.Settings.Intakes.Add(new IntakeOptions { Path = inner, Kind = IntakeKind.Queuefile });
        for (var i = 0; i < 5; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(inner);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().HaveCount(5);
        rig.Log.Count($"{rig.Intake}/b is passed over").Should().Be(1);
        rig.Ledger.FindAll(new PairFactory { Id = PairFactory.ShortId(0) }.MessageId).Should().Contain(e => e.Intake == inner);
    }
}
