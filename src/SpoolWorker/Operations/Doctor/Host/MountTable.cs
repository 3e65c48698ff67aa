// The file systems of this process's namespace, by /proc/self/mountinfo (proc(5)).
using System.Globalization;

namespace SpoolWorker.Operations.Doctor.Host;

/// <summary>A mounted file system.</summary>
/// <param name="Point">Where it is mounted.</param>
/// <param name="Kind">ext4, tmpfs, ...</param>
/// <param name="Device">Its number, as in <c>254:0</c>.</param>
/// <param name="Options">Of the mount and of the file system.</param>
internal sealed record Mount(string Point, string Kind, string Device, IReadOnlySet<string> Options);

/// <summary>Which file system a path lies on.</summary>
/// <param name="mounts">In the order of mounting.</param>
internal sealed class MountTable(IReadOnlyList<Mount> mounts)
{
    private const string Separator = " - ";

    /// <summary>As it is now; empty where /proc does not tell.</summary>
    public static MountTable Read() => new([.. File.ReadLines("/proc/self/mountinfo").Select(Parse).OfType<Mount>()]);

    /// <summary>Reads a line; null: not understood.</summary>
    public static Mount? Parse(string line)
    {
        // "27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard"
        var at = line.IndexOf(Separator, StringComparison.Ordinal);
        if (at < 0) return null;
        var (left, right) = (line[..at].Split(' '), line[(at + Separator.Length)..].Split(' '));
        if (left.Length < 6 || right.Length < 3) return null;
        return new Mount(Plain(left[4]), right[0], left[2], left[5].Split(',').Concat(right[2].Split(',')).ToHashSet());
    }

    /// <summary>The file system of a path without symlinks; null: none is known.</summary>
    public Mount? Of(string path) => mounts.Where(m => m.Point == "/" || path == m.Point || path.StartsWith(m.Point + "/", StringComparison.Ordinal)).MaxBy(m => (m.Point.Length, mounts.ToList().LastIndexOf(m)));

    // Blanks and the like as \040.
    private static string Plain(string text)
    {
        for (var at = text.IndexOf('\\', StringComparison.Ordinal); at >= 0 && at + 3 < text.Length; at = text.IndexOf('\\', at + 1))
        {
            if (text.AsSpan(at + 1, 3).ContainsAnyExceptInRange('0', '7')) continue;
            text = $"{text[..at]}{((char)Convert.ToInt32(text.Substring(at + 1, 3), 8)).ToString(CultureInfo.InvariantCulture)}{text[(at + 4)..]}";
        }
        return text;
    }
}
