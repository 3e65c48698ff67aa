// Single rows set and removed. A change is on disk when it is told as done, and did not happen otherwise.
using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Operations.Tables;

/// <summary>Changes of tables.</summary>
internal static class TableEdits
{
    /// <summary>Sets the value of a key; makes the table when there is none.</summary>
    public static Trouble? Put(LmdbTable table, LmdbFileOptions file, byte[] key, byte[] value)
    {
        if (LmdbKey.Fault(key) is { } fault) return new Trouble(TroubleKind.BadData, $"'{RowException.Shown(key)}': {fault}");
        string? error;
        if (!File.Exists(table.Path))
        {
            if (table.TryCreate(file, t => t.Put(key, value), out var exists, out error)) return null;
            if (!exists) return new Trouble(TroubleKind.NotNow, error!);
        }
        return table.TryPut(key, value, out error) ? null : new Trouble(TroubleKind.NotNow, error!);
    }

    /// <summary>Removes keys, all in one transaction.</summary>
    /// <param name="table">The table.</param>
    /// <param name="keys">The keys.</param>
    /// <param name="missing">Those it does not have.</param>
    public static Trouble? Delete(LmdbTable table, IReadOnlyList<byte[]> keys, out IReadOnlyList<byte[]> missing)
    {
        var unknown = new List<byte[]>();
        missing = unknown;
        return table.TryWrite(t =>
        {
            unknown.Clear();
            foreach (var key in keys) if (!t.Delete(key)) unknown.Add(key);
        }, out var error) ? null : new Trouble(TroubleKind.NotNow, error!);
    }
}
