// Owner and mode of all that run, release, forget, table and keygen make, whatever the umask. Run by root in a directory of
// another user's, everything is that user's: a worker that runs as him must be able to go on with it.
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Lookup;

namespace SpoolWorker.Tests.Commands;

public sealed class OwnershipTests : IDisposable
{
    // nobody and nogroup on Debian; any number would do.
    private const int Other = 65534;
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    private string State => $"{_play.Path}/state";

    [Theory]
    [InlineData("000")]
    [InlineData("077")]
    public void All_that_is_made_has_its_owner_and_its_mode(string umask)
    {
        var isRoot = Posix.EffectiveUser == 0;
        Directory.CreateDirectory(State);
        foreach (var name in new[] { "intake/input", "spool/input" }) Directory.CreateDirectory($"{_play.Path}/{name}");
        if (isRoot) Run("chown", "-R", $"{Other}:{Other}", _play.Path).Should().Be(0);
        var held = new PairFactory { Id = PairFactory.ShortId(1), Sender = "hold@sender.example" }.In($"{_play.Path}/intake/input");
        new PairFactory { Id = PairFactory.ShortId(2) }.In($"{_play.Path}/intake/input");
        File.WriteAllText($"{_play.Path}/intake/input/{PairFactory.ShortId(3)}-H", $"{PairFactory.ShortId(3)}-H\nbroken\n\n");
        File.WriteAllText($"{_play.Path}/intake/input/{PairFactory.ShortId(3)}-D", $"{PairFactory.ShortId(3)}-D\n");
        // As Exim writes them; what is moved keeps its mode.
        foreach (var file in Directory.EnumerateFiles($"{_play.Path}/intake/input")) File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
        if (isRoot) Run("chown", "-R", $"{Other}:{Other}", $"{_play.Path}/intake").Should().Be(0);

        Worker(umask, "run", "--once").Should().Be(0);
        Directory.EnumerateFiles($"{State}/deep/held", "*-H").Should().ContainSingle();
        Worker(umask, "release", held.Id).Should().Be(0);
        Worker(umask, "forget", PairFactory.ShortId(9)).Should().Be(66);
        if (LmdbFactAttribute.Missing() is null) Table(umask, "table", "put", $"{State}/t.mdb", "a", "1").Should().Be(0);

        var found = Directory.EnumerateFileSystemEntries(State, "*", SearchOption.AllDirectories).Append(State)
            .ToDictionary(p => p[_play.Path.Length..], p => { Posix.TryStatus(p, out var status).Should().Be(0); return status; });
        foreach (var (path, status) in found.Where(f => f.Key != "/state")) Convert.ToString(status.Permissions, 8).Should().Be(ModeOf(path, status), path);
        found.Keys.Should().Contain(["/state/deep/ledger/ledger.mdb", "/state/deep/ledger/ledger.mdb-lock", "/state/deep/ledger/lock", "/state/deep/ledger/recovery", "/state/deep/ledger/in-hand",
            $"/state/deep/corrupt/{PairFactory.ShortId(3)}.reason"]);
        if (isRoot) found.Where(f => f.Value is not { Uid: Other, Gid: Other }).Select(f => f.Key).Should().BeEmpty("root leaves nothing that is root's");

        // A key is root's, or whoever's makes it: it is to be given away on purpose.
        Table(umask, "keygen", "--selector", "s", "--domain", "d.example", "--out", $"{_play.Path}/key").Should().Be(0);
        Posix.TryStatus($"{_play.Path}/key", out var key).Should().Be(0);
        (key.Permissions, key.Uid).Should().Be((Convert.ToUInt32("600", 8), Posix.EffectiveUser));
    }

    private static string ModeOf(string path, FileStatus status) => status.IsDirectory ? "750" : Path.GetFileName(path) switch
    {
        "lock" or "recovery" => "600",
        // Exim's user opens it for writing, even to read.
        "t.mdb-lock" => "660",
        _ => "640",
    };

    private int Worker(string umask, params string[] command) => Table(umask,
    [
        .. command, $"--Intakes:0:Path={_play.Path}/intake", "--Intakes:0:Kind=spool", $"--Target:Path={_play.Path}/spool", "--Target:Wake=none", "--Target:EximVersion=4.96",
        $"--Held:Path={State}/deep/held", $"--Corrupt:Path={State}/deep/corrupt", $"--Ledger:Path={State}/deep/ledger", "--Ledger:MapSize=16777216",
        "--Passes:0=rules", "--Rules:List:0:When=sender = 'hold@sender.example'", "--Rules:List:0:Then=hold", "--Rules:List:0:Reason=to be looked at",
    ]);

    private static int Table(string umask, params string[] command) =>
        Run("sh", ["-c", "umask $0; exec dotnet exec \"$@\"", umask, Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), .. command]);

    private static int Run(string program, params string[] arguments)
    {
        var (exitCode, output, error) = TableDirectory.Run(program, "", arguments);
        if (exitCode is not (0 or 66)) throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {output}{error}");
        return exitCode;
    }
}
