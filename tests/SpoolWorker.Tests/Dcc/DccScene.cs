using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Spool;

namespace SpoolWorker.Tests.Dcc;

/// <summary>Messages and contexts for the pass.</summary>
internal static class DccScene
{
    public static readonly DateTimeOffset Now = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);

    /// <summary>-H with more option lines and header lines.</summary>
    public static HeaderFile Header(string options = "--host_address [192.0.2.7]:4711\n--host_name mail.sender.example\n--helo_name helo.sender.example\n",
        string sender = "alice@sender.example", string[]? recipients = null, params string[] headers)
    {
        recipients ??= ["a@r.example"];
        headers = headers.Length > 0 ? headers : ["From: alice@sender.example\n", "Subject: a test\n\tfolded\n"];
        var lines = string.Concat(headers.Select(h => $"{h.TrimStart('*').Length:000}{(h[0] == '*' ? '*' : ' ')} {h.TrimStart('*')}"));
        var text = $"1xVVht-000477-0i-H\nDebian-exim 103 106\n<{sender}>\n1795446709 0\n{options}-body_linecount 1\nXX\n{recipients.Length}\n{string.Join("\n", recipients)}\n\n{lines}";
        return Samples.Read(Encoding.Latin1.GetBytes(text), PairFactory.Parse("1xVVht-000477-0i"));
    }

    /// <summary>A message variable of an ACL.</summary>
    public static string Acl(string name, string value) => $"-aclm {name} {value.Length}\n{value}\n";

    public static PassContext Context(HeaderFile? header = null, IMessageBody? body = null)
    {
        header ??= Header();
        return new PassContext(header, body ?? new MemoryBody("Hello\n"u8.ToArray()), header.Pending, 1, new Dictionary<string, string>(), Now);
    }

    /// <summary>The pass with deadlines that a busy machine keeps.</summary>
    public static DccPass Pass(string address, Action<DccOptions>? change = null)
    {
        var options = new DccOptions { Address = [address], ConnectTimeout = TimeSpan.FromSeconds(20), WriteTimeout = TimeSpan.FromSeconds(20), ReadTimeout = TimeSpan.FromSeconds(20) };
        change?.Invoke(options);
        DccOptionsValidator.Faults(options).Should().BeEmpty();
        return new DccPass(options, TimeProvider.System);
    }

    /// <summary>What the pass wants with each recipient, as "address kind".</summary>
    public static string[] Of(PassResult result, PassContext context) => [.. context.Recipients.Select(r =>
        $"{Text(r.Address)} {Disposition.Token((result.Recipients.FirstOrDefault(d => d.Recipient.Span.SequenceEqual(r.Address.Span)).Disposition ?? result.Disposition).Kind)}")];

    /// <summary>The edits, as "- line" and "+ line".</summary>
    public static string[] Edits(PassResult result) => [.. result.Headers.Select(e => e switch
    {
        HeaderEdit.Delete delete => $"- {Text(delete.Line.Text)}",
        HeaderEdit.AddAtEnd add => $"+ {Text(add.Line.Text)}",
        _ => throw new InvalidOperationException($"unexpected {e}"),
    })];

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);
}
