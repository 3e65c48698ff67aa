// The TCP sockets that a process listens on, as /proc has them: one that listens anew has others. Only looks; what cannot be seen is none.
namespace SpoolWorker.Operations.Exim;

internal static class ListeningSockets
{
    // TCP_LISTEN of the kernel's tcp_states.h; its columns are in proc_pid_net(5).
    private const string Listens = "0A";
    private const int State = 3, Inode = 9;

    private static readonly string[] Tables = ["tcp", "tcp6"];

    /// <summary>Their names, as in <c>socket:[4711]</c>.</summary>
    public static IReadOnlySet<string> Of(int process)
    {
        try
        {
            var own = Directory.EnumerateFiles($"/proc/{process}/fd").Select(f => new FileInfo(f).LinkTarget).OfType<string>().ToHashSet();
            own.IntersectWith(Tables.Select(name => $"/proc/{process}/net/{name}").Where(File.Exists).SelectMany(File.ReadLines)
                .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Where(columns => columns.Length > Inode && columns[State] == Listens).Select(columns => $"socket:[{columns[Inode]}]"));
            return own;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return new HashSet<string>();
        }
    }
}
