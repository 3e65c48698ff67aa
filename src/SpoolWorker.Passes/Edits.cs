// Edits a pass asks for. Data only: the engine applies them, in the order given, to the -H it writes.
using SpoolWorker.Spool;

namespace SpoolWorker.Passes;

/// <summary>A change of the header section.</summary>
public abstract record HeaderEdit
{
    private HeaderEdit()
    {
    }

    /// <summary>A new line above all others (trace headers).</summary>
    public sealed record AddOnTop(HeaderLine Line) : HeaderEdit;

    /// <summary>A new line below all others.</summary>
    public sealed record AddAtEnd(HeaderLine Line) : HeaderEdit;

    /// <summary>Marks a line as deleted ('*'): kept in the spool, never sent. The line is found by its bytes, not by a
    /// position that an earlier edit may have moved.</summary>
    public sealed record Delete(HeaderLine Line) : HeaderEdit;
}

/// <summary>A change of the envelope.</summary>
public abstract record EnvelopeEdit
{
    private EnvelopeEdit()
    {
    }

    /// <summary>Another envelope sender for the whole message; empty is the null sender.</summary>
    public sealed record SetSender(ReadOnlyMemory<byte> Sender) : EnvelopeEdit;

    /// <summary>A return path for one recipient alone (the spool's errors_to field).</summary>
    public sealed record SetErrorsTo(ReadOnlyMemory<byte> Recipient, ReadOnlyMemory<byte> ErrorsTo) : EnvelopeEdit;

    /// <summary>Another address in place of a recipient; its ORCPT and DSN flags stay.</summary>
    public sealed record ReplaceRecipient(ReadOnlyMemory<byte> Recipient, ReadOnlyMemory<byte> With) : EnvelopeEdit;

    /// <summary>A further recipient, of whom nobody is told anything (NOTIFY=NEVER): once a message, whatever the number of its attempts, and never where the address is a
    /// recipient already. Passes behind treat it as any other. Its place is behind the replacements, wherever it stands among the edits.</summary>
    /// <param name="Address">Who gets it.</param>
    /// <param name="Of">The recipients whose mail it is a copy of, by address as in <see cref="PassContext.Recipients"/>.</param>
    public sealed record AddCopy(ReadOnlyMemory<byte> Address, IReadOnlyList<ReadOnlyMemory<byte>> Of) : EnvelopeEdit;

    /// <summary>Sets or replaces a spool variable.</summary>
    public sealed record SetVariable(string Name, ReadOnlyMemory<byte> Value) : EnvelopeEdit;
}
