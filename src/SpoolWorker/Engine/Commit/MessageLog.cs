// Exim writes msglog/<id> beside a message's input/ when it receives it and removes it when it has delivered. From a queue
// that we empty Exim never delivers, so without this every message would leave a file behind (seen on 4.96). What is in
// it is in the main log too.
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Commit;

/// <summary>The message log of an incoming message.</summary>
internal static class MessageLog
{
    /// <summary>Removes it, wherever split_spool_directory put it. Failing does no harm: it is only litter.</summary>
    public static void Remove(MessageKey key)
    {
        if (key.Intake.MessageLogs is not { } logs || logs.TryOpen(out var opened) != 0) return;
        using var top = opened;
        if (top!.TryUnlink(key.Id.ToString()) == 0) return;
        try
        {
            using var folder = logs.OpenFolder(top.PathOf(key.Id.Subdirectory.ToString()));
            folder?.TryUnlink(key.Id.ToString());
        }
        catch (PosixException)
        {
            // said above
        }
    }
}
