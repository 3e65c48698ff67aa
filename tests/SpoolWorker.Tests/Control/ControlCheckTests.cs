using SpoolWorker.Operations.Checks;
using SpoolWorker.Options;
using SpoolWorker.Spool;
using SpoolWorker.Testing;

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

    [Fact]
    public void A_socket_of_another_users_worker_in_a_directory_of_its_own_can_be_had()
    {
        // Of whoever is not root, so that root's own look at the directory finds fault with it.
        const uint Other = 65534;
        if (Posix.EffectiveUser != 0) return;
        var folder = Directory.CreateDirectory("/run/spoolworker-check-test").FullName;
        try
        {
            var socket = Path.Combine(folder, "s");
            File.WriteAllText(socket, "");
            Of(socket).Severity.Should().Be(Severity.Ok);
            _ = new ProgramCall("chown", $"{Other}", folder, socket).Run().Good;
            Of(socket).Should().Match<(Severity Severity, string Text)>(f => f.Severity == Severity.Ok && f.Text.Contains($"{socket}, of the worker of "));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static (Severity Severity, string Text) Of(string socket)
    {
        var finding = ControlChecks.All(new Settings { Control = new ControlOptions { Socket = socket } }).Single(f => f.Subject == "Control:Socket");
        return (finding.Severity, finding.Text);
    }
}
