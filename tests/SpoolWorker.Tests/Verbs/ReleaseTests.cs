using Microsoft.Extensions.Logging.Abstractions;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Verbs;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Verbs;

/// <summary>What is let go goes on behind the pass that held it.</summary>
public sealed class ReleaseTests
{
    private static readonly HeaderLine First = HeaderLine.Create("X-First: 1\n"), Last = HeaderLine.Create("X-Last: 1\n");

    [Fact]
    public async Task Later_passes_edit_what_is_released_and_those_before_do_not_run_again()
    {
        await using var rig = new EngineRig();
        var first = rig.With(new TestPass("first", _ => new PassResult { Headers = [new HeaderEdit.AddAtEnd(First)], Results = new Dictionary<string, string> { ["found"] = "it" } }));
        var holds = rig.With(TestPass.PerRecipient("holds", address => address == "a@r.example" ? Disposition.Hold("looks odd") : Disposition.Continue));
        var seen = new List<string?>();
        rig.With(new TestPass("last", context =>
        {
            seen.Add(context.Results.GetValueOrDefault("found"));
            return new PassResult { Headers = [new HeaderEdit.AddAtEnd(Last)], Envelope = [new EnvelopeEdit.SetSender("srs@f.example"u8.ToArray())], Disposition = seen.Count > 1 ? Disposition.Hold("odd, too") : Disposition.Continue };
        }));
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);
        await rig.DrainAsync();

        var held = EngineRig.Pairs(rig.Held).Should().ContainSingle().Subject;
        Has(held, First).Should().BeTrue();
        Has(held, Last).Should().BeFalse("the pass behind ran for the other recipient");
        TestPass.Text(held.Header.Sender).Should().Be("alice@sender.example");
        await rig.RestartAsync();

