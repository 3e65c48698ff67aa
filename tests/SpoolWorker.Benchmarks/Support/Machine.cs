using System.Runtime.InteropServices;

namespace SpoolWorker.Benchmarks.Support;

/// <summary>What the figures were measured on.</summary>
internal static class Machine
{
    private static readonly string[] InMemory = ["tmpfs", "ramfs", "overlay"];

    /// <summary>One line for people.</summary>
    public static string Describe(string directory)
    {
        var processor = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : null;
        var memory = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1L << 30);
        return $"{processor ?? RuntimeInformation.ProcessArchitecture.ToString()}, {Environment.ProcessorCount} cores, {memory:0.#} GiB, {FileSystem(directory)}, Linux {Environment.OSVersion.Version}, {RuntimeInformation.FrameworkDescription}";
    }

    /// <summary>Processes that wanted to run in the last minute, on average: what a time of the wall clock is worth.</summary>
    public static double Load() => double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Type of the file system that holds a path.</summary>
    public static string FileSystem(string path)
    {
        var full = Path.GetFullPath(path);
        var best = ("", "unknown file system");
        foreach (var line in File.ReadLines("/proc/self/mounts"))
        {
            var fields = line.Split(' ');
            var inside = fields[1] == "/" || full == fields[1] || full.StartsWith(fields[1] + "/", StringComparison.Ordinal);
            if (inside && fields[1].Length >= best.Item1.Length) best = (fields[1], fields[2]);
        }
        return best.Item2;
    }

    /// <summary>True where a sync costs nothing, so that nothing durable can be measured.</summary>
    public static bool IsInMemory(string path) => InMemory.Contains(FileSystem(path));
}
