// Names that appear in directories, told by inotify(7): one instance, one descriptor and one thread for any number of
// directories. (The kernel grants a user 128 instances, and .NET's FileSystemWatcher takes one a directory.) Only hints:
// the kernel drops events when its queue is full, and network file systems tell nothing of what others do.
// Watch numbers are never used twice by the kernel, so an event that is read late cannot be taken for another directory's.
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Spool;

/// <summary>Something that happened in a watched directory.</summary>
/// <param name="Watch">The watch's number; -1 when events were lost.</param>
/// <param name="What">What happened.</param>
/// <param name="IsDirectory">The name is a directory's.</param>
/// <param name="Name">The name that appeared; empty when it is about the directory itself.</param>
public readonly record struct InotifyEvent(int Watch, InotifyChange What, bool IsDirectory, string Name);

/// <summary>Kinds of events.</summary>
public enum InotifyChange
{
    /// <summary>A name appeared: created, linked or renamed to.</summary>
    Appeared,

    /// <summary>The directory itself was removed or renamed, or its file system unmounted.</summary>
    Left,

    /// <summary>The kernel's queue was full: what came meanwhile is not known.</summary>
    Lost,
}

/// <summary>Watches directories.</summary>
public sealed partial class Inotify : IDisposable
{
    private const int IN_CLOEXEC = 0x80000, IN_NONBLOCK = 0x800;
    private const uint IN_MOVED_TO = 0x80, IN_CREATE = 0x100, IN_DELETE_SELF = 0x400, IN_MOVE_SELF = 0x800, IN_UNMOUNT = 0x2000, IN_Q_OVERFLOW = 0x4000,
        IN_ONLYDIR = 0x01000000, IN_DONT_FOLLOW = 0x02000000, IN_ISDIR = 0x40000000;

    // An event is 16 bytes and a name of at most 256: some 200 messages a read.
    private const int BufferBytes = 16 * 1024, EventBytes = 16;
    private const short POLLIN = 1;

    private readonly SafeFileHandle _inotify, _wake;
    private readonly Action<InotifyEvent> _seen;
    private readonly Thread _reader;

    /// <param name="seen">Called by the reader's own thread, one event after another. It must not throw.</param>
    /// <remarks>A PosixException tells when the user has all instances the kernel grants (fs.inotify.max_user_instances).</remarks>
    public Inotify(Action<InotifyEvent> seen)
    {
        _seen = seen;
        _inotify = Checked(inotify_init1(IN_CLOEXEC | IN_NONBLOCK), "inotify_init1");
        _wake = Checked(eventfd(0, IN_CLOEXEC | IN_NONBLOCK), "eventfd");
        _reader = new Thread(Read) { IsBackground = true, Name = "inotify" };
        _reader.Start();
    }

    /// <summary>Watches a directory; watching it again changes nothing and gives the same number.</summary>
    /// <param name="path">The directory.</param>
    /// <param name="follow">Whether the path itself may be a symlink.</param>
    /// <param name="watch">The watch's number.</param>
    /// <returns>errno: ENOENT and ENOTDIR where there is no directory, ENOSPC when the user has all watches the kernel grants.</returns>
    public int TryWatch(string path, bool follow, out int watch)
    {
        watch = inotify_add_watch(_inotify, path, IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR | (follow ? 0 : IN_DONT_FOLLOW));
        return watch >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    /// <summary>Watches it no more. Of one that is gone already there is nothing to say.</summary>
    public void Unwatch(int watch) => _ = inotify_rm_watch(_inotify, watch);

    /// <summary>Ends the reader; no event is told after that. Not to be called by the reader's thread.</summary>
    public void Dispose()
    {
        Span<byte> one = [1, 0, 0, 0, 0, 0, 0, 0];
        _ = write(_wake, ref one[0], (nuint)one.Length);
        _reader.Join();
        _inotify.Dispose();
        _wake.Dispose();
    }

    private void Read()
    {
        var buffer = new byte[BufferBytes];
        var wanted = new[] { new Waited { Descriptor = (int)_inotify.DangerousGetHandle(), Events = POLLIN }, new Waited { Descriptor = (int)_wake.DangerousGetHandle(), Events = POLLIN } };
        while (true)
        {
            // EINTR and the like: ask again.
            if (poll(ref wanted[0], (nuint)wanted.Length, -1) <= 0) continue;
            if (wanted[1].Returned != 0) return;
            var got = (int)read(_inotify, ref buffer[0], (nuint)buffer.Length);
            if (got > 0) Tell(buffer.AsSpan(0, got));
        }
    }

    // struct inotify_event: watch, mask, cookie, length of the name with its NULs, the name.
    private void Tell(ReadOnlySpan<byte> events)
    {
        while (events.Length >= EventBytes)
        {
            var watch = BinaryPrimitives.ReadInt32LittleEndian(events);
            var mask = BinaryPrimitives.ReadUInt32LittleEndian(events[4..]);
            var length = BinaryPrimitives.ReadInt32LittleEndian(events[12..]);
            var name = events.Slice(EventBytes, length);
            var end = name.IndexOf((byte)0);
            events = events[(EventBytes + length)..];
            if ((mask & IN_Q_OVERFLOW) != 0) _seen(new InotifyEvent(-1, InotifyChange.Lost, false, ""));
            else if ((mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)) != 0) _seen(new InotifyEvent(watch, InotifyChange.Left, true, ""));
            else if ((mask & (IN_CREATE | IN_MOVED_TO)) != 0) _seen(new InotifyEvent(watch, InotifyChange.Appeared, (mask & IN_ISDIR) != 0, Encoding.UTF8.GetString(end < 0 ? name : name[..end])));
        }
    }

    private static SafeFileHandle Checked(int descriptor, string call) =>
        descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw new PosixException(Marshal.GetLastPInvokeError(), call, "");

    [StructLayout(LayoutKind.Sequential)]
    private struct Waited
    {
        public int Descriptor;
        public short Events, Returned;
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_init1(int flags);
    [LibraryImport("libc", SetLastError = true)]
    private static partial int eventfd(uint value, int flags);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(SafeFileHandle inotify, string path, uint mask);
    [LibraryImport("libc", SetLastError = true)]
    private static partial int inotify_rm_watch(SafeFileHandle inotify, int watch);
    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref Waited waited, nuint count, int milliseconds);
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint read(SafeFileHandle file, ref byte buffer, nuint count);
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(SafeFileHandle file, ref byte buffer, nuint count);
}
