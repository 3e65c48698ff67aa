// SIGHUP, from before the configuration is read: its default is to end the process, which systemd takes for a clean stop and does not start again. One
// that comes before there is anything to do about it is remembered. Cannot fail.
using System.Runtime.InteropServices;

namespace SpoolWorker.Hosting;

/// <summary>Takes the signal.</summary>
internal sealed class HangUp : IDisposable
{
    private readonly Lock _lock = new();
    private readonly PosixSignalRegistration _registration;
    private Action? _then;
    private bool _isPending;

    public HangUp() => _registration = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
    {
        signal.Cancel = true;
        Action? then;
        lock (_lock)
        {
            then = _then;
            _isPending = then is null;
        }
        then?.Invoke();
    });

    /// <summary>What is done from now on; at once when one has come already.</summary>
    public void Then(Action then)
    {
        bool isPending;
        lock (_lock)
        {
            _then = then;
            isPending = _isPending;
            _isPending = false;
        }
        if (isPending) then();
    }

    public void Dispose() => _registration.Dispose();
}
