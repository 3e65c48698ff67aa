// Has some processes run on cores of their own, as if they were on another machine (taskset(1)): what they leave unused, nobody else takes.
using System.Globalization;

namespace SpoolWorker.Benchmarks.Support;

/// <summary>Parts the cores.</summary>
internal static class Cores
{
    /// <summary>Half of them.</summary>
    public static string First => Range(0, Environment.ProcessorCount / 2);

    /// <summary>The others.</summary>
    public static string Last => Range(Environment.ProcessorCount / 2, Environment.ProcessorCount);

    /// <summary>Has a process with all its threads, and what it starts from now on, run on some cores.</summary>
    public static void Keep(int process, string cores)
    {
        var ended = ChildProcess.Run(["taskset", "-a", "-c", "-p", cores, process.ToString(CultureInfo.InvariantCulture)], "/dev/null", "/dev/null");
        // One that is gone meanwhile needs none.
        if (ended.ExitCode != 0 && Directory.Exists($"/proc/{process}")) throw new IOException($"taskset ended with {ended.ExitCode}");
    }

    /// <summary>All that a process has started, and those have.</summary>
    public static IReadOnlyList<int> Descendants(int process)
    {
        var parents = new Dictionary<int, int>();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (!int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id)) continue;
            try
            {
                // proc(5): behind the name, which may hold anything, state and parent.
                parents[id] = int.Parse(File.ReadAllText($"{folder}/stat").Split(") ")[^1].Split(' ')[1], CultureInfo.InvariantCulture);
            }
            catch (IOException)
            {
                // gone
            }
        }
        bool IsBelow(int id) => parents.TryGetValue(id, out var parent) && (parent == process || IsBelow(parent));
        return [.. parents.Keys.Where(IsBelow)];
    }

    private static string Range(int from, int to) => string.Create(CultureInfo.InvariantCulture, $"{from}-{to - 1}");
}
