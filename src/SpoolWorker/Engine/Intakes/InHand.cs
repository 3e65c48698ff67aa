// Says, across a crash, which messages were being judged when the process died: a message whose content kills the worker
// must not do so for ever. One slot a worker in a small file; a slot is written before the passes start and cleared when
// they are done. Not synced: it has to outlive the process, not the machine, and a stale slot after a power cut only
// counts one failure too many.
using System.Text;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Intakes;

/// <summary>Slots of messages in the hands of the workers.</summary>
internal sealed class InHand : IDisposable
{
    private const int SlotBytes = 4096 + 64;
    private readonly SafeFileHandle _file;
    private readonly string _path;

    public InHand(string ledgerPath, int slots)
    {
        _path = Path.Combine(ledgerPath, "in-hand");
        _file = Owned.OpenFile(_path, Posix.O_RDWR);
        Left = ReadAll();
        // Cleared and allocated now, so that a full disk cannot stop the writing later.
        var empty = new byte[SlotBytes];
        empty[0] = (byte)'\n';
        for (var i = 0; i < Math.Max(slots, RandomAccess.GetLength(_file) / SlotBytes); i++) Posix.Write(_file, empty, (long)i * SlotBytes, _path);
    }

    /// <summary>(intake, id) found at opening: the process before this one died on them.</summary>
    public IReadOnlyList<(string Intake, MessageId Id)> Left { get; }

    public void Enter(int slot, MessageKey key)
    {
        Posix.Write(_file, Encoding.UTF8.GetBytes($"{key.Id} {key.Intake.Path}\n"), (long)slot * SlotBytes, _path);
    }

    // An empty first line is an empty slot.
    public void Leave(int slot) => Posix.Write(_file, "\n"u8, (long)slot * SlotBytes, _path);

    public void Dispose() => _file.Dispose();

    private List<(string, MessageId)> ReadAll()
    {
        var found = new List<(string, MessageId)>();
        var bytes = new byte[SlotBytes];
        for (long at = 0; Posix.Read(_file, bytes, at, _path) > 0; at += SlotBytes)
        {
            var end = bytes.AsSpan().IndexOf((byte)'\n');
            if (end <= 0) continue;
            var parts = Encoding.UTF8.GetString(bytes, 0, end).Split(' ', 2);
            if (parts.Length == 2 && MessageId.TryParse(parts[0].AsSpan(), out var id)) found.Add((parts[1], id));
        }
        return found;
    }
}
