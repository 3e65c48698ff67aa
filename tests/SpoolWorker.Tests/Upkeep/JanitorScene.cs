using System.Text;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Spool;
using SpoolWorker.Upkeep;
using SpoolWorker.Upkeep.Janitor;

namespace SpoolWorker.Tests.Upkeep;

/// <summary>Two Exims' spools, our own places, real pairs in them that are whole and weeks old, and the job.</summary>
internal sealed class JanitorScene : IDisposable
{
    public static readonly TimeSpan Day = TimeSpan.FromDays(1);

    // Nobody's number.
    private const uint EximUser = 54321;

    private readonly TempDirectory _root = new();

    public JanitorScene(bool withMail = true)
    {
        foreach (var path in new[] { Intake, Target, Held, Corrupt, Logs(Intake), Logs(Target) }) Directory.CreateDirectory(path);
        Settings = new Settings
        {
            Intakes = [new IntakeOptions { Path = Intake, Kind = IntakeKind.NamedQueue }],
            Target = { Path = Target, EximVersion = "4.99" },
            Held = { Path = Held },
            Corrupt = { Path = Corrupt },
            Ledger = { Path = _root.At("ledger") },
        };
        // Frozen ones are a kind of their own.
        foreach (var sample in withMail ? Samples.Folders("valid").Where(f => !f.Contains("frozen")) : [])
        {
            Put(sample, Target);
            Put(sample, Intake);
            File.WriteAllText($"{Logs(Target)}/{IdOf(sample)}", "2026-11-23 12:00:00 Received from a@sender.example\n");
        }
        MakeOld(_root);
        Mail = Files();
    }

    public FakeClock Clock { get; } = new();

    public Settings Settings { get; }

    public JanitorOptions Options { get; } = new();

    public string Intake => $"{_root}/front/scan/input";

    public string Target => $"{_root}/back/input";

    public string Held => $"{_root}/held";

    public string Corrupt => $"{_root}/corrupt";

    /// <summary>All that lay there at first.</summary>
    public IReadOnlyDictionary<string, string> Mail { get; private set; }

    public static string Logs(string input) => $"{Path.GetDirectoryName(input)}/msglog";

    public static string IdOf(string sample) => Samples.HeaderFile(sample).Id.ToString();

    /// <summary>Puts a real pair there, under another id where one is given.</summary>
    public void Put(string sample, string directory, string files = "HD", string? id = null)
    {
        var own = IdOf(sample);
        Directory.CreateDirectory(directory);
        foreach (var suffix in files)
        {
            var text = Encoding.Latin1.GetString(File.ReadAllBytes($"{Samples.Root}/valid/{sample}/{own}-{suffix}"));
            File.WriteAllBytes($"{directory}/{id ?? own}-{suffix}", Encoding.Latin1.GetBytes(text.Replace(own, id ?? own)));
        }
        MakeOld(directory);
    }

    /// <summary>All files bear a date some days ago; and all is an Exim's, where root runs the test.</summary>
    public void MakeOld(string directory, double days = 60)
    {
        foreach (var file in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories)) Date(file, -days);
        if (Posix.EffectiveUser != 0) return;
        foreach (var path in Directory.EnumerateFileSystemEntries(directory, "*", SearchOption.AllDirectories).Append(directory)) Give(path);
    }

    public void Date(string file, double days)
    {
        // Of the link itself, where it is one.
        if (new FileInfo(file).LinkTarget is null) File.SetLastWriteTimeUtc(file, (Clock.GetUtcNow() + days * Day).UtcDateTime);
    }

    public void Write(string path, string text, double days = 60)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, text);
        Date(path, -days);
        Give(Path.GetDirectoryName(path)!);
        Give(path);
    }

    /// <summary>Every file with its content, by its path below the root.</summary>
    public Dictionary<string, string> Files() => Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories)
        .Where(f => new FileInfo(f) is { LinkTarget: null } info && (info.UnixFileMode & UnixFileMode.UserRead) != 0)
        .ToDictionary(f => Path.GetRelativePath(_root, f), f => Convert.ToHexString(System.Security.Cryptography.SHA256.HashData(File.ReadAllBytes(f))));

    public string At(string name) => _root.At(name);

    public JanitorJob Job(string? fix = null, TimeSpan between = default) => new(Options, new JobSurroundings(Settings, Clock) { Fix = fix }) { BetweenLooks = between };

    public IReadOnlyList<JobFinding> Run(string? fix = null, bool isDry = false) => Job(fix).RunAsync(isDry, default).GetAwaiter().GetResult();

    /// <summary>What it tells but what is good.</summary>
    public IReadOnlyList<JobFinding> Bad(string? fix = null, bool isDry = false) => [.. Run(fix, isDry).Where(f => f.Kind != JobFinding.Good)];

    /// <summary>Takes Exim's lock on a -D, as an Exim or a worker would.</summary>
    public static IDisposable Lock(string path)
    {
        var handle = Posix.Open(path, Posix.O_RDWR);
        MessageId.TryParseFileName(Path.GetFileName(path), 'D', out var id).Should().BeTrue();
        Posix.TryLock(handle, id.BodyOffset, path).Should().BeTrue();
        return handle;
    }

    public void Dispose() => _root.Dispose();

    private static void Give(string path)
    {
        if (Posix.EffectiveUser != 0 || new FileInfo(path).LinkTarget is not null) return;
        using var handle = Posix.Open(path, Posix.O_RDONLY);
        Posix.SetOwner(handle, EximUser, EximUser, path);
    }
}
