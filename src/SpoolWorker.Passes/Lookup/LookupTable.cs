// A file that answers keys. Whoever has a list holds tables of two makes: text files read whole (TextTable), and LMDB
// files asked in place (LmdbLookup). A table that cannot be read says so in its answer; it never throws.
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Lookup;

/// <summary>A table in a file.</summary>
internal abstract class LookupTable
{
    /// <summary>Why the table cannot be used now; null when it can. Asked once, at start.</summary>
    public abstract string? Fault();

    /// <summary>Looks a key up; it is lower-cased <see cref="ByteText"/>.</summary>
    public abstract LookupAnswer Find(string key);
}
