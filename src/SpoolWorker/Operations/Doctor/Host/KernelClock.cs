// Whether something keeps the clock, as the kernel knows it: adjtimex(2) with nothing to set needs no right. Chrony and its kin tell it so.
using System.Runtime.InteropServices;

namespace SpoolWorker.Operations.Doctor.Host;

/// <summary>The kernel's clock.</summary>
internal static partial class KernelClock
{
    private const int TIME_ERROR = 5;

    /// <summary>False: nobody keeps it. Null: not told.</summary>
    public static bool? IsSynchronized => Read() switch
    {
        < 0 => null,
        TIME_ERROR => false,
        _ => true,
    };

    private static int Read()
    {
        var nothing = default(Timex);
        return adjtimex(ref nothing);
    }

    // struct timex of 64-bit Linux; `modes`, its first field, is 0: read only.
    [StructLayout(LayoutKind.Sequential, Size = 208)]
    private struct Timex;

    [LibraryImport("libc", SetLastError = true)]
    private static partial int adjtimex(ref Timex clock);
}
