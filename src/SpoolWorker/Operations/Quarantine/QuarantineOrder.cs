// An order for files of somebody else's, as verbs know orders: what they name is looked for first, and taken into held/ when the operator wants it.
using SpoolWorker.Characters;
using SpoolWorker.Operations.Verbs;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Quarantine;

/// <summary>The files of an order.</summary>
/// <param name="settings">The worker's places.</param>
/// <param name="order">The order.</param>
internal sealed class QuarantineOrder(Settings settings, VerbOrder order)
{
    private readonly QuarantineTaker _taker = new(settings, TimeProvider.System);

    /// <summary>What would be taken; changes nothing.</summary>
    /// <exception cref="IOException">The ledger cannot be read.</exception>
    public VerbTargets Look()
    {
        var (files, missed) = Files();
        return TargetsOf(_taker.Look(files, order), missed);
    }

    /// <summary>Takes it into held/.</summary>
    /// <exception cref="IOException">Ledger or held/ cannot be used.</exception>
    public async Task<VerbTargets> TakeAsync(CancellationToken cancellationToken)
    {
        var (files, missed) = Files();
        return TargetsOf(await _taker.TakeAsync(files, order, cancellationToken).ConfigureAwait(false), missed);
    }

    // Each once, however often and by whatever path it was named.
    private (IReadOnlyList<SetAsideFile> Files, List<VerbMiss> Missed) Files()
    {
        var (files, missed) = (new List<SetAsideFile>(), new List<VerbMiss>());
        foreach (var path in order.Files)
        {
            try
            {
                if (SetAsideFile.Find(path, out var trouble) is { } file) files.Add(file);
                else missed.Add(new VerbMiss(SafeText.Of(path), trouble!));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                missed.Add(new VerbMiss(SafeText.Of(path), Trouble.Of(e)));
            }
        }
        return ([.. files.Distinct()], missed);
    }

    // One that was taken and does not go from where it lay is done, and told all the same.
    private static VerbTargets TargetsOf(IReadOnlyList<TakenFile> files, List<VerbMiss> missed) =>
        new([.. files.Select(f => f.Target).OfType<VerbTarget>().DistinctBy(t => t.Id)],
            [.. missed, .. files.Where(f => f.Target is null).Select(f => new VerbMiss(f.File.Id.ToString(), f.Trouble!))])
        {
            Troubles = [.. files.Where(f => f.Target is not null).Select(f => f.Trouble).OfType<Trouble>()],
        };
}
