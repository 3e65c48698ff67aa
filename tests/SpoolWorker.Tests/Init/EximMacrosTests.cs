using System.Text;
using SpoolWorker.Operations.Exim;
using SpoolWorker.Operations.Init;

namespace SpoolWorker.Tests.Init;

/// <summary>What is added to an administrator's file leaves no trace when it is taken out.</summary>
public sealed class EximMacrosTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("A = b\n")]
    [InlineData("A = b")]
    [InlineData("A = b\n\n\n")]
    [InlineData("# spoolworker\nB\u00e4 = \u00fc\r\n")]
    public void A_file_is_byte_for_byte_what_it_was(string? text)
    {
        var file = text is null ? null : Encoding.Latin1.GetBytes(text);
        var with = EximMacros.Add(file, "scan");
        EximMacros.QueueIn(with).Should().Be("scan");
        Encoding.Latin1.GetString(with).Should().StartWith(text ?? "");
        EximMacros.Cut(with, out var rest).Should().BeTrue();
        (rest is null ? null : Encoding.Latin1.GetString(rest)).Should().Be(text);
        // What was written behind it meanwhile stays.
        EximMacros.Cut([.. with, .. "C = d\n"u8], out rest).Should().BeTrue();
        Encoding.Latin1.GetString(rest!).Should().Be((text is { Length: > 0 } && text[^1] != '\n' ? text + "\n" : text) + "C = d\n");
    }

    [Theory]
    [InlineData("")]
    [InlineData("A = b\n")]
    [InlineData("# BEGIN spoolworker\nA = b\n")]
    [InlineData("A = # BEGIN spoolworker\n# END spoolworker\n")]
    public void A_file_without_the_block_stays(string text)
    {
        EximMacros.Cut(Encoding.Latin1.GetBytes(text), out var rest).Should().BeFalse();
        Encoding.Latin1.GetString(rest!).Should().Be(text);
    }

    [Fact]
    public void What_stands_between_a_mark_without_its_other_and_the_block_is_not_the_blocks()
    {
        var broken = EximMacros.Add(null, "scan").AsSpan(..^"# END spoolworker\n".Length).ToArray();
        EximMacros.IsBroken(broken).Should().BeTrue();
        EximMacros.Cut(broken, out _).Should().BeFalse();
        byte[] mine = [.. broken, .. "MINE = 1\n"u8];
        var both = EximMacros.Add(mine, "scan");
        EximMacros.Cut(both, out var rest).Should().BeTrue();
        rest.Should().Equal(mine);
        EximMacros.IsBroken(both).Should().BeTrue();
        EximMacros.IsBroken([.. "# END spoolworker\n"u8, .. EximMacros.Add(null, "scan")]).Should().BeTrue();
        EximMacros.IsBroken(EximMacros.Add(null, "scan")).Should().BeFalse();
        EximMacros.IsBroken(EximMacros.Add([.. "A = b"u8], "scan")).Should().BeFalse();
        EximMacros.Block(EximMacros.Add([.. "A = b"u8], "scan")).Should().Be(EximMacros.Text("scan"));
    }

    [Theory]
    [InlineData("dc_use_split_config='true'", true)]
    [InlineData("dc_use_split_config=\"TRUE\" # yes", true)]
    [InlineData("dc_use_split_config=true\ndc_use_split_config='false'", false)]
    [InlineData("#dc_use_split_config='true'", false)]
    [InlineData("", false)]
    public void The_form_is_what_update_exim4_conf_takes(string answers, bool isSplit) => DebianExim.SplitOf(answers.Split('\n')).Should().Be(isSplit);
}
