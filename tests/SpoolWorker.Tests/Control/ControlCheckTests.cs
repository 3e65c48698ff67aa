using SpoolWorker.Operations.Checks;
using SpoolWorker.Options;

namespace SpoolWorker.Tests.Control;

/// <summary>What check-config says of the door.</summary>
public sealed class ControlCheckTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_socket_that_cannot_be_had_is_an_error_only_where_it_was_asked_for()
    {
        Of(Path.Combine(_folder, "s")).Should().Be((Severity.Ok, Path.Combine(_folder, "s")));
        Of(Path.Combine(_folder, "not-there/s")).Should().Match<(Severity Severity, string Text)>(f => f.Severity == Severity.Error && f.Text.Contains("is not there"));
        Of(ControlOptions.UsualSocket).Severity.Should().Be(Severity.Ok);
        ControlChecks.All(new Settings { Control = new ControlOptions { Socket = "" } }).Should().BeEmpty();
    }

    private static (Severity Severity, string Text) Of(string socket)
    {
        var finding = ControlChecks.All(new Settings { Control = new ControlOptions { Socket = socket } }).Single(f => f.Subject == "Control:Socket");
        return (finding.Severity, finding.Text);
    }
}
