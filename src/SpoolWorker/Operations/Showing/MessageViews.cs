// A message for programs: what the text has, and all that -H holds.
using SpoolWorker.Characters;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Showing;

/// <summary>Makes views of messages.</summary>
internal static class MessageViews
{
    public static MessageView Of(FoundMessage message)
    {
        var view = new MessageView
        {
            Place = message.Place,
            File = message.HeaderPath,
            Reason = message.Reason.Length > 0 ? message.Reason : null,
            Error = message.Error is { } error ? new FaultView { Kind = error.Kind.Token(), Offset = error.Offset, Reason = error.Reason } : null,
        };
        return message.Header is { } header ? WithHeader(view, message, header) : view;
    }

    private static MessageView WithHeader(MessageView view, FoundMessage message, HeaderFile header) => view with
    {
        Id = header.Id.ToString(),
        Sender = Exact(header.Sender),
        Received = View.TimeOfSeconds(header.ReceivedTime),
        Warnings = header.WarningCount,
        Login = Exact(header.Login),
        Uid = header.Uid,
        Gid = header.Gid,
        Frozen = header.IsFrozen,
        Body = new BodyView
        {
            File = message.BodyPath,
            Size = message.BodySize >= 0 ? message.BodySize : null,
            Form = header.IsWireFormat ? "wire" : "lf",
            Lines = header.BodyLineCount,
            Fault = message.BodyFault.Length > 0 ? message.BodyFault : null,
            Locked = message.IsLocked,
            LockedBy = message.LockedBy > 0 ? message.LockedBy : null,
        },
        TlsResumption = header.Resumption is { } resumption ? Of(resumption) : null,
        Recipients = [.. message.Recipients.Select(Of)],
        NonRecipients = [.. header.NonRecipients.Addresses.Select(Exact)],
        Variables = [.. header.Variables.Select(v => new VariableView { Name = v.FullName, Value = v.HasValue ? Exact(v.Value) : null, Tainted = v.Tainted, Quoter = v.Quoter })],
        Headers = [.. header.Headers.Select(line => new HeaderLineView { Flag = line.Flag.ToString(), Deleted = line.IsDeleted, Text = Exact(line.Text) })],
        Ledger = [.. message.Ledger.Select(RecordViews.Of)],
    };

    private static ResumptionView Of(TlsResumption resumption) => new()
    {
        Bits = resumption.Bits,
        Words = resumption.Words,
        Built = resumption.IsBuilt,
        TicketRequested = resumption.IsTicketRequested,
        SessionOffered = resumption.IsSessionOffered,
        TicketIssued = resumption.IsTicketIssued,
        Resumed = resumption.IsResumed,
    };

    private static ServedRecipientView Of(FoundRecipient found)
    {
        var recipient = found.Recipient;
        return new ServedRecipientView
        {
            Address = Exact(recipient.Address),
            State = found.Source switch { ServedSource.None => "pending", ServedSource.Ledger => "settled", _ => "done" },
            Source = found.Source switch { ServedSource.None => null, ServedSource.NonRecipients => "non-recipients", ServedSource.Journal => "journal", _ => "ledger" },
            Outcome = found.Outcome,
            ErrorsTo = recipient.ErrorsTo.IsEmpty ? null : Exact(recipient.ErrorsTo),
            Orcpt = recipient.Orcpt.IsEmpty ? null : Exact(recipient.Orcpt),
            DsnFlags = recipient.DsnFlags != 0 ? recipient.DsnFlags : null,
            Parent = recipient.Parent >= 0 ? recipient.Parent : null,
        };
    }

    private static string Exact(ReadOnlyMemory<byte> bytes) => SafeText.Exact(bytes.Span);
}
