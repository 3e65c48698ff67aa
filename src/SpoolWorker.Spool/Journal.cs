namespace SpoolWorker.Spool;

// Exim's journal, the -J file: addresses already delivered in a run that was cut short, one a line (deliver.c). Exim writes each line with one
// write. If the newline is missing, that write was cut short, and what is left may look like somebody else's address; Exim would even drop its
// last byte. Such a rest is left out: at worst one recipient gets the mail twice, whereas counting it could cost another recipient the mail.
// Reading cannot fail.

/// <summary>Reads a -J file.</summary>
public static class Journal
{
    /// <summary>The addresses in the order of delivery, as slices of <paramref name="bytes"/>.</summary>
    public static IReadOnlyList<ReadOnlyMemory<byte>> Read(ReadOnlyMemory<byte> bytes)
    {
        var addresses = new List<ReadOnlyMemory<byte>>();
        for (int end; (end = bytes.Span.IndexOf((byte)'\n')) >= 0; bytes = bytes[(end + 1)..])
        {
            // blocks of NUL bytes are what a crash without sync leaves behind; no address holds one
            if (end > 0 && !bytes.Span[..end].Contains((byte)0))
            {
                addresses.Add(bytes[..end]);
            }
        }

        return addresses;
    }
}
