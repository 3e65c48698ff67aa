// What is put aside in corrupt/ is what a move leaves, also where it has to be copied to another file system: each file its own owner and
// mode, what the worker adds the directory's owner, and the directory as it was. Needs root for owners and the file system; without
// it modes are compared on one file system.
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Lookup;

namespace SpoolWorker.Tests.Commands;

public sealed class CorruptCopyTests : IDisposable
{
    // Nobody's on Debian: neither root, nor the directory's.
    private const uint Writer = 12345;
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_is_put_aside_has_the_owner_and_the_mode_that_a_move_leaves(bool elsewhere)
    {
        if (elsewhere && !_play.TryMount(_play.Corrupt, "1M")) return;
        var id = PairFactory.ShortId(1);
        foreach (var (suffix, text, mode) in new[] { ("H", "broken\n\n", "600"), ("D", $"{id}-D\nbody\n", "640"), ("J", "a@r.example\n", "604") })
        {
            File.WriteAllText($"{_play.Intake}/{id}-{suffix}", suffix == "H" ? $"{id}-H\n{text}" : text);
            Give($"{_play.Intake}/{id}-{suffix}", Writer, mode);
        }
        Give(_play.Corrupt, Playground.Nobody, "710");

        _play.Run(["run", "--once", .. _play.Settings]).ExitCode.Should().Be(0);

        Directory.GetFiles(_play.Intake).Should().BeEmpty();
        string[] expected = [$"{id}-D {Owner(Writer)} 640", $"{id}-H {Owner(Writer)} 600", $"{id}-J {Owner(Writer)} 604", $"{id}.reason {Owner(Playground.Nobody)} 640"];
        Directory.GetFiles(_play.Corrupt).Select(Told).Order(StringComparer.Ordinal).Should().Equal(expected);
        Told(_play.Corrupt).Should().Be($"corrupt {Owner(Playground.Nobody)} 710");
    }

    private static string Told(string path)
    {
        Posix.TryStatus(path, out var status).Should().Be(0);
        return $"{Path.GetFileName(path)} {status.Uid}:{status.Gid} {Convert.ToString(status.Permissions, 8)}";
    }

    private static string Owner(uint user)
    {
        var number = Posix.EffectiveUser == 0 ? user : Posix.EffectiveUser;
        return $"{number}:{number}";
    }

    private static void Give(string path, uint user, string mode)
    {
        if (Posix.EffectiveUser == 0) TableDirectory.Run("chown", "", $"{user}:{user}", path).ExitCode.Should().Be(0);
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32(mode, 8));
    }
}
