// Which key seals the mail of a sender. The table maps sender domains to the domain of a key; whom it does not name gets the
// main key, as does the null sender. A table that cannot be read now, or that names a key there is none of, is a reason.
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Passes.Arc;

/// <summary>Chooses keys.</summary>
internal sealed class SigningTable : IDisposable
{
    private readonly LookupList _table;
    private readonly List<SealKey> _keys = [];

    /// <param name="options">Settings that <see cref="ArcSealOptions.Faults"/> found nothing wrong with.</param>
    public SigningTable(ArcSealOptions options)
    {
        _table = LookupList.TryParse(options.SigningTable, LookupKind.Domain, out var table, out var error) ? table : throw new ArgumentException(error, nameof(options));
        try
        {
            _keys.Add(Load(options.Domain, options.Selector, options.PrivateKeyFile));
            foreach (var key in options.Keys) _keys.Add(Load(key.Domain, key.Selector, key.PrivateKeyFile));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The key for a sender; null with a reason when none can be told.</summary>
    public SealKey? Find(ReadOnlySpan<byte> sender, out string reason)
    {
        reason = "";
        var at = sender.LastIndexOf((byte)'@');
        if (at < 0 || _table.IsEmpty) return _keys[0];
        var answer = _table.Find(sender[(at + 1)..]);
        if (answer.State == LookupState.Unavailable)
        {
            reason = answer.Reason ?? "the signing table cannot be read";
            return null;
        }
        if (!answer.IsFound || string.IsNullOrWhiteSpace(answer.Value)) return _keys[0];
        var domain = answer.Value.Trim();
        foreach (var key in _keys)
        {
            if (key.Domain.Equals(domain, StringComparison.OrdinalIgnoreCase)) return key;
        }
        reason = $"the signing table names {domain}, and there is no key of that domain";
        return null;
    }

    /// <summary>Forgets the keys.</summary>
    public void Dispose()
    {
        foreach (var key in _keys) key.Private.Dispose();
    }

    private static SealKey Load(string domain, string selector, string file) =>
        new(domain, selector, PrivateKey.TryLoad(file, out var fault) ?? throw new ArgumentException($"{file}: {fault}"));
}
