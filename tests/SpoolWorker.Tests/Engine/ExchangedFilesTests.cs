using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>Who may write into an intake exchanges files and directories while the worker is at it: only what was judged is handed over.</summary>
public class ExchangedFilesTests
{
    [Theory]
    [InlineData("spool")]
    [InlineData("queuefile")]
    public async Task A_one_character_symlink_leads_into_nobodys_spool(string kind)
    {
        await using var rig = new EngineRig { Kind = Enum.Parse<IntakeKind>(kind, ignoreCase: true) };
        var victim = rig.Make("victim/input");
        var theirs = Enumerable.Range(0, 3).Select(i => new PairFactory { Id = PairFactory.ShortId(i) }.In(victim)).ToList();
        foreach (var name in theirs.Select(p => p.MessageId.Subdirectory).Append('a').Distinct()) File.CreateSymbolicLink($"{rig.Intake}/{name}", victim);
        var ours = new PairFactory { Id = PairFactory.ShortId(900) }.In(rig.Intake);

        await rig.DrainAsync();
        // a hint comes by the name alone
        foreach (var pair in theirs) await rig.Engine.AddAsync(new MessageKey(new Intake(rig.Intake, IntakeKind.Spool), pair.MessageId), CancellationToken.None);
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Select(p => p.Id.ToString()).Should().Equal(ours.Id);
        EngineRig.Pairs(victim).Should().HaveCount(3, "they are another's");
    }

    [Fact]
    public async Task A_one_character_symlink_in_the_target_gets_no_mail()
    {
        await using var rig = new EngineRig();
        rig.Settings.Target.Layout = TargetLayout.Split;
        var pair = new PairFactory().In(rig.Intake);
        var elsewhere = rig.Make("elsewhere");
        File.CreateSymbolicLink($"{rig.Target}/{pair.MessageId.Subdirectory}", elsewhere);

        await rig.DrainAsync();

        EngineRig.Names(elsewhere).Should().BeEmpty();
        EngineRig.Pairs(rig.Intake).Should().ContainSingle("it waits until somebody has tidied up");
        rig.Log.Count($"{rig.Target}/{pair.MessageId.Subdirectory}").Should().BePositive();
    }

    [Fact]
    public async Task Nothing_is_put_aside_through_a_symlink_that_has_taken_the_place_of_corrupt()
    {
        await using var rig = new EngineRig();
        Broken(rig, 1);
        await rig.DrainAsync();
        var corrupt = rig.Settings.Corrupt.Path;
        EngineRig.Names(corrupt).Should().HaveCount(3);
        Directory.Move(corrupt, $"{rig.Root}/away");
        var elsewhere = rig.Make("elsewhere");
        Directory.CreateSymbolicLink(corrupt, elsewhere);
        Broken(rig, 2);

        await rig.DrainAsync();

        EngineRig.Names(elsewhere).Should().BeEmpty();
        EngineRig.Names(rig.Intake).Should().HaveCount(2, "it stays, and the log says why");
        rig.Log.Count("cannot be moved to").Should().Be(1);
    }

    private static void Broken(EngineRig rig, int n)
    {
        var pair = new PairFactory { Id = PairFactory.ShortId(n) }.In(rig.Intake);
        File.WriteAllText($"{rig.Intake}/{pair.HeaderName}", $"{pair.HeaderName}\nbroken\n\n");
    }

    [Theory]
    [InlineData("-D")]
    [InlineData("-H")]
    public async Task What_is_put_in_the_place_of_a_judged_file_is_not_handed_over_and_not_removed(string suffix)
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory { Body = "judged\n"u8.ToArray() }.In(rig.Intake);
        var other = pair with { Body = "unjudged\n"u8.ToArray(), Sender = "mallory@other.example" };
        rig.With(new TestPass("swap", _ =>
        {
            if (EngineRig.Names(rig.Target).Length > 0 || File.Exists($"{rig.Root}/new")) return PassResult.Continue;
            File.WriteAllBytes($"{rig.Root}/new", suffix == "-D" ? other.DataFile : other.HeaderFile);
            File.Move($"{rig.Root}/new", $"{rig.Intake}/{pair.Id}{suffix}", overwrite: true);
            return PassResult.Continue;
        }));
        rig.Start();
        var looked = new TaskCompletionSource();
        rig.Engine.Outcomes.Published += outcome =>
        {
            if (outcome.Is(OutcomeKind.Requeued)) looked.TrySetResult();
        };
        await rig.Engine.AddAsync(new MessageKey(new Intake(rig.Intake, IntakeKind.Spool), pair.MessageId), CancellationToken.None);
        await looked.Task.WaitAsync(TimeSpan.FromSeconds(30));

        var found = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        found.Body.Should().Equal(pair.Body, "that is what the passes saw");
        found.HeaderBytes.Should().Equal(pair.HeaderFile);
        File.ReadAllBytes($"{rig.Intake}/{pair.Id}{suffix}").Should().Equal(suffix == "-D" ? other.DataFile : other.HeaderFile, "it is another message");

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle("what was put there is held, as another message under a known id, or waits in corrupt/");
        (EngineRig.Names(rig.Held).Length + EngineRig.Names(rig.Corrupt).Length).Should().BePositive();
    }

    [Fact]
    public async Task A_body_that_is_written_to_while_it_is_judged_is_judged_again()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory { Body = "judged\n"u8.ToArray() }.In(rig.Intake);
        var path = $"{rig.Intake}/{pair.BodyName}";
        using var writer = Posix.Open(path, Posix.O_RDWR);
        var seen = new List<string>();
        rig.With(new TestPass("judge", context =>
        {
            using var body = new StreamReader(context.Body.OpenRead());
            seen.Add(body.ReadToEnd());
            if (seen.Count > 1) return PassResult.Continue;
            RandomAccess.Write(writer, "forged\n"u8, pair.MessageId.BodyOffset);
            // file systems keep times by the tick of the kernel
            File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
            return PassResult.Continue;
        }));

        await rig.DrainAsync();

        EngineRig.Names(rig.Target).Should().BeEmpty();
        rig.Log.Count("was changed while the message was being judged").Should().BePositive();
        rig.Clock.Advance(TimeSpan.FromMinutes(2));
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Body.Should().Equal("forged\n"u8.ToArray());
        seen.Should().Equal("judged\n", "forged\n");
    }

    [Fact]
    public async Task The_writer_of_another_user_keeps_a_descriptor_and_changes_nothing_that_was_handed_over()
    {
        if (Posix.EffectiveUser != 0) return;
        await using var rig = new EngineRig();
        var pair = new PairFactory { Body = "judged\n"u8.ToArray() }.In(rig.Intake);
        var path = $"{rig.Intake}/{pair.BodyName}";
        using var writer = Posix.Open(path, Posix.O_RDWR);
        Posix.SetOwner(writer, 65534, 65534, path);

        await rig.DrainAsync();
        RandomAccess.Write(writer, "forged\n"u8, pair.MessageId.BodyOffset);

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Body.Should().Equal(pair.Body);
        Posix.Status(writer, path).Uid.Should().Be(65534, "the writer's file is not given away");
    }
}
