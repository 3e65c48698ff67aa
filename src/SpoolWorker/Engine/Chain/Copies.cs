// Recipients that only get a copy (CopyTo of rules). A copy is a recipient like any other from the pass on that asked for it: passes behind it decide about it, and one commit
// makes it visible with all else, so that neither a kill nor a power cut makes two of it or none. Nobody is told of it: NOTIFY=NEVER.
// It is made once a message. Who has the address already, served or not, gets none; and as the incoming -H does not name it, the ledger's record does
// (LedgerEntry.Copies) as soon as it, or one of those whose copy it is, is settled, or anybody is held: what is left of the message is read with it from then on. Until
// then the next attempt asks the rules anew.
using System.Text;
using SpoolWorker.Ledger;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>Copies as recipients.</summary>
internal static class Copies
{
    /// <summary>The recipient that an address is.</summary>
    public static Recipient Of(ReadOnlyMemory<byte> address) => new Recipient(address).WithDsn(default, (int)Notify.Never);

    /// <summary>-H with the copies that are on record.</summary>
    public static HeaderFile AddTo(HeaderFile header, IReadOnlyList<string>? copies)
    {
        if (copies is null) return header;
        var there = SetOf(header.Recipients.Select(r => r.Address));
        var missing = copies.Select(address => (ReadOnlyMemory<byte>)Encoding.Latin1.GetBytes(address)).Where(there.Add).ToList();
        // At most as many as there was room for when they were made.
        return missing.Count == 0 || header.Recipients.Length + missing.Count > SpoolLimits.MaxRecipients ? header : header.WithRecipients([.. header.Recipients, .. missing.Select(Of)]);
    }

    /// <summary>Addresses that get no copy. Two for one mailbox are one too many, so they may be written in any case.</summary>
    public static HashSet<ReadOnlyMemory<byte>> SetOf(IEnumerable<ReadOnlyMemory<byte>> addresses) => addresses.ToHashSet(AnyCase.Instance);

    /// <summary>Those of a verdict that are to be on record: they, or those whose copy they are, are settled.</summary>
    /// <param name="known">On record so far.</param>
    /// <param name="recipients">What becomes of each recipient.</param>
    /// <param name="isSettled">Whether an address is settled.</param>
    public static IReadOnlyList<string>? OnRecord(IReadOnlyList<string>? known, IReadOnlyList<RecipientVerdict> recipients, Func<string, bool> isSettled)
    {
        // Most messages have none, and this is asked of each.
        if (known is null && !recipients.Any(r => r.CopyOf is not null)) return null;
        var made = recipients.Where(r => r.CopyOf is { } of && (IsSettled(r.Original) || of.Any(IsSettled))).Select(r => LedgerEntry.Text(r.Original.Span));
        List<string> all = [.. (known ?? []).Union(made)];
        return all.Count == 0 ? null : all;

        bool IsSettled(ReadOnlyMemory<byte> address) => isSettled(LedgerEntry.Text(address.Span));
    }

    /// <summary>Those that a -H names as recipients, for its record; null: none.</summary>
    public static IReadOnlyList<string>? AmongRecipients(HeaderFile header, IReadOnlyList<string>? known, IEnumerable<RecipientVerdict> recipients)
    {
        var copies = (known ?? []).Union(recipients.Where(r => r.CopyOf is not null).Select(r => LedgerEntry.Text(r.Original.Span))).ToHashSet();
        if (copies.Count == 0) return null;
        List<string> named = [.. header.Recipients.Select(r => LedgerEntry.Text(r.Address.Span)).Where(copies.Contains).Distinct()];
        return named.Count == 0 ? null : named;
    }

    private sealed class AnyCase : IEqualityComparer<ReadOnlyMemory<byte>>
    {
        public static readonly AnyCase Instance = new();

        // Ascii finds nothing equal to what is not ASCII.
        public bool Equals(ReadOnlyMemory<byte> x, ReadOnlyMemory<byte> y) => x.Span.SequenceEqual(y.Span) || Ascii.EqualsIgnoreCase(x.Span, y.Span);

        public int GetHashCode(ReadOnlyMemory<byte> address)
        {
            var hash = new HashCode();
            foreach (var letter in address.Span) hash.Add(letter is >= (byte)'A' and <= (byte)'Z' ? (byte)(letter | 0x20) : letter);
            return hash.ToHashCode();
        }
    }
}
