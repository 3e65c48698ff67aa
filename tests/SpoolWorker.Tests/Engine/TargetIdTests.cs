using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>Under which id and where in the target a message is requeued.</summary>
public class TargetIdTests
{
    [Theory]
    [InlineData("Auto", "4.96", false, true)]
    [InlineData("Auto", "4.99", false, true)]
    [InlineData("Auto", "4.99", true, true)]
    [InlineData("Auto", "4.96", true, false)]
    [InlineData("Keep", "4.96", false, true)]
    [InlineData("Keep", "4.99", true, true)]
    [InlineData("Keep", "4.96", true, false)]
    [InlineData("Renew", "4.96", false, false)]
    [InlineData("Renew", "4.99", true, false)]
    public async Task The_id_is_kept_or_renewed_into_a_form_the_target_sees(string policy, string version, bool longId, bool kept)
    {
        await using var rig = new EngineRig();
        rig.Settings.Target.MessageId = Enum.Parse<MessageIdPolicy>(policy);
        rig.Settings.Target.EximVersion = version;
        var pair = new PairFactory { Id = longId ? PairFactory.LongId(1) : PairFactory.ShortId(1), Body = "one\ntwo\n"u8.ToArray() }.In(rig.Intake);

        await rig.DrainAsync();

        var found = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        found.Body.Should().Equal(pair.Body);
        HeaderFileWriter.ToArray(found.Header.WithId(pair.MessageId)).Should().Equal(pair.HeaderFile, "only the id may differ");
        (found.Id.ToString() == pair.Id).Should().Be(kept);
        if (!kept)
        {
            found.Id.IsLong.Should().Be(version == "4.99");
            rig.Log.Count($"{pair.Id} requeued as {found.Id}").Should().Be(1);
            rig.Decided(pair.MessageId).Done["bob@r.example"].Should().Be($"requeued {found.Id}");
        }
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Theory]
    [InlineData("-H")]
    [InlineData("-D")]
    [InlineData("-J")]
    public async Task An_id_of_which_the_target_still_has_a_file_is_not_used_again(string suffix)
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory().In(rig.Intake);
        File.WriteAllText($"{rig.Target}/{pair.Id}{suffix}", "Exim's");

        await rig.DrainAsync();

        File.ReadAllText($"{rig.Target}/{pair.Id}{suffix}").Should().Be("Exim's");
        File.Delete($"{rig.Target}/{pair.Id}{suffix}");
        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Id.ToString().Should().NotBe(pair.Id);
    }

    [Fact]
    public async Task Keep_waits_while_the_target_holds_the_id()
    {
        await using var rig = new EngineRig();
        rig.Settings.Target.MessageId = MessageIdPolicy.Keep;
        var pair = new PairFactory().In(rig.Intake);
        File.WriteAllText($"{rig.Target}/{pair.Id}-J", "");
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Intake).Should().ContainSingle();
        File.Delete($"{rig.Target}/{pair.Id}-J");
        rig.Clock.Advance(TimeSpan.FromMinutes(2));

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Id.ToString().Should().Be(pair.Id);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_split_target_gets_split_pairs(bool auto)
    {
        await using var rig = new EngineRig();
        if (auto) Directory.CreateDirectory($"{rig.Target}/0");
        else rig.Settings.Target.Layout = TargetLayout.Split;
        for (var i = 0; i < 30; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In($"{rig.Intake}/{(i % 2 == 0 ? "." : PairFactory.ShortId(i)[5])}");

        await rig.DrainAsync();

        var found = EngineRig.Pairs(rig.Target);
        found.Should().HaveCount(30).And.OnlyContain(p => p.Folder == $"{rig.Target}/{p.Id.Subdirectory}");
    }

    [Fact]
    public async Task Two_intakes_with_the_same_ids_hand_over_each_message_under_an_id_of_its_own()
    {
        await using var rig = new EngineRig();
        var other = rig.Make("other/input");
        rig.Settings.Intakes.Add(new IntakeOptions { Path = other, Kind = IntakeKind.Spool });
        rig.Settings.Engine.Workers = 16;
        for (var i = 0; i < 300; i++)
        {
            new PairFactory { Id = PairFactory.ShortId(i), Recipients = [$"a{i}@r.example"], Body = "first\n"u8.ToArray() }.In(rig.Intake);
            new PairFactory { Id = PairFactory.ShortId(i), Recipients = [$"b{i}@r.example"], Body = "second\n"u8.ToArray() }.In(other);
        }

        await rig.DrainAsync();

        var found = EngineRig.Pairs(rig.Target);
        found.SelectMany(p => p.Pending).Should().BeEquivalentTo(Enumerable.Range(0, 300).SelectMany(i => new[] { $"a{i}@r.example", $"b{i}@r.example" }));
        found.Should().OnlyContain(p => (p.Pending[0][0] == 'a') == (p.Body[0] == 'f'), "each keeps its own body");
        rig.Log.Count("stays:").Should().Be(0, "none stands in the way of another");
    }

    [Fact]
    public async Task A_staged_header_of_another_message_is_never_overwritten()
    {
        await using var rig = new EngineRig();
        rig.Start();
        var pair = new PairFactory().In(rig.Intake);
        var directory = new SpoolDirectory(rig.Target);
        var stage = new SpoolStage(directory, SpoolOwnership.Of(rig.Target), rig.Ledger.Tag);
        File.WriteAllText($"{rig.Target}/{SpoolStage.StagedHeaderName(pair.MessageId, rig.Ledger.Tag)}", "of the other");
        SpoolPair.Claim(new SpoolDirectory(rig.Intake), pair.MessageId, out var claimed, out _).Should().Be(ClaimResult.Claimed);
        HeaderFileReader.TryRead(claimed!.HeaderBytes, pair.MessageId, out var header, out _).Should().BeTrue();

        stage.TryStage(header!, claimed).Should().BeNull("the name is taken");

        claimed.Dispose();
        File.ReadAllText($"{rig.Target}/{SpoolStage.StagedHeaderName(pair.MessageId, rig.Ledger.Tag)}").Should().Be("of the other");
        File.Exists($"{rig.Target}/{pair.BodyName}").Should().BeFalse();
    }
}
