using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Engine;

/// <summary>What passes decide, for whole messages and for single recipients, and that it happens once.</summary>
public class DispositionTests
{
    [Fact]
    public async Task Requeued_without_passes_it_keeps_every_byte()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory { Body = [.. Enumerable.Range(0, 256).Select(i => (byte)i), (byte)'\n', (byte)'.', (byte)'\r', (byte)'\n'] }.In(rig.Intake);

        await rig.DrainAsync();

        var found = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        found.HeaderBytes.Should().Equal(pair.HeaderFile);
        found.Body.Should().Equal(pair.Body);
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        rig.Log.Count($"{pair.Id} requeued: 1 recipient; from <alice@sender.example>, 1 rcpt, ").Should().Be(1, rig.Log.All);
        rig.Log.Count($" bytes, id {pair.Id}, ").Should().Be(1);
    }

    [Theory]
    [InlineData(DispositionKind.Hold, "held")]
    [InlineData(DispositionKind.Bounce, "to be bounced; held")]
    public async Task Held_messages_lie_in_held_with_their_reason(DispositionKind kind, string word)
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("judge", _ => PassResult.For(new Disposition(kind, "smells"))));
        var pair = new PairFactory().In(rig.Intake);

        await rig.DrainAsync();

        var found = EngineRig.Pairs(rig.Held).Should().ContainSingle().Subject;
        found.HeaderBytes.Should().Equal(pair.HeaderFile);
        found.Body.Should().Equal(pair.Body);
        File.ReadAllText($"{rig.Held}/{pair.Id}.reason").Should().Contain("bob@r.example").And.Contain("judge: smells");
        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        rig.Log.All.Should().Contain(word);
    }

    [Fact]
    public async Task Discarded_messages_are_gone_and_logged()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Discard("trap"))));
        var pair = new PairFactory().In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        EngineRig.Pairs(rig.Held).Should().BeEmpty();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
        rig.Log.Count($"{pair.Id} discarded: trap").Should().Be(1);
    }

    [Fact]
    public async Task Recipients_that_fare_differently_are_each_served_once()
    {
        await using var rig = new EngineRig();
        var later = false;
        rig.With(TestPass.PerRecipient("judge", r => r[0] switch
        {
            'a' => Disposition.Continue,
            'b' => Disposition.Hold("smells"),
            'c' => later ? Disposition.Continue : Disposition.Defer("not now"),
            _ => Disposition.Discard("trap"),
        }));
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example", "c@r.example", "d@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();

        var first = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        first.Id.ToString().Should().Be(pair.Id);
        first.Pending.Should().Equal("a@r.example");
        first.Header.Recipients.Should().HaveCount(4, "no index in the list moves");
        first.Header.NonRecipients.Count.Should().Be(3);
        EngineRig.Pairs(rig.Held).Should().ContainSingle().Which.Pending.Should().Equal("b@r.example");
        EngineRig.Pairs(rig.Intake).Should().ContainSingle().Which.HeaderBytes.Should().Equal(pair.HeaderFile, "what waits is left as it is");
        rig.Log.All.Should().Contain("requeued+held+discarded+deferred");

        // a restart and the time for the next try; the target still holds the id
        later = true;
        await rig.RestartAsync();
        await rig.DrainAsync();
        EngineRig.Pairs(rig.Target).Should().ContainSingle("it is not time yet");
        rig.Clock.Advance(TimeSpan.FromMinutes(2));
        await rig.DrainAsync();

        var both = EngineRig.Pairs(rig.Target);
        both.Should().HaveCount(2);
        var second = both.Single(p => p.Id != first.Id);
        second.Pending.Should().Equal("c@r.example");
        second.Body.Should().Equal(pair.Body);
        second.Id.Length.Should().Be(16, "an Exim 4.96 sees no other");
        EngineRig.Pairs(rig.Held).Should().ContainSingle();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task Edits_are_seen_by_later_passes_and_written()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("first", context => new PassResult
        {
            Headers = [new HeaderEdit.AddOnTop(HeaderLine.Create("Authentication-Results: mx; none\n")), new HeaderEdit.Delete(context.Message.Headers[1])],
            Envelope =
            [
                new EnvelopeEdit.SetSender("srs@here.example"u8.ToArray()),
                new EnvelopeEdit.SetErrorsTo("b@r.example"u8.ToArray(), "errors@here.example"u8.ToArray()),
                new EnvelopeEdit.ReplaceRecipient("a@r.example"u8.ToArray(), "z@r.example"u8.ToArray()),
            ],
            Results = new Dictionary<string, string> { ["spf_result"] = "none" },
        }));
        PassContext? seen = null;
        rig.With(new TestPass("second", context =>
        {
            seen = context;
            return new PassResult { Headers = [new HeaderEdit.AddAtEnd(HeaderLine.Create("X-Second: yes\n"))] };
        }));
        new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();

        TestPass.Text(seen!.Message.Sender).Should().Be("srs@here.example");
        seen.Recipients.Select(r => TestPass.Text(r.Address)).Should().Equal("z@r.example", "b@r.example");
        seen.Results["spf_result"].Should().Be("none");
        seen.Message.Headers[0].Is("Authentication-Results"u8).Should().BeTrue();
        var found = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        found.Pending.Should().Equal("z@r.example", "b@r.example");
        TestPass.Text(found.Header.Recipients[1].ErrorsTo).Should().Be("errors@here.example");
        found.Header.Recipients[0].ErrorsTo.IsEmpty.Should().BeTrue("the others keep their sender");
        found.Header.Headers.Count(h => h.IsDeleted).Should().Be(1);
        found.Header.Headers[^1].Is("X-Second"u8).Should().BeTrue();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task Replaced_by_an_address_that_was_served_before_nobody_is_served_twice()
    {
        await using var rig = new EngineRig();
        var later = false;
        rig.With(new TestPass("judge", context => new PassResult
        {
            Recipients = [.. context.Recipients.Select(r => (r.Address, TestPass.Text(r.Address)[0] == 'a' || later ? Disposition.Continue : Disposition.Defer("wait")))],
            Envelope = later ? [new EnvelopeEdit.ReplaceRecipient("b@r.example"u8.ToArray(), "a@r.example"u8.ToArray())] : [],
        }));
        new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();
        rig.EximDelivers().Should().Equal("a@r.example");
        later = true;
        rig.Clock.Advance(TimeSpan.FromMinutes(2));
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).SelectMany(p => p.Pending).Should().NotContain("a@r.example", "it got the message");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task All_recipients_done_in_the_file_or_the_journal_it_is_removed()
    {
        await using var rig = new EngineRig();
        var byFile = new PairFactory { Id = PairFactory.ShortId(1), NonRecipients = "NN bob@r.example\n" }.In(rig.Intake);
        var byJournal = new PairFactory { Id = PairFactory.ShortId(2) }.In(rig.Intake);
        File.WriteAllText($"{rig.Intake}/{byJournal.Id}-J", "bob@r.example\n");

        await rig.DrainAsync();

        EngineRig.Names(rig.Intake).Should().BeEmpty();
        EngineRig.Pairs(rig.Target).Should().BeEmpty();
        rig.Log.Count("removed: all recipients were delivered before; from <alice@sender.example>, 1 rcpt, ").Should().Be(2);
        _ = byFile;
    }

    [Fact]
    public async Task The_journal_is_honoured()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory { Recipients = ["a@r.example", "b@r.example"] }.In(rig.Intake);
        File.WriteAllText($"{rig.Intake}/{pair.Id}-J", "a@r.example\nb@r.exam");

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Pending.Should().Equal("b@r.example");
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_frozen_message_is_left_and_counted_until_TakeFrozen_thaws_it()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory { Options = "-frozen 1795446710\n" }.In(rig.Intake);

        await rig.DrainAsync();
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Intake).Should().ContainSingle().Which.HeaderBytes.Should().Equal(pair.HeaderFile);
        rig.Engine.Waiting.Frozen.Should().Be(1);
        rig.Log.Count("left: frozen").Should().Be(1);

        rig.Settings.Engine.TakeFrozen = true;
        await rig.RestartAsync();
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle().Which.Header.IsFrozen.Should().BeFalse();
        EngineRig.Names(rig.Intake).Should().BeEmpty();
    }

    [Fact]
    public async Task A_message_that_Exim_thaws_is_taken_without_a_restart()
    {
        await using var rig = new EngineRig();
        var pair = new PairFactory { Options = "-frozen 1795446710\n" }.In(rig.Intake);
        await rig.DrainAsync();

        File.WriteAllBytes($"{rig.Intake}/hdr", (pair with { Options = "" }).HeaderFile);
        File.Move($"{rig.Intake}/hdr", $"{rig.Intake}/{pair.HeaderName}", overwrite: true);
        await rig.DrainAsync();

        EngineRig.Pairs(rig.Target).Should().ContainSingle();
    }
}
