using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace SpoolWorker.Spool;

// Edits of a -H file. Each returns a new value and changes only what it names. Arguments that can not be written throw ArgumentException here
// rather than later, so that what a pass supplies never adds a line to the envelope.
public sealed partial record HeaderFile
{
    /// <summary>The same message under another id.</summary>
    public HeaderFile WithId(MessageId id)
    {
        ArgumentOutOfRangeException.ThrowIfZero(id.Length, nameof(id));
        return this with { Id = id };
    }

    /// <summary>Another envelope sender, without angle brackets; empty for the null sender.</summary>
    public HeaderFile WithSender(ReadOnlyMemory<byte> sender)
    {
        RequireOneLine(sender.Span, nameof(sender));
        return this with { Sender = sender };
    }

    /// <summary>
    /// Sets an option line or ACL variable. The first of that name changes in place and never loses its taint mark, further ones go; a new one is
    /// added at the end.
    /// </summary>
    /// <param name="name">The name as for <see cref="Find"/>.</param>
    /// <param name="value">The value, or null for a line that is only a name.</param>
    /// <param name="tainted">False only when nothing in the value comes from the message, its sender or another host.</param>
    public HeaderFile WithVariable(string name, ReadOnlyMemory<byte>? value, bool tainted = true)
    {
        var variable = SpoolVariable.Create(name, value, tainted);
        var first = IndexOf(name);
        if (first >= 0)
        {
            // a quoter spoke of the old value only
            var old = Variables[first];
            variable = old with { Value = variable.Value, HasValue = variable.HasValue, Tainted = old.Tainted || tainted, Quoter = null };
        }

        if (HeaderFileWriter.FaultOf(variable) is { } fault)
        {
            throw new ArgumentException(fault, nameof(name));
        }

        return this with
        {
            Variables = first < 0
                ? Variables.Add(variable)
                : [.. Variables.Take(first), variable, .. Variables.Skip(first + 1).Where(other => !other.Is(name))],
        };
    }

    /// <summary>Sets an option line or ACL variable to a text, written as UTF-8.</summary>
    /// <inheritdoc cref="WithVariable(string, ReadOnlyMemory{byte}?, bool)"/>
    public HeaderFile WithVariable(string name, string value, bool tainted = true) =>
        WithVariable(name, Encoding.UTF8.GetBytes(value), tainted);

    /// <summary>Sets an option line that is only a name, such as <c>manual_thaw</c>.</summary>
    public HeaderFile WithFlag(string name) => WithVariable(name, (ReadOnlyMemory<byte>?)null, tainted: false);

    /// <summary>Takes away every option line of that name.</summary>
    public HeaderFile WithoutVariable(string name) =>
        Find(name) is null ? this : this with { Variables = Variables.RemoveAll(variable => variable.Is(name)) };

    /// <summary>
    /// Other recipients. Parents are indexes into the present list: when the new one has another length they are looked up again by address, and
    /// one that is gone leaves its children without a parent.
    /// </summary>
    /// <remarks>To stop delivery to somebody, <see cref="WithDone"/> is the better way: Exim keeps the record of all recipients.</remarks>
    public HeaderFile WithRecipients(IEnumerable<Recipient> recipients)
    {
        ImmutableArray<Recipient> list = [.. recipients];
        if (list.Length > SpoolLimits.MaxRecipients)
        {
            throw new ArgumentException($"{list.Length} recipients are above {SpoolLimits.MaxRecipients}", nameof(recipients));
        }

        if (list.Length != Recipients.Length && list.Any(recipient => recipient.Parent >= 0))
        {
            var places = new Dictionary<ReadOnlyMemory<byte>, int>(BytesComparer.Instance);
            for (var i = 0; i < list.Length; i++)
            {
                places.TryAdd(list[i].Address, i);
            }

            list = [.. list.Select(recipient => recipient.Parent < 0 ? recipient : recipient.WithParent(PlaceOfParent(recipient, places)))];
        }

        return this with { Recipients = list };
    }

    /// <summary>Records that these addresses need no further delivery.</summary>
    public HeaderFile WithDone(IEnumerable<ReadOnlyMemory<byte>> addresses)
    {
        var tree = NonRecipients.Add(addresses);
        return ReferenceEquals(tree, NonRecipients) ? this : this with { NonRecipients = tree };
    }

    /// <summary>The same mail for a reader that spoils the tree of non-recipients: who needs no further delivery leaves the list of recipients
    /// and the tree. What else is in the tree (addresses that a recipient was redirected to) stays.</summary>
    public HeaderFile WithoutDone()
    {
        var done = Recipients.Where(recipient => NonRecipients.Contains(recipient.Address.Span)).Select(recipient => recipient.Address).ToList();
        return done.Count == 0 ? this : WithRecipients(Pending) with { NonRecipients = NonRecipients.Remove(done) };
    }

    /// <summary>Puts a line above all others, where trace fields belong (RFC 5321, 4.4).</summary>
    public HeaderFile WithHeaderOnTop(HeaderLine line) => this with { Headers = Headers.Insert(0, line) };

    /// <summary>Puts a line below all others.</summary>
    public HeaderFile WithHeaderAtEnd(HeaderLine line) => this with { Headers = Headers.Add(line) };

    /// <summary>Marks a line as deleted: Exim keeps it as a record and does not send it.</summary>
    public HeaderFile WithHeaderDeleted(int index) =>
        this with { Headers = Headers.SetItem(index, Headers[index] with { Flag = HeaderLine.DeletedFlag }) };

    /// <summary>The same without <c>-frozen</c>: a carried one would keep Exim from ever delivering.</summary>
    public HeaderFile Thawed() => WithoutVariable("frozen");

    /// <summary>Another number of lines in -D, for a changed body.</summary>
    /// <exception cref="InvalidOperationException">The body is in wire format, which has no line count.</exception>
    public HeaderFile WithBodyLineCount(long lines)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(lines);
        return IsWireFormat
            ? throw new InvalidOperationException("a body in wire format has no line count")
            : WithVariable("body_linecount", lines.ToString(CultureInfo.InvariantCulture), tainted: false);
    }

    private int IndexOf(string name)
    {
        for (var i = 0; i < Variables.Length; i++)
        {
            if (Variables[i].Is(name))
            {
                return i;
            }
        }

        return -1;
    }

    private int PlaceOfParent(Recipient recipient, Dictionary<ReadOnlyMemory<byte>, int> places) =>
        recipient.Parent < Recipients.Length && places.TryGetValue(Recipients[recipient.Parent].Address, out var place) ? place : -1;

    private static void RequireOneLine(ReadOnlySpan<byte> value, string name)
    {
        if (!SpoolBytes.IsOneLine(value))
        {
            throw new ArgumentException($"{SpoolBytes.Quote(value)} holds a newline or NUL", name);
        }
    }
}
