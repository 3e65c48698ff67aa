using System.Text;
using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Engine;

/// <summary>A pass that puts another body in place of the one that came: later passes see it, -D is new, -H counts it.</summary>
public class ReplacedBodyTests
{
    [Theory]
    [InlineData(false, "one\ntwo\0\nthree\n", "3", "1")]
    [InlineData(true, "one\r\ntwo\r\n", null, null)]
    public async Task It_is_requeued_with_right_counts(bool wire, string text, string? lines, string? zeros)
    {
        await using var rig = new EngineRig();
        var seen = "";
        rig.With(new TestPass("change", _ => new PassResult { Body = new MemoryBody(Encoding.Latin1.GetBytes(text), wire) }));
        rig.With(new TestPass("read", context =>
        {
            using var body = new StreamReader(context.Body.OpenRead(), Encoding.Latin1);
            seen = body.ReadToEnd();
            return PassResult.Continue;
        }));
        var pair = new PairFactory { Body = "old\r\n"u8.ToArray(), WireFormat = wire }.In(rig.Intake);

        await rig.DrainAsync();

        var found = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        found.Id.ToString().Should().Be(pair.Id);
        Encoding.Latin1.GetString(found.Body).Should().Be(text);
        Value("body_linecount").Should().Be(lines);
        Value("body_zerocount").Should().Be(zeros);
        found.Header.IsWireFormat.Should().Be(wire);
        seen.Should().Be(text);
        EngineRig.Names(rig.Intake).Should().BeEmpty();

        string? Value(string name) => found.Header.Find(name) is { } variable ? Encoding.Latin1.GetString(variable.Value.Span) : null;
    }

    [Fact]
    public async Task It_may_have_the_other_form()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("change", _ => new PassResult { Body = new MemoryBody("a\nb\n"u8.ToArray(), isWire: false) }));
        new PairFactory { Body = "old\r\n"u8.ToArray(), WireFormat = true }.In(rig.Intake);

        await rig.DrainAsync();

        var found = EngineRig.Pairs(rig.Target).Should().ContainSingle().Subject;
        found.Header.IsWireFormat.Should().BeFalse();
        found.Header.BodyLineCount.Should().Be(2);
        found.Body.Should().Equal("a\nb\n"u8.ToArray());
    }

    [Fact]
    public async Task Held_mail_keeps_it_and_deferred_mail_does_not()
    {
        await using var rig = new EngineRig();
        rig.With(new TestPass("change", _ => new PassResult { Body = new MemoryBody("new\n"u8.ToArray(), isWire: false) }));
        rig.With(TestPass.PerRecipient("judge", r => r[0] == 'h' ? Disposition.Hold("smells") : Disposition.Defer("not now")));
        var pair = new PairFactory { Recipients = ["h@r.example", "d@r.example"] }.In(rig.Intake);

        await rig.DrainAsync();

        EngineRig.Pairs(rig.Held).Should().ContainSingle().Which.Body.Should().Equal("new\n"u8.ToArray());
        File.ReadAllBytes($"{rig.Intake}/{pair.BodyName}").Should().Equal(pair.DataFile, "the incoming pair is never changed");
    }
}
