// SRS addresses in a bounce: decoded with the secrets where there are some, else read by their form. Tells which of the two.
using SpoolWorker.Passes.BounceReading;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Commands.Explaining;

/// <summary>What is behind an SRS address.</summary>
/// <param name="Address">The original address.</param>
/// <param name="Note">What can be said of it: a status of the decoder, or that nothing was checked.</param>
internal sealed record SrsFinding(string Address, string Note);

/// <summary>Reads SRS addresses.</summary>
internal sealed class SrsReading(SrsDecoder? decoder)
{
    /// <summary>Null for an address that is none.</summary>
    public SrsFinding? Read(string address)
    {
        if (!SrsForm.TryRead(address, out var form)) return null;
        if (decoder is null) return new SrsFinding(form, "not checked");
        return decoder.TryDecode(address, TimeProvider.System.GetUtcNow(), out var original, out var status)
            ? new SrsFinding(original, "hash is right") : new SrsFinding(form, status.Token());
    }
}
