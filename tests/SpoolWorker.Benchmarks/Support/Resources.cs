// What a process used, from getrusage(2): of this process, or of its children that have ended. Children are those that
// were waited for, with all of theirs; .NET waits for every process it starts.
using System.Runtime.InteropServices;

namespace SpoolWorker.Benchmarks.Support;

/// <summary>CPU time used so far.</summary>
internal readonly record struct CpuTime(double User, double System)
{
    public double Total => User + System;

    public static CpuTime operator -(CpuTime later, CpuTime earlier) => new(later.User - earlier.User, later.System - earlier.System);
}

/// <summary>Reads resource use.</summary>
internal static partial class Resources
{
    public static CpuTime Self() => Read(0);

    public static CpuTime Children() => Read(-1);

    /// <summary>A line of /proc/self/status, in kB: VmHWM is the peak of the resident size.</summary>
    public static long StatusKilobytes(string name)
    {
        foreach (var line in File.ReadLines("/proc/self/status"))
        {
            if (line.StartsWith(name + ":", StringComparison.Ordinal)) return long.Parse(line[(name.Length + 1)..].Replace("kB", "", StringComparison.Ordinal));
        }
        return 0;
    }

    public static void Terminate(int process)
    {
        const int SIGTERM = 15;
        _ = kill(process, SIGTERM);
    }

    /// <summary>Waits without keeping a core busy; Thread.Sleep knows only milliseconds.</summary>
    public static void SleepMicroseconds(uint microseconds) => _ = usleep(microseconds);

    private static CpuTime Read(int who)
    {
        if (getrusage(who, out var usage) != 0) throw new IOException($"getrusage: errno {Marshal.GetLastPInvokeError()}");
        return new CpuTime(usage.UserSeconds + usage.UserMicroseconds / 1e6, usage.SystemSeconds + usage.SystemMicroseconds / 1e6);
    }

    // struct rusage: two timevals, then 14 longs.
    [StructLayout(LayoutKind.Explicit, Size = 18 * 8)]
    private struct Usage
    {
        [FieldOffset(0)] public long UserSeconds;
        [FieldOffset(8)] public long UserMicroseconds;
        [FieldOffset(16)] public long SystemSeconds;
        [FieldOffset(24)] public long SystemMicroseconds;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int getrusage(int who, out Usage usage);
    [LibraryImport("libc")]
    private static partial int kill(int process, int signal);
    [LibraryImport("libc")]
    private static partial int usleep(uint microseconds);
}