        var row = await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id });
        (row.Result, row.Told).Should().Be((VerbResult.Done, $"requeued as {row.NewId}, last would have held it: odd, too"));
        var released = EngineRig.Pairs(rig.Target).Single(p => p.Pending.SequenceEqual(["a@r.example"]));
        (Has(released, First), Has(released, Last), TestPass.Text(released.Header.Sender)).Should().Be((true, true, "srs@f.example"));
        released.Header.Headers.Count(h => h.Text.Span.SequenceEqual(First.Text.Span)).Should().Be(1);
        (first.Calls, holds.Calls).Should().Be((1, 1));
        seen.Should().Equal("it", "it");
        EngineRig.Names(rig.Held).Should().BeEmpty();

        // Who held it, and why, is known afterwards.
        var record = rig.Ledger.FindAll(pair.MessageId).Single(e => e.Held is not null);
        (record.Held!.Pass, record.Held.Reason, record.Held.Results).Should().Be(("holds", "looks odd", null));
    }

    [Fact]
    public async Task What_is_held_was_decided_at_one_moment_in_all_its_records()
    {
        await using var rig = new EngineRig { Clock = new FakeClock { Step = TimeSpan.FromMilliseconds(1) } };
        rig.With(TestPass.PerRecipient("holds", address => address == "a@r.example" ? Disposition.Hold("looks odd") : Disposition.Continue));
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);
        await rig.DrainAsync();

        var judged = rig.Decided(pair.MessageId);
        var held = rig.Ledger.FindAll(pair.MessageId).Single(e => e.Intake == rig.Held);
        (held.FirstSeen, held.Decided, held.Held!.Since).Should().Be((judged.FirstSeen, judged.Decided, judged.Decided));
    }

    [Fact]
    public async Task What_is_left_of_a_release_and_cannot_be_removed_at_the_start_is_told_and_keeps_no_other()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("holds", _ => PassResult.For(Disposition.Hold("looks odd"))));
        PairFactory[] pairs = [new PairFactory { Id = PairFactory.ShortId(1) }, new PairFactory { Id = PairFactory.ShortId(2) }];
        foreach (var pair in pairs) pair.In(rig.Intake);
        await rig.DrainAsync();
        foreach (var pair in pairs) (await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id })).Result.Should().Be(VerbResult.Done);
        EngineRig.Names(rig.Held).Should().BeEmpty();
        Directory.CreateDirectory($"{rig.Held}/{pairs[0].BodyName}");
        // Notes are looked at last.
        File.WriteAllText($"{rig.Held}/{pairs[1].Id}.reason", "looks odd\n");

        await rig.RestartAsync();

        rig.Log.Count($"{rig.Held}/{pairs[0].Id} cannot be looked through at start: ").Should().Be(1, rig.Log.All);
        EngineRig.Names(rig.Held).Should().Equal(pairs[0].BodyName);
    }

    [Fact]
    public async Task A_service_that_is_down_keeps_it_and_as_is_lets_it_go_without()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("holds", _ => PassResult.For(Disposition.Hold("looks odd"))));
        rig.With(new TestPass("down", _ => PassResult.Unavailable("no answer")));
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();

        var row = await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id });
        row.Result.Should().Be(VerbResult.NotNow);
        row.Told.Should().Contain("down is not available: no answer").And.Contain("--as-is");
        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        row = await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = pair.Id, AsIs = true });
        (row.Result, row.Told).Should().Be((VerbResult.Done, "requeued, without down"));
        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }

    [Fact]
    public async Task A_redirected_message_goes_through_later_passes_with_its_new_recipient()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("holds", _ => PassResult.For(Disposition.Hold("looks odd"))));
        var seen = new List<string>();
        rig.With(new TestPass("last", context =>
        {
            seen.AddRange(context.Recipients.Select(r => TestPass.Text(r.Address)));
            return PassResult.Continue;
        }));
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);
        await rig.DrainAsync();
        var row = await Verb(rig, new VerbRow { Verb = VerbKind.Redirect, Intake = rig.Held, Id = pair.Id, Recipients = ["b@r.example"], Address = "c@r.example" });
        (row.Result, row.Told).Should().Be((VerbResult.Done, "requeued"));
        seen.Should().Equal("c@r.example");
        EngineRig.Pairs(rig.Target).Single().Pending.Should().Equal("c@r.example");
        EngineRig.Pairs(rig.Held).Single().Pending.Should().Equal("a@r.example");
        rig.Ledger.FindAll(pair.MessageId).Single(e => e.Held is not null).Done.Should().Contain("b@r.example", $"requeued {pair.Id}");
    }

    [Fact]
    public async Task What_is_held_for_two_passes_goes_on_behind_each()
    {
        await using var rig = new EngineRig();
        rig.With(TestPass.PerRecipient("one", address => address == "a@r.example" ? Disposition.Hold("by one") : Disposition.Continue));
        rig.With(new TestPass("between", _ => new PassResult { Headers = [new HeaderEdit.AddAtEnd(First)] }));
        rig.With(TestPass.PerRecipient("two", _ => Disposition.Hold("by two")));
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);
        await rig.DrainAsync();
        var held = EngineRig.Pairs(rig.Held).ToDictionary(p => p.Pending.Single());
        (Has(held["a@r.example"], First), Has(held["b@r.example"], First)).Should().Be((false, true));
        foreach (var (_, found) in held) (await Verb(rig, new VerbRow { Verb = VerbKind.Release, Intake = rig.Held, Id = found.Id.ToString() })).Result.Should().Be(VerbResult.Done);
        EngineRig.Pairs(rig.Target).Should().OnlyContain(p => Has(p, First)).And.HaveCount(2);
        // What the intake's record says of them is what the releases made of them.
        await rig.RestartAsync();
        pair.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Names(rig.Intake).Should().BeEmpty("all were served");
        EngineRig.Pairs(rig.Target).Should().HaveCount(2);
    }

    [Fact]
    public async Task A_message_that_kills_the_worker_while_it_is_judged_again_does_so_three_times_at_most()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("holds", _ => PassResult.For(Disposition.Hold("looks odd"))));
        var pair = new PairFactory().In(rig.Intake);
        await rig.DrainAsync();
        var row = rig.Ledger.Verbs.Add([new VerbRow { Verb = VerbKind.Retry, Intake = rig.Held, Id = pair.Id }])[0];
        for (var death = 1; death <= 3; death++)
        {
            await rig.StopAsync();
            // As a worker leaves it that was killed while the passes ran.
            File.WriteAllText($"{rig.Settings.Ledger.Path}/in-hand", $"{pair.Id} {rig.Held}\n".PadRight(4160, '\0'));
            rig.Start();
            rig.Ledger.Verbs.Find([row])[0]!.Deaths.Should().Be(death);
        }
        var settled = rig.Ledger.Verbs.Find([row])[0]!;
        settled.Result.Should().Be(VerbResult.NotNow);
        settled.Told.Should().Contain("the worker died 3 times");
        EngineRig.Pairs(rig.Held).Should().ContainSingle();
    }

    // An order that was killed left its row, which has its turn first: between the two the message is nobody's for a moment, and whoever executes the second is not to take that for the end.
    [Fact]
    public async Task A_row_before_the_one_that_is_worked_on_counts_as_work_that_is_left()
    {
        await using var rig = new EngineRig();
        rig.Start();
        var (first, second) = (new VerbRow { Verb = VerbKind.Delete, Intake = rig.Held, Id = "1xVVWU-0001ou-02" }, new VerbRow { Verb = VerbKind.Delete, Intake = rig.Held, Id = "1xVVWU-0001ou-02" });
        var other = new VerbRow { Verb = VerbKind.Delete, Intake = rig.Held, Id = "1xVVWV-0001ou-03" };
        var rows = rig.Ledger.Verbs.Add([first, second, other]);
        using var held = new Intake(rig.Held, IntakeKind.Spool);
        var desk = new VerbDesk(rig.Ledger, held, () => [], new ProcessingQueue(10, rig.Clock), new StandingHolds(rig.Ledger, rig.Clock, NullLogger<StandingHolds>.Instance), new AuditOptions(), rig.Clock);
        (await desk.LookAsync(new HashSet<long> { rows[1].Number }, CancellationToken.None)).Should().Be(2);
        rig.Ledger.Verbs.Settle([rows[0] with { Result = VerbResult.Done, Executed = 1 }]);
        (await desk.LookAsync(new HashSet<long> { rows[1].Number }, CancellationToken.None)).Should().Be(1, "that is progress");
        (await desk.LookAsync(null, CancellationToken.None)).Should().Be(2);
    }

    private static bool Has(Found pair, HeaderLine line) => pair.Header.Headers.Any(h => h.Text.Span.SequenceEqual(line.Text.Span));

    private static async Task<VerbRow> Verb(EngineRig rig, VerbRow asked)
    {
        var row = rig.Ledger.Verbs.Add([asked])[0];
        await rig.Engine.WorkVerbsAsync(new HashSet<long> { row.Number }, CancellationToken.None);
        return rig.Ledger.Verbs.Find([row])[0]!;
    }
}
