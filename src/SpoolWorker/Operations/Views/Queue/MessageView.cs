namespace SpoolWorker.Operations.Views.Queue;

/// <summary>One message with everything that is known of it. What is read from <c>-H</c> is left out where that cannot be read.</summary>
internal sealed record MessageView : View
{
    /// <summary><c>intake</c>, <c>target</c>, <c>held</c>, <c>corrupt</c>, or <c>file</c> for one that was named.</summary>
    public required string Place { get; init; }

    /// <summary>Its <c>-H</c>.</summary>
    public required string File { get; init; }

    /// <summary>What the note beside it says: why it is held or corrupt.</summary>
    public string? Reason { get; init; }

    /// <summary>Why <c>-H</c> cannot be read.</summary>
    public FaultView? Error { get; init; }

    /// <summary>Exim's message id.</summary>
    public string? Id { get; init; }

    /// <summary>Envelope sender; empty for the null sender.</summary>
    public string? Sender { get; init; }

    /// <summary>When Exim received it.</summary>
    public string? Received { get; init; }

    /// <summary>Warnings that Exim has sent of its delay.</summary>
    public int? Warnings { get; init; }

    /// <summary>Whom Exim received it as.</summary>
    public string? Login { get; init; }

    /// <summary>The number of that user.</summary>
    public long? Uid { get; init; }

    /// <summary>The number of that group.</summary>
    public long? Gid { get; init; }

    /// <summary>Whether Exim leaves it alone until somebody thaws it.</summary>
    public bool? Frozen { get; init; }

    /// <summary>Its <c>-D</c>.</summary>
    public BodyView? Body { get; init; }

    /// <summary>How the TLS session it came by came about; left out without TLS.</summary>
    public ResumptionView? TlsResumption { get; init; }

    /// <summary>All there are, also those who are served.</summary>
    public IReadOnlyList<ServedRecipientView> Recipients { get; init; } = [];

    /// <summary>Who needs no further delivery, as <c>-H</c> says.</summary>
    public IReadOnlyList<string> NonRecipients { get; init; } = [];

    /// <summary>Variables of <c>-H</c>.</summary>
    public IReadOnlyList<VariableView> Variables { get; init; } = [];

    /// <summary>Header lines in their order.</summary>
    public IReadOnlyList<HeaderLineView> Headers { get; init; } = [];

    /// <summary>What the worker knows of it, one record for each intake.</summary>
    public IReadOnlyList<RecordView> Ledger { get; init; } = [];
}

/// <summary>A body.</summary>
internal sealed record BodyView
{
    /// <summary>Its <c>-D</c>.</summary>
    public required string File { get; init; }

    /// <summary>Bytes behind the name line.</summary>
    public long? Size { get; init; }

    /// <summary><c>lf</c>, or <c>wire</c> for lines that end in CRLF.</summary>
    public required string Form { get; init; }

    /// <summary>Its lines, as <c>-H</c> counts them.</summary>
    public long? Lines { get; init; }

    /// <summary>What is wrong with it.</summary>
    public string? Fault { get; init; }

    /// <summary>Whether a process works on the message; left out where it cannot be told.</summary>
    public bool? Locked { get; init; }

    /// <summary>The number of that process.</summary>
    public int? LockedBy { get; init; }
}

/// <summary>What <c>-tls_resumption</c> tells of a TLS session.</summary>
internal sealed record ResumptionView
{
    /// <summary>Exim's <c>$tls_in_resumption</c>.</summary>
    public required int Bits { get; init; }

    /// <summary>What <c>_RESUME_DECODE</c> calls it.</summary>
    public required string Words { get; init; }

    /// <summary>Whether that Exim can resume sessions.</summary>
    public required bool Built { get; init; }

    /// <summary>Whether the client asked for a ticket.</summary>
    public required bool TicketRequested { get; init; }

    /// <summary>Whether the client offered a session.</summary>
    public required bool SessionOffered { get; init; }

    /// <summary>Whether the server issued a ticket.</summary>
    public required bool TicketIssued { get; init; }

    /// <summary>Whether the session was resumed.</summary>
    public required bool Resumed { get; init; }
}

/// <summary>A recipient, and who says that it is served.</summary>
internal sealed record ServedRecipientView : RecipientView
{
    /// <summary><c>pending</c> (in <c>held/</c>: it is held there), <c>done</c> (Exim has served it) or <c>settled</c> (the worker has).</summary>
    public required string State { get; init; }

    /// <summary>Where that stands: <c>non-recipients</c>, <c>journal</c> or <c>ledger</c>.</summary>
    public string? Source { get; init; }

    /// <summary>Settled: as what, such as <c>requeued</c> and an id.</summary>
    public string? Outcome { get; init; }

    /// <summary>Where errors go in place of the sender.</summary>
    public string? ErrorsTo { get; init; }

    /// <summary>ORCPT of RFC 3461.</summary>
    public string? Orcpt { get; init; }

    /// <summary>NOTIFY of RFC 3461, in Exim's bits.</summary>
    public int? DsnFlags { get; init; }

    /// <summary>The place, in <c>recipients</c>, of the one it was made from.</summary>
    public int? Parent { get; init; }
}

/// <summary>A variable.</summary>
internal sealed record VariableView
{
    /// <summary>As Exim writes it.</summary>
    public required string Name { get; init; }

    /// <summary>Left out for one that is only set.</summary>
    public string? Value { get; init; }

    /// <summary>Whether a stranger chose the value.</summary>
    public required bool Tainted { get; init; }

    /// <summary>The lookup that has quoted it.</summary>
    public string? Quoter { get; init; }
}

/// <summary>A header line.</summary>
internal sealed record HeaderLineView
{
    /// <summary>Exim's letter for its kind; a blank for none.</summary>
    public required string Flag { get; init; }

    /// <summary>Whether it is never sent.</summary>
    public required bool Deleted { get; init; }

    /// <summary>The whole field with its line ends.</summary>
    public required string Text { get; init; }
}
