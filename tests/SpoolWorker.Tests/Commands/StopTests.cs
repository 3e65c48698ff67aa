using System.Diagnostics;
using System.Globalization;
using SpoolWorker.Engine.Commit;

namespace SpoolWorker.Tests.Commands;

/// <summary>A worker that is asked to stop before it has begun has stopped as asked.</summary>
public sealed class StopTests : IDisposable
{
    private const ulong HangUp = 1;

    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Fact]
    public async Task Sigterm_while_a_start_waits_for_a_command_ends_it_well()
    {
        Directory.CreateDirectory($"{_play.Path}/ledger");
        using var command = LedgerLocks.TryAlone($"{_play.Path}/ledger");
        command.Should().NotBeNull();
        var worker = _play.StartConfigured("run");
        // It takes SIGHUP behind the signals that end it.
        await Engine.EngineRig.UntilAsync(() => (Caught(worker.Id) & HangUp) != 0, "the worker takes signals");
        using (var kill = Process.Start("kill", ["-TERM", worker.Id.ToString(CultureInfo.InvariantCulture)])) await kill.WaitForExitAsync();
        await worker.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        worker.ExitCode.Should().Be(0, await worker.StandardError.ReadToEndAsync());
    }

    // SigCgt of proc(5): a bit a signal, from the first.
    private static ulong Caught(int process) => File.ReadLines($"/proc/{process}/status").Where(l => l.StartsWith("SigCgt:", StringComparison.Ordinal)).Select(l => ulong.Parse(l[7..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture)).FirstOrDefault();
}
