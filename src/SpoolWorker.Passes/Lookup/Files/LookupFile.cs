// Opens the files of lists. An operator may well have a name point at another file, so symlinks are followed; but only a
// regular file is opened (a fifo would wait for ever), and a failure comes as a sentence with the path.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Spool;

#pragma warning disable RS0030 // the operator's tables and lists are opened here

namespace SpoolWorker.Passes.Lookup.Files;

/// <summary>Looking at and opening files.</summary>
internal static class LookupFile
{
    /// <summary>Follows symlinks and tells what is there.</summary>
    public static bool TryLook(string path, out string target, out FileStatus status, [NotNullWhen(false)] out string? error)
    {
        target = path;
        error = null;
        var errno = Posix.TryStatus(path, out status);
        if (errno == 0 && status.IsSymlink)
        {
            try
            {
                target = File.ResolveLinkTarget(path, returnFinalTarget: true)!.FullName;
                errno = Posix.TryStatus(target, out status);
            }
            catch (IOException e)
            {
                error = $"{path}: {e.Message}";
                return false;
            }
        }
        if (errno != 0) error = $"{path}: {Marshal.GetPInvokeErrorMessage(errno)}";
        else if (!status.IsRegular) error = $"{path}: is not a regular file";
        return error is null;
    }

    /// <summary>Opens for reading.</summary>
    public static bool TryOpen(string path, [NotNullWhen(true)] out SafeFileHandle? file, out FileStatus status, [NotNullWhen(false)] out string? error)
    {
        file = null;
        if (!TryLook(path, out var target, out status, out error)) return false;
        var errno = Posix.TryOpen(target, Posix.O_RDONLY, 0, out file);
        if (errno != 0 || file is null)
        {
            error = $"{path}: {Marshal.GetPInvokeErrorMessage(errno)}";
            return false;
        }
        try
        {
            status = Posix.Status(file, target);
            return true;
        }
        catch (PosixException e)
        {
            error = $"{path}: {e.Message}";
            file.Dispose();
            return false;
        }
    }
}
