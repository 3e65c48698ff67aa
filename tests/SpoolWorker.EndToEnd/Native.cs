// The few system calls the harness needs and .NET does not offer. Each throws with the system's own words: a harness that
// fails to chown would otherwise look like a worker that fails to requeue.
using System.ComponentModel;
using System.Runtime.InteropServices;

namespace SpoolWorker.EndToEnd;

internal static partial class Native
{
    public const int Terminate = 15;
    public const int Kill = 9;
    public const int HangUp = 1;

    public static uint EffectiveUser() => geteuid();

    public static void Link(string existing, string name) => Check(link(existing, name), $"link {existing} {name}");

    public static void Chown(string path, uint user, uint group) => Check(chown(path, user, group), $"chown {path}");

    /// <summary>A process that is gone already is no error: it is what a stop wants.</summary>
    public static void Signal(int process, int signal) => _ = kill(process, signal);

    public static long Inode(string path)
    {
        // 'stat' has no stable layout for P/Invoke; the program is always there
        return long.Parse(Run.Program("/usr/bin/stat", "-c", "%i", path).Output, System.Globalization.CultureInfo.InvariantCulture);
    }

    private static void Check(int result, string what)
    {
        if (result != 0)
        {
            throw new IOException($"{what}: {new Win32Exception(Marshal.GetLastPInvokeError()).Message}");
        }
    }

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int link(string existing, string name);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int chown(string path, uint user, uint group);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int process, int signal);
}
