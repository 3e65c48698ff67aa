// SRS addresses in a bounce: decoded with the secrets where there are some, else read by their form. Tells which of the two.
using SpoolWorker.Passes.BounceReading;
using SpoolWorker.Passes.BounceReading.Reports;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Operations.Explaining;

/// <summary>What is behind an SRS address.</summary>
/// <param name="Address">The original address.</param>
/// <param name="Note">What can be said of it: a status of the decoder, or that nothing was checked.</param>
internal sealed record SrsFinding(string Address, string Note);

/// <summary>Reads SRS addresses.</summary>
internal sealed class SrsReading(SrsDecoder? decoder)
{
    /// <summary>With the secrets of the pass <c>srs</c>, as far as they can be read; without settings by form alone.</summary>
    /// <param name="options">Settings; null or without secrets: there are none.</param>
    /// <param name="tell">Is told of each secret that cannot be read, and why.</param>
    public static SrsReading With(SrsOptions? options, Action<string> tell)
    {
        if (options is null || (options.Secrets.Count == 0 && options.Config.Length == 0)) return new SrsReading(null);
        var secrets = new List<byte[]>();
        foreach (var path in options.Secrets)
        {
            if (SrsSecrets.TryRead(path, out var secret, out var fault)) secrets.Add(secret);
            else tell($"SRS addresses are read without {path}: {fault}");
        }
        var rules = options.RulesOf([SrsFormat.Srs0, SrsFormat.Exim], secrets);
        return new SrsReading(rules.Secrets.Count > 0 && options.AliasDomain.Length > 0 ? new SrsDecoder(rules) : null);
    }

    /// <summary>Null for an address that is none.</summary>
    public SrsFinding? Read(string address)
    {
        if (!SrsForm.TryRead(address, out var form)) return null;
        if (decoder is null) return new SrsFinding(form, "not checked");
        return decoder.TryDecode(address, TimeProvider.System.GetUtcNow(), out var original, out var status)
            ? new SrsFinding(original, "hash is right") : new SrsFinding(form, status.Token());
    }
}
