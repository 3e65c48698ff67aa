// SIGTERM and SIGINT, from before the configuration is read: until the host takes them their default is to end the process with 143 and 130, and a worker that is asked to stop
// while it starts has stopped as asked. Cannot fail.
using System.Runtime.InteropServices;

namespace SpoolWorker.Hosting;

/// <summary>Takes the signals.</summary>
internal sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _asked = new();
    private readonly List<PosixSignalRegistration> _registrations;

    public StopSignals() => _registrations = [.. new[] { PosixSignal.SIGTERM, PosixSignal.SIGINT }.Select(signal => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = true;
        _asked.Cancel();
    }))];

    /// <summary>Cancelled when one has come.</summary>
    public CancellationToken Token => _asked.Token;

    public void Dispose()
    {
        // Waits for a handler that is at work.
        foreach (var registration in _registrations) registration.Dispose();
        _asked.Dispose();
    }
}
