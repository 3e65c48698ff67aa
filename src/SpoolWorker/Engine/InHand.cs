// Says, across a crash, which messages were being judged when the process died: a message whose content kills the worker
// must not do so for ever. One slot a worker in a small file; a slot is written before the passes start and cleared when
// they are done. Not synced: it has to outlive the process, not the machine, and a stale slot after a power cut only
// counts one failure too many.
using System.Text;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Slots of messages in the hands of the workers.</summary>
internal sealed class InHand : IDisposable
{
    private const int SlotBytes = 4096 + 64;
    private static readonly byte[] Empty = new byte[SlotBytes];
    private readonly SafeFileHandle _file;
    private readonly string _path;

    public InHand(string ledgerPath, int slots)
    {
        _path = Path.Combine(ledgerPath, "in-hand");
        _file = Posix.Open(_path, Posix.O_RDWR | Posix.O_CREAT, 0b110_100_000);
        Left = ReadAll();
        // Cleared and allocated now, so that a full disk cannot stop the writing later.
        for (var i = 0; i < Math.Max(slots, RandomAccess.GetLength(_file) / SlotBytes); i++) Leave(i);
    }

    /// <summary>(intake, id) found at opening: the process before this one died on them.</summary>
    public IReadOnlyList<(string Intake, MessageId Id)> Left { get; }

    public void Enter(int slot, MessageKey key)
    {
        var bytes = new byte[SlotBytes];
        Encoding.UTF8.GetBytes($"{key.Id} {key.Intake.Path}\n", bytes);
        RandomAccess.Write(_file, bytes, (long)slot * SlotBytes);
    }

    public void Leave(int slot) => RandomAccess.Write(_file, Empty, (long)slot * SlotBytes);

    public void Dispose() => _file.Dispose();

    private List<(string, MessageId)> ReadAll()
    {
        var found = new List<(string, MessageId)>();
        var bytes = new byte[SlotBytes];
        for (long at = 0; RandomAccess.Read(_file, bytes, at) > 0; at += SlotBytes)
        {
            var end = bytes.AsSpan().IndexOf((byte)'\n');
            if (end < 0) continue;
            var parts = Encoding.UTF8.GetString(bytes, 0, end).Split(' ', 2);
            if (parts.Length == 2 && MessageId.TryParse(parts[0].AsSpan(), out var id)) found.Add((parts[1], id));
        }
        return found;
    }
}
