namespace SpoolWorker.Spool;

// The bounds a spool file is read within. They guarantee that a hostile or damaged -H file costs bounded memory:
// whatever lies above one of them is a SpoolParseError, never an OutOfMemoryException. Nothing here can fail.

/// <summary>Upper bounds for spool files, each with the reason for its size.</summary>
public static class SpoolLimits
{
    /// <summary>
    /// Largest -H file that is read. Exim keeps header lines to 1 MiB (<c>header_maxsize</c>) unless told otherwise, and 16,384 recipients
    /// with DSN data and return paths of 1 kB each come to 16 MiB, twice that if all of them are non-recipients as well.
    /// </summary>
    public const int MaxHeaderFileBytes = 64 * 1024 * 1024;

    /// <summary>Most recipients in one -H file; Exim refuses a file with more (spool_in.c, <c>rcount &gt; 16384</c>).</summary>
    public const int MaxRecipients = 16384;

    /// <summary>
    /// Most addresses in the tree of non-recipients. It also names what aliases expanded to, so it may outgrow the recipients; 64 for each
    /// of them is more than any real list.
    /// </summary>
    public const int MaxNonRecipients = 64 * MaxRecipients;

    /// <summary>Most option lines; Exim itself writes some fifty, the rest is room for ACL variables.</summary>
    public const int MaxVariables = 65536;

    /// <summary>
    /// Most header lines. A message within Exim's default <c>header_maxsize</c> of 1 MiB holds at most 349,525 lines of three bytes
    /// (<c>a:</c> and a newline), so nobody can mail us a message that we can not read.
    /// </summary>
    public const int MaxHeaderLines = 1024 * 1024;

    /// <summary>Largest value of an ACL variable in the old form <c>-acl N LEN</c>, Exim's own bound (spool_in.c).</summary>
    public const int MaxOldAclValueBytes = 16384;
}
