// What this machine's disk can do for one who requeues the same files with three syncs a message and nothing else: no
// parsing, no ledger, no lock, no recovery. Each thread takes the next pair: link (or copy) -D, write hdr.<id>, sync it,
// append a line to a log and sync that, rename, sync the directory, remove the incoming pair.
using System.CommandLine;
using System.Diagnostics;
using System.Text;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks;

/// <summary>The bare control loop.</summary>
internal static class ControlRun
{
    public const string Name = "control-run";
    private const int Mode = 0b110_100_000;

    public static Command Create()
    {
        var directory = new Argument<string>("directory");
        var threads = new Option<int>("--threads") { DefaultValueFactory = _ => 1 };
        var copy = new Option<bool>("--copy");
        var command = new Command(Name, "Requeue an intake by hand, measured; used by 'engine'") { directory, threads, copy };
        command.Hidden = true;
        command.SetAction(parsed => Run(new RunDirectory(parsed.GetValue(directory)!), parsed.GetValue(threads), parsed.GetValue(copy)));
        return command;
    }

    private static int Run(RunDirectory run, int threads, bool copy)
    {
        var before = Resources.Self();
        var watch = Stopwatch.StartNew();
        var ids = new SpoolDirectory(run.Intake).Messages().Order().ToArray();
        using var target = Posix.OpenDirectory(run.Target);
        var next = -1;
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            using var log = Posix.Open($"{run.Root}/control.log", Posix.O_WRONLY | Posix.O_CREAT | Posix.O_APPEND, Mode);
            for (int i; (i = Interlocked.Increment(ref next)) < ids.Length;) Requeue(run, ids[i], copy, target, log);
        })).ToArray();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        var seconds = watch.Elapsed.TotalSeconds;
        var cpu = Resources.Self() - before;
        new RunFigures(seconds, cpu.User, cpu.System, ids.Length).Save(run.Result);
        return 0;
    }

    private static void Requeue(RunDirectory run, MessageId id, bool copy, Microsoft.Win32.SafeHandles.SafeFileHandle target, Microsoft.Win32.SafeHandles.SafeFileHandle log)
    {
        string header = $"{run.Intake}/{id.HeaderName}", body = $"{run.Intake}/{id.BodyName}", staged = $"{run.Target}/hdr.{id}", newBody = $"{run.Target}/{id.BodyName}";
        if (copy) Write(newBody, body);
        else Check(Posix.TryLink(body, newBody), newBody);
        Write(staged, header);
        RandomAccess.Write(log, Encoding.ASCII.GetBytes($"{id} requeued\n"), 0);
        Posix.Sync(log, "control.log");
        Posix.Rename(staged, $"{run.Target}/{id.HeaderName}");
        Posix.Sync(target, run.Target);
        Posix.Unlink(header);
        Posix.Unlink(body);
    }

    private static void Write(string path, string from)
    {
        SpoolPair.ReadBounded(from, long.MaxValue, out var bytes, out _, out _);
        using var file = Posix.Open(path, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL, Mode);
        RandomAccess.Write(file, bytes, 0);
        Posix.Sync(file, path);
    }

    private static void Check(int error, string path)
    {
        if (error != 0) throw new PosixException(error, "link", path);
    }
}
