// SIGTERM and SIGINT, where something has to be done before the end: their default ends the process at once, with 143 and 130. A worker that is asked to stop while it starts, before
// the host takes them, has stopped as asked. Cannot fail.
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
        // The source stays: a handler may be at work still, and it has nothing to free.
        foreach (var registration in _registrations) registration.Dispose();
    }
}
