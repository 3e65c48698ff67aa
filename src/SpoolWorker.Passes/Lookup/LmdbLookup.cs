// lmdb;FILE as an item of a list. The keys of a table are bytes in an order of their own, so the keys to try are made from
// the one asked for (LookupKeys) and looked up in one state of the table. Exim asks with lower-cased domains; what was
// imported with capital letters is not found, as in Exim: import with --lower.
using System.Text;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Lookup.Lmdb;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Passes.Lookup;

/// <summary>An LMDB table of a list.</summary>
internal sealed class LmdbLookup(LmdbTable table, LookupKeys keys) : LookupTable
{
    public override string? Fault() => table.Fault();

    public override LookupAnswer Find(string key) => table.FindFirst(keys.Of(key).Select(Encoding.Latin1.GetBytes), out var value, out var reason) switch
    {
        LookupState.Found => LookupAnswer.Found(ByteText.ToText(value)),
        LookupState.NotFound => LookupAnswer.NotFound,
        _ => LookupAnswer.Unavailable(reason!),
    };
}
