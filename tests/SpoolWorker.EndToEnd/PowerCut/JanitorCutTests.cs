using System.Text;
using SpoolWorker.EndToEnd.Kill;

namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>The janitor ends between the moves of one message's files, and the power is cut: both halves are somewhere, whole, and the next run tells of what is left.</summary>
[Collection(KillSuite.Name)]
public class JanitorCutTests
{
    private const int Later = 75;

    private static readonly DateTime Old = DateTime.UtcNow.AddDays(-60);

    // The rename that fails: of -D, then of -H; none: it comes to its end.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(null)]
    public void What_is_moved_in_part_survives_a_cut(int? failing)
    {
        using var disk = new CutDisk();
        using var rig = new KillRig(root: disk.Path);
        var mail = Frozen(rig.Intake);
        var today = $"{rig.Intake}/lost+found/{DateTime.UtcNow:yyyy-MM-dd}";
        // The directories are there, so that all renames are those of the message.
        Directory.CreateDirectory(today);
        disk.Settle();
        string[] fault = failing is { } at ? ["-e", "trace=renameat2", "-e", $"inject=renameat2:error=EIO:when={at}"] : [];

        Move(rig, fault).Should().Be(failing is null ? 0 : Later, "the log:\n{0}", rig.Log);
        disk.Cut();

        foreach (var (name, bytes) in new[] { (mail.Id.BodyName, mail.DataFile), (mail.Id.HeaderName, mail.Header) })
            new[] { $"{rig.Intake}/{name}", $"{today}/{name}" }.Where(File.Exists).Should().ContainSingle().Which.Should().Match(path => File.ReadAllBytes(path).SequenceEqual(bytes));
        if (!File.Exists($"{rig.Intake}/{mail.Id.BodyName}") && File.Exists($"{rig.Intake}/{mail.Id.HeaderName}")) Move(rig).Should().Be(1, "a -H without its -D is told:\n{0}", rig.Log);
        else Move(rig).Should().Be(0);
    }

    [Fact]
    public void The_header_goes_when_the_body_is_durable_in_its_new_place()
    {
        using var rig = new KillRig();
        var mail = Frozen(rig.Intake);

        Move(rig, "-e", "trace=renameat2,fsync").Should().Be(0, "the log:\n{0}", rig.Log);

        var calls = File.ReadLines(rig.At("strace.log")).Where(l => l.Contains(mail.Id.ToString(), StringComparison.Ordinal) || l.Contains("fsync(", StringComparison.Ordinal)).ToList();
        var (body, header) = (calls.FindIndex(l => l.Contains(mail.Id.BodyName, StringComparison.Ordinal)), calls.FindIndex(l => l.Contains($"\"{mail.Id.HeaderName}\"", StringComparison.Ordinal)));
        body.Should().BeGreaterThanOrEqualTo(0);
        header.Should().BeGreaterThan(body);
        Synced(calls[body..header], rig).Should().Equal("lost+found", "intake");
        Synced(calls[header..], rig).Take(2).Should().Equal("lost+found", "intake");
    }

    private static IEnumerable<string> Synced(IEnumerable<string> calls, KillRig rig) =>
        calls.Where(l => l.Contains("fsync(", StringComparison.Ordinal) && l.Contains($"<{rig.Intake}", StringComparison.Ordinal)).Select(l => l.Contains("/lost+found/", StringComparison.Ordinal) ? "lost+found" : "intake");

    private static int Move(KillRig rig, params string[] strace) => rig.Verb(["job", "run", "janitor", "--fix", "frozen", "--Janitor:On=true"], null, strace);

    private static KillMail Frozen(string intake)
    {
        var mail = KillMail.Make(1, longId: false);
        var since = new DateTimeOffset(Old).ToUnixTimeSeconds();
        mail = mail with { Header = Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(mail.Header).Replace("-deliver_firsttime\n", $"-deliver_firsttime\n-frozen {since}\n", StringComparison.Ordinal)) };
        foreach (var (name, bytes) in new[] { (mail.Id.BodyName, mail.DataFile), (mail.Id.HeaderName, mail.Header) })
        {
            File.WriteAllBytes($"{intake}/{name}", bytes);
            File.SetLastWriteTimeUtc($"{intake}/{name}", Old);
        }
        return mail;
    }
}
