// Puts a disk of a model in the place of the real one. The worker tells directories by inode and time of creation, so directories
// are moved aside and back and never made anew. Files are new ones; where the ledger remembers which -H was judged, by what it
// was, it is told what that file is now: on the disk of a power cut it would be the same one.
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>Makes real directories what a model says.</summary>
internal sealed class DiskReplay : IDisposable
{
    private const int Mode = 0b110_100_000;
    private readonly string _root, _aside;
    private readonly DiskState _start;
    private readonly Dictionary<int, string> _folders = [];
    private readonly Dictionary<(ulong Inode, long Born), int> _numbers = [];
    private readonly Dictionary<int, (string Folder, MessageId Id, string Identity)> _judged = [];

    /// <param name="root">The directory that is recorded. Before the recording begins.</param>
    /// <param name="start">What is in it.</param>
    public DiskReplay(string root, DiskState start)
    {
        (_root, _start) = (root, start);
        _aside = Directory.CreateDirectory($"{root}-aside").FullName;
        foreach (var (path, inode) in start.Walk())
        {
            if (!MessageId.TryParseFileName(Path.GetFileName(path.AsSpan()), 'H', out var id) || !path.StartsWith("/intake", StringComparison.Ordinal) && !path.StartsWith("/held", StringComparison.Ordinal)) continue;
            _judged[inode] = (Top(path), id, Identity(path));
        }
    }

    /// <summary>After the recording: the disk is as the recorder has it, and where its directories are is noted.</summary>
    public void Begin(DiskState end)
    {
        var all = end.Walk().ToList();
        var real = Directory.GetFileSystemEntries(_root, "*", SearchOption.AllDirectories).Select(f => f[_root.Length..]).Where(f => !IsOurs(f)).ToList();
        all.Select(f => f.Path).Where(f => !IsOurs(f)).Should().BeEquivalentTo(real, "the recording is to tell what the disk is");
        foreach (var (path, inode) in all)
        {
            if (end.Folders.Contains(inode)) Know(inode, _root + path);
            else if (!IsOurs(path)) File.ReadAllBytes(_root + path).Should().Equal(end.Contents.GetValueOrDefault(inode, []), "so is {0}", path);
        }
    }

    public void Put(DiskState disk, LedgerOptions ledger)
    {
        Clear();
        var files = new Dictionary<int, string>();
        foreach (var (path, inode) in disk.Walk())
        {
            var to = _root + path;
            if (disk.Folders.Contains(inode))
            {
                if (_folders.TryGetValue(inode, out var aside)) Directory.Move(aside, to);
                // Gone before the recording ended, or in a life since: no record can speak of it.
                else Directory.CreateDirectory(to);
                Know(inode, to);
            }
            else if (files.TryGetValue(inode, out var other)) Posix.TryLink(other, to).Should().Be(0);
            else
            {
                File.WriteAllBytes(to, disk.Contents.GetValueOrDefault(inode, []));
                File.SetUnixFileMode(to, (UnixFileMode)Mode);
                files[inode] = to;
            }
        }
        if (MessageLedger.Exists(ledger)) TellIdentities(disk, ledger);
    }

    public void Dispose() => Directory.Delete(_aside, recursive: true);

    // The deepest first, each out of the one it is in. Known by what they are: the worker may have renamed or removed some since.
    private void Clear()
    {
        foreach (var file in Directory.GetFiles(_root, "*", SearchOption.AllDirectories).Where(f => !IsRigs(f[_root.Length..]))) File.Delete(file);
        _folders.Clear();
        foreach (var path in Directory.GetDirectories(_root, "*", SearchOption.AllDirectories).OrderByDescending(f => f.Length))
        {
            if (_numbers.TryGetValue(FolderAt(path), out var inode)) Directory.Move(path, _folders[inode] = $"{_aside}/{inode}");
            // What the worker made after another cut.
            else Directory.Delete(path);
        }
        // A disk may be without some of them.
        foreach (var path in Directory.GetDirectories(_aside)) _folders[int.Parse(Path.GetFileName(path.AsSpan()), System.Globalization.CultureInfo.InvariantCulture)] = path;
    }

    private void Know(int inode, string path)
    {
        _folders[inode] = path;
        _numbers[FolderAt(path)] = inode;
    }

    private static (ulong Inode, long Born) FolderAt(string path)
    {
        Posix.TryStatus(path, out var status).Should().Be(0);
        return (status.Inode, status.Born);
    }

    private void TellIdentities(DiskState disk, LedgerOptions options)
    {
        using var ledger = MessageLedger.Open(options);
        foreach (var (path, inode) in disk.Walk())
        {
            if (!_judged.TryGetValue(inode, out var was) || was.Id.HeaderName != Path.GetFileName(path) || Top(path) != was.Folder) continue;
            var entry = ledger.Find($"{_root}{was.Folder}", was.Id);
            if (entry?.Judged == was.Identity) ledger.Commit([entry with { Judged = Identity(path) }], []);
        }
    }

    // The intake, not its subdirectories.
    private static string Top(string path) => path.StartsWith("/held", StringComparison.Ordinal) ? "/held" : "/intake/input";

    private string Identity(string path)
    {
        Posix.TryStatus(_root + path, out var status).Should().Be(0);
        return ReturnedPair.Identity(status);
    }

    // LMDB's lock is written through a map, and means nothing to who opens it alone.
    private static bool IsOurs(string path) => IsRigs(path) || path.EndsWith("-lock", StringComparison.Ordinal);

    private static bool IsRigs(string path) => path.LastIndexOf('/') == 0 && Path.HasExtension(path);
}
