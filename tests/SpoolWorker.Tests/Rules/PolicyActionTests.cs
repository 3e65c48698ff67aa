using SpoolWorker.Passes;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Tests.Rules;

/// <summary>The words of every policy setting, and what comes of them.</summary>
public sealed class PolicyActionTests
{
    private static readonly Diagnosis Told = new() { Status = StatusDetail.Refused };

    [Theory]
    [InlineData(PolicyAction.Accept, DispositionKind.Continue, false)]
    [InlineData(PolicyAction.Tag, DispositionKind.Continue, false)]
    [InlineData(PolicyAction.Hold, DispositionKind.Hold, false)]
    [InlineData(PolicyAction.Bounce, DispositionKind.Bounce, true)]
    [InlineData(PolicyAction.Discard, DispositionKind.Discard, false)]
    [InlineData(PolicyAction.Defer, DispositionKind.Defer, true)]
    public void The_sender_is_told_only_of_what_comes_back_to_him(PolicyAction action, DispositionKind kind, bool isTold)
    {
        var disposition = action.ToDisposition("why", Told);
        disposition.Kind.Should().Be(kind);
        (disposition.Diagnosis.Status == StatusDetail.Refused).Should().Be(isTold);
        if (kind != DispositionKind.Continue) disposition.Reason.Should().Be("why");
    }

    [Fact]
    public void Every_word_has_an_action() =>
        Enum.GetValues<PolicyAction>().Should().OnlyContain(action => Enum.IsDefined(action.ToDisposition("why", null).Kind));
}
