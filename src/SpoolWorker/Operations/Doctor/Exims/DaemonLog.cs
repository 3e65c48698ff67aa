// When an Exim daemon last read its configuration, as its main log tells: "daemon started: pid=N", which it writes after a SIGHUP, too (daemon.c). Nothing else does: the process stays
// the same, and the pid file is not written again while it holds that number (operate_on_pid_file). Read from its end; a log that is somewhere else, or not ours to read, tells nothing.
using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Passes.EximLog;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Exims;

/// <summary>Asks the main log.</summary>
internal static class DaemonLog
{
    private const int Piece = 1 << 20;

    // A line of this kind with its time and its ports.
    private const int LongestLine = 4096;

    // A busy host writes that in some hours; a reload that lies further back is older than what anybody asks about.
    private const long Most = 512L << 20;

    /// <summary>The last time it says so.</summary>
    /// <param name="logFilePath">Exim's <c>log_file_path</c>; null: not told.</param>
    /// <param name="process">The daemon.</param>
    /// <param name="isReadable">Whether there is a log that can be read.</param>
    public static DateTimeOffset? LastStart(string? logFilePath, int process, out bool isReadable)
    {
        isReadable = false;
        // "syslog" may stand beside it; %D is a date in its name.
        if (logFilePath?.Split(':', StringSplitOptions.TrimEntries).FirstOrDefault(p => p.StartsWith('/') && !p.Contains("%D", StringComparison.Ordinal)) is not { } pattern) return null;
        var path = pattern.Replace("%s", "main", StringComparison.Ordinal);
        foreach (var log in new[] { path, path + ".1" })
        {
            try
            {
                if (!File.Exists(log)) continue;
                using var handle = Posix.Open(log, Posix.O_RDONLY);
                isReadable = true;
                if (Last(handle, log, Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $" daemon started: pid={process},"))) is { } time) return time;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // Not ours to read.
            }
        }
        return null;
    }

    private static DateTimeOffset? Last(SafeFileHandle handle, string path, byte[] wanted)
    {
        var size = Posix.Status(handle, path).Size;
        var buffer = new byte[Piece + LongestLine];
        for (var end = size; end > 0 && size - end < Most;)
        {
            // Behind what is looked through now lies the beginning of what was before: a line may go over the border.
            var from = Math.Max(0, end - Piece);
            var piece = buffer.AsSpan(0, Read(handle, buffer.AsSpan(0, (int)(Math.Min(size, end + LongestLine) - from)), from, path));
            var at = piece.LastIndexOf(wanted);
            var line = at < 0 ? -1 : piece[..at].LastIndexOf((byte)'\n') + 1;
            if (at >= 0 && (line > 0 || from == 0)) return EximLogTime.TryRead(piece[line..], TimeZoneInfo.Local, out var time, out _) ? time : null;
            end = at >= 0 ? from + at : from;
        }
        return null;
    }

    private static int Read(SafeFileHandle handle, Span<byte> buffer, long offset, string path)
    {
        var (filled, read) = (0, 0);
        while (filled < buffer.Length && (read = Posix.Read(handle, buffer[filled..], offset + filled, path)) > 0) filled += read;
        return filled;
    }
}
