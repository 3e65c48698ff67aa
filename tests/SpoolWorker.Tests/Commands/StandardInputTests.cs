using System.Diagnostics;

namespace SpoolWorker.Tests.Commands;

/// <summary>A message on standard input is kept while it is looked at: it is somebody's mail.</summary>
public sealed class StandardInputTests
{
    [Fact]
    public async Task It_lies_where_nobody_can_read_it_and_nothing_is_left_by_a_kill()
    {
        using var temporary = new TempDirectory();
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), "dsn", "explain", "-"]) { RedirectStandardInput = true };
        start.Environment["TMPDIR"] = temporary;
        using var command = Process.Start(start)!;
        try
        {
            // More than a pipe holds: when it is written, some of it has been kept.
            await command.StandardInput.WriteAsync(new string('x', 1 << 20));
            await command.StandardInput.FlushAsync();
            Kept(temporary).Should().BeEmpty();
        }
        finally
        {
            command.Kill();
            await command.WaitForExitAsync();
        }
        Kept(temporary).Should().BeEmpty();
    }

    // The runtime has sockets there.
    private static IEnumerable<string> Kept(string directory) => Directory.EnumerateFiles(directory).Where(path => new FileInfo(path).Length > 0);
}
