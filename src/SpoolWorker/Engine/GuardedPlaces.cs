// Keeps the places of a run apart: a target that is an intake would take its own output for ever, a place inside another hides mail. Asked at
// start, with every scan, and by each directory whenever it is opened. What is refused is said once; whoever uses it tells what it cannot do.
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine;

/// <summary>Target, held/, corrupt/ and the intakes.</summary>
internal sealed class GuardedPlaces : IDisposable
{
    private readonly PlaceGuard _guard = new();
    private readonly IReadOnlyList<SpoolDirectory> _outputs;
    private readonly IntakeSet _intakes;

    /// <exception cref="RefusedPlaceException">One of the outputs is no place of its own.</exception>
    public GuardedPlaces(IReadOnlyList<SpoolDirectory> outputs, IntakeSet intakes, ILogger log)
    {
        _outputs = outputs;
        _intakes = intakes;
        _guard.Refused += log.PlaceRefused;
        // The target first: of two places that are one it is the intake that is refused. What is not there yet is asked when it comes.
        foreach (var directory in outputs)
        {
            directory.Guard = _guard;
            Look(directory);
        }
        foreach (var directory in Guarded().ToList()) Look(directory);
    }

    /// <summary>What was made or exchanged meanwhile is asked before the intakes are read.</summary>
    public void LookAgain()
    {
        foreach (var directory in _outputs.Concat(Guarded()).ToList())
        {
            try
            {
                Look(directory);
            }
            catch (RefusedPlaceException)
            {
                // said by the guard
            }
        }
    }

    public void Dispose()
    {
        foreach (var directory in _outputs.Concat(Guarded())) directory.Dispose();
    }

    private IEnumerable<SpoolDirectory> Guarded()
    {
        foreach (var directory in _intakes.All.Select(i => i.Directory).Where(d => _outputs.All(o => o.Path != d.Path)))
        {
            directory.Guard ??= _guard;
            yield return directory;
        }
    }

    private static void Look(SpoolDirectory directory)
    {
        if (directory.TryOpen(out var folder) == 0) folder!.Dispose();
    }
}
