using SpoolWorker.Options;
using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Engine;

/// <summary>Things in an intake that are no spool pair: each goes to corrupt/ with its reason, and the rest goes on.</summary>
public class HostileIntakeTests
{
    [Theory]
    [InlineData("spool")]
    [InlineData("queuefile")]
    public async Task Whatever_lies_in_the_intake_the_rest_goes_on(string name)
    {
        var kind = Enum.Parse<IntakeKind>(name, ignoreCase: true);
        await using var rig = new EngineRig { Kind = kind };
        rig.Settings.Engine.Workers = 2;
        var bad = new List<string>();
        var outside = Path.Combine(rig.Root, "outside");
        File.WriteAllText(outside, "not to be touched");

        Bad((h, d, p) =>
        {
            File.WriteAllBytes(h, (p with { Id = PairFactory.ShortId(999) }).HeaderFile);
            File.WriteAllBytes(d, p.DataFile);
        });
        Bad((h, d, p) =>
        {
            File.WriteAllBytes(h, p.HeaderFile);
            File.WriteAllText(d, "someone-else-s-D\nbody of another\n");
        });
        Bad((h, d, p) =>
        {
            File.CreateSymbolicLink(h, outside);
            File.WriteAllBytes(d, p.DataFile);
        });
        Bad((h, d, p) =>
        {
            File.WriteAllBytes(h, p.HeaderFile);
            File.CreateSymbolicLink(d, outside);
        });
        Bad((h, d, p) =>
        {
            Fifo(h);
            File.WriteAllBytes(d, p.DataFile);
        });
        Bad((h, d, p) =>
        {
            File.WriteAllBytes(h, p.HeaderFile);
            Fifo(d);
        });
        Bad((h, d, p) =>
        {
            Directory.CreateDirectory(h);
            File.WriteAllBytes(d, p.DataFile);
        });
        Bad((h, d, p) =>
        {
            File.WriteAllBytes(h, p.HeaderFile);
            Directory.CreateDirectory(d);
        });
        Bad((h, d, p) =>
        {
            File.WriteAllBytes(h, []);
            File.WriteAllBytes(d, p.DataFile);
        });
        Bad((h, d, p) =>
        {
            using (var file = File.Create(h)) file.SetLength(1L << 30);
            File.WriteAllBytes(d, p.DataFile);
        });
        Bad((h, d, p) =>
        {
            File.WriteAllBytes(h, p.HeaderFile[..60]);
            File.WriteAllBytes(d, p.DataFile);
        });
        Bad((h, d, p) =>
        {
            File.WriteAllBytes(h, p.HeaderFile);
            File.WriteAllBytes(d, p.DataFile);
            File.CreateSymbolicLink(h[..^1] + "J", outside);
        });
        if (kind == IntakeKind.Spool)
        {
            Bad((h, d, p) =>
            {
                File.WriteAllBytes(h, p.HeaderFile);
                File.WriteAllBytes(d, []);
            });
        }
        var good = Enumerable.Range(500, 20).Select(i => new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake)).ToList();

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Select(p => p.Id.ToString()).Should().BeEquivalentTo(good.Select(p => p.Id));
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        foreach (var id in bad)
        {
            File.ReadAllText($"{rig.Corrupt}/{id}.reason").Should().Contain(id).And.Contain("reason: ");
            EngineRig.Names(rig.Corrupt).Should().Contain($"{id}-H").And.Contain($"{id}-D");
            rig.Log.Count($"{id} corrupt:").Should().Be(1);
        }
        File.ReadAllText(outside).Should().Be("not to be touched");

        void Bad(Action<string, string, PairFactory> make)
        {
            var pair = new PairFactory { Id = PairFactory.ShortId(bad.Count + 1) };
            make($"{rig.Intake}/{pair.HeaderName}", $"{rig.Intake}/{pair.BodyName}", pair);
            bad.Add(pair.Id);
        }
    }

    // Exim looks on top and in the id's own subdirectory only; `run --once` went round for ever over what it saw and could not open.
    [Fact]
    public async Task A_pair_in_the_subdirectory_of_another_is_left_and_ends_the_drain()
    {
        await using var rig = new EngineRig();
        var (right, wrong) = (new PairFactory { Id = PairFactory.ShortId(1) }, new PairFactory { Id = PairFactory.ShortId(2) });
        var folder = $"{rig.Intake}/{right.MessageId.Subdirectory}";
        right.In(folder);
        wrong.In(folder);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Id.Should().Be(right.MessageId);
        Directory.GetFiles(folder).Select(Path.GetFileName).Should().BeEquivalentTo(wrong.HeaderName, wrong.BodyName);
    }

    [Fact]
    public async Task A_name_that_is_taken_in_corrupt_is_not_overwritten()
    {
        await using var rig = new EngineRig();
        for (var i = 0; i < 3; i++)
        {
            var pair = new PairFactory().In(rig.Intake);
            File.WriteAllText($"{rig.Intake}/{pair.HeaderName}", $"garbage {i}");
            await rig.DrainAsync();
        }

        EngineRig.Names(rig.Corrupt).Where(n => n.EndsWith("-H", StringComparison.Ordinal)).Select(n => File.ReadAllText($"{rig.Corrupt}/{n}")).Should().BeEquivalentTo("garbage 0", "garbage 1", "garbage 2");
    }

    [Fact]
    public async Task What_cannot_be_moved_is_left_and_logged_once()
    {
        await using var rig = new EngineRig();
        File.WriteAllText(rig.Corrupt, "a file where the directory should be");
        var bad = new PairFactory { Id = PairFactory.ShortId(1) }.In(rig.Intake);
        File.WriteAllText($"{rig.Intake}/{bad.HeaderName}", "garbage");
        new PairFactory { Id = PairFactory.ShortId(2) }.In(rig.Intake);

        await rig.DrainAsync();
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle();
        EngineRig.Names(rig.Intake).Should().Equal(bad.BodyName, bad.HeaderName);
        rig.Log.Count("left where it is").Should().Be(1);
        rig.Engine.IsPaused.Should().BeFalse();
    }

    [Fact]
    public async Task Messages_that_fail_together_are_one_failure()
    {
        const int Together = 8;
        await using var rig = new EngineRig();
        rig.Settings.Engine.Workers = Together;
        var arrived = 0;
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        rig.With(new TestPass("gather", async (_, token) =>
        {
            if (Interlocked.Increment(ref arrived) == Together) all.SetResult();
            await all.Task.WaitAsync(token);
            return PassResult.Continue;
        }));
        for (var i = 1; i <= Together; i++) new PairFactory { Id = PairFactory.ShortId(i) }.In(rig.Intake);
        rig.Start();
        Directory.Move(rig.Target, rig.Target + ".away");

        await rig.DrainAsync();

        rig.Engine.IsPaused.Should().BeTrue();
        rig.Log.Count("next try in 1 s").Should().Be(1, rig.Log.All);
        rig.Log.Count("next try in").Should().Be(1, "a pause that has begun is not made longer by what failed with it");
        Directory.Move(rig.Target + ".away", rig.Target);
    }

    private static void Fifo(string path) => _ = new ProgramCall("mkfifo", path).Run().Good;
}
