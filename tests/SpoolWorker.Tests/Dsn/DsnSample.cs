using System.Text;
using MimeKit;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Dsn.Report;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Dsn;

/// <summary>Notifications made for tests, and read back.</summary>
internal static class DsnSample
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 30, 0, TimeSpan.Zero);
    private static readonly DsnAccount Account = new("Debian-exim", 103, 106);

    public static readonly MessageId Id = PairFactory.Parse("1xVVi8-0004CH-2m");

    public static DsnOptions Options(Action<DsnOptions>? change = null)
    {
        var options = new DsnOptions { ReportingMta = "mx.here.example" };
        change?.Invoke(options);
        DsnOptions.Faults(options).Should().BeEmpty();
        return options;
    }

    /// <summary>A recipient's line with DSN data, as Exim writes it.</summary>
    public static string Rcpt(string address, string orcpt = "", int flags = 0, string errorsTo = "") =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{address} {orcpt} {orcpt.Length},{flags} {errorsTo} {errorsTo.Length},-1#3");

    public static HeaderFile Read(PairFactory pair)
    {
        HeaderFileReader.TryRead(pair.HeaderFile, pair.MessageId, out var header, out var error).Should().BeTrue("{0}", error);
        return header!;
    }

    /// <summary>A notice about all recipients of a pair.</summary>
    public static DsnNotice Notice(PairFactory pair, DsnAction action = DsnAction.Failed, string reason = "no such mailbox here", Diagnosis? diagnosis = null, string pass = "rules")
    {
        var message = Read(pair);
        return new DsnNotice
        {
            Action = action,
            Message = message,
            Body = new MemoryBody(pair.Body, pair.WireFormat),
            ReturnPath = message.Sender,
            Recipients = [.. message.Recipients.Select(r => new DsnRecipient(r, pass, reason, diagnosis ?? Diagnosis.None))],
            Now = Now,
            RetryUntil = action == DsnAction.Delayed ? Now.AddDays(3) : null,
        };
    }

    /// <summary>-H and the body, composed.</summary>
    public static (HeaderFile Header, byte[] Body) Compose(DsnNotice notice, DsnOptions? options = null)
    {
        var message = new DsnFeature(options ?? Options()).Composer.Compose(notice, Account);
        using var stream = message.OpenBody();
        var count = BodyCount.Of(stream);
        using var body = new MemoryStream();
        stream.CopyTo(body);
        count.Lines.Should().Be(BodyForm.CountLines(body.ToArray()), "it can be read twice");
        return (count.ApplyTo(message.HeaderFor(Id)), body.ToArray());
    }

    /// <summary>The message as it is delivered.</summary>
    public static byte[] Mail(HeaderFile header, byte[] body)
    {
        using var mail = new MemoryStream();
        foreach (var line in header.Headers.Where(h => !h.IsDeleted)) mail.Write(line.Text.Span);
        mail.WriteByte((byte)'\n');
        mail.Write(body);
        return mail.ToArray();
    }

    public static ReadDsn Read(HeaderFile header, byte[] body) => new(Mail(header, body));

    public static ReadDsn Read(DsnNotice notice, DsnOptions? options = null)
    {
        var (header, body) = Compose(notice, options);
        return Read(header, body);
    }
}

/// <summary>A notification as MimeKit reads it.</summary>
internal sealed class ReadDsn
{
    public ReadDsn(byte[] mail)
    {
        Bytes = mail;
        using var stream = new MemoryStream(mail, writable: false);
        Message = MimeMessage.Load(stream);
        Report = Message.Body.Should().BeOfType<MultipartReport>("{0}", Encoding.Latin1.GetString(mail.AsSpan(0, Math.Min(mail.Length, 3000)))).Subject;
        Report.Should().HaveCount(3);
        Groups = [.. ((MessageDeliveryStatus)Report[1]).StatusGroups];
    }

    public byte[] Bytes { get; }

    public MimeMessage Message { get; }

    public MultipartReport Report { get; }

    public IReadOnlyList<HeaderList> Groups { get; }

    public string Text => ((TextPart)Report[0]).Text.ReplaceLineEndings("\n");

    public string ReturnedType => Report[2].ContentType.MimeType;

    public string? Field(string name, int group = 1) => Groups[group][name];

    /// <summary>All fields of that name in a group, unfolded by hand: MimeKit's decoding is not what a report's reader does.</summary>
    public string[] Raw(string name, int group = 1) =>
        [.. Groups[group].Where(h => h.Field.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => Encoding.UTF8.GetString(h.RawValue).ReplaceLineEndings("\n").Replace("\n", "", StringComparison.Ordinal).Trim())];
}
