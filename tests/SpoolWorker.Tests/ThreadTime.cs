using System.Runtime.InteropServices;

namespace SpoolWorker.Tests;

/// <summary>Processor time of the calling thread: what work costs, whatever else the machine does.</summary>
internal static partial class ThreadTime
{
    public static TimeSpan Now
    {
        get
        {
            const int CLOCK_THREAD_CPUTIME_ID = 3;
            if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, out var time) != 0) throw new InvalidOperationException("clock_gettime");
            return TimeSpan.FromSeconds(time.Seconds) + TimeSpan.FromTicks(time.Nanoseconds / TimeSpan.NanosecondsPerTick);
        }
    }

    [StructLayout(LayoutKind.Sequential)]
    private struct Timespec
    {
        public long Seconds, Nanoseconds;
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, out Timespec time);
}
