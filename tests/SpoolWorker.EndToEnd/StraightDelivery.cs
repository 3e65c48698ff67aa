// What one Exim makes of the samples when nothing stands between reception and delivery. Every delivery through the worker is held
// against this, so the tests need no belief of their own about what Exim may change. Made once for the whole run.
namespace SpoolWorker.EndToEnd;

internal static class StraightDelivery
{
    private static readonly Lazy<Task<IReadOnlyList<Delivery>>> Usual = new(() => Make(wireFormat: false));
    private static readonly Lazy<Task<IReadOnlyList<Delivery>>> WireFormat = new(() => Make(wireFormat: true));

    public static Task<IReadOnlyList<Delivery>> Deliveries(bool wireFormat = false) => (wireFormat ? WireFormat : Usual).Value;

    /// <summary>What to send to an Exim. With spool_wireformat all of it by BDAT: Exim 4.96 marks a DATA message as wire format when a BDAT message came
    /// before it on the same connection, though its -D has LF ends, and then delivers it without its body.</summary>
    public static IReadOnlyList<SmtpMessage> Samples(bool wireFormat) =>
        wireFormat ? [.. MessageSamples.All.Select(m => m with { Chunked = true })] : MessageSamples.All;

    /// <summary>Each sample once for each recipient, from its sender, with the very bytes of the straight delivery; nothing else.</summary>
    public static async Task Matches(IReadOnlyList<Delivery> actual, IEnumerable<SmtpMessage> sent, bool wireFormat = false, int moreNotices = 0)
    {
        var names = sent.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var expected = (await Deliveries(wireFormat)).Where(d => d.Sample is not null && names.Contains(d.Sample)).ToList();
        Once.Each(expected.Select(Envelope), actual.Where(d => d.Sample is not null).Select(Envelope));
        foreach (var one in actual.Where(d => d.Sample is not null))
        {
            var straight = expected.Single(d => Envelope(d) == Envelope(one));
            // not Should().Be() on 5 MB: its report of a difference would take minutes
            (one.Body == straight.Body).Should().BeTrue($"the body of '{one.Sample}' must not change (was {straight.Body.Length} bytes, is {one.Body.Length})");
            one.HeadersButReceived.Should().Be(straight.HeadersButReceived, $"the headers of '{one.Sample}' must not change");
        }

        // notices: Exim writes them only if the DSN parameters of the sample came through
        var notices = sent.Any(m => m.Name == "dsn") ? 1 + moreNotices : 0;
        var received = actual.Where(d => d.Sample is null).ToList();
        received.Count.Should().Be(notices, "each success notice comes once");
        foreach (var notice in received)
        {
            notice.Sender.Should().BeEmpty();
            notice.Body.Should().Contain("Original-Envelope-ID: env-4711").And.Contain("rfc822;asked+2Bfor@to.example");
        }
    }

    private static string Envelope(Delivery delivery) => $"{delivery.Sample}: <{delivery.Sender}> to <{delivery.Recipient}>";

    private static async Task<IReadOnlyList<Delivery>> Make(bool wireFormat)
    {
        using var scene = new TempDirectory(isForAll: true);
        using var exim = EximInstance.Create(scene, "straight", EximRole.Deliver, c => c with { WireFormat = wireFormat });
        await exim.StartDaemon(queueRunner: false);
        SmtpClient.Send(exim.Port, Samples(wireFormat));
        await exim.Mail.WaitFor(MessageSamples.Deliveries(MessageSamples.All), () => exim.MainLog);
        return exim.Mail.Deliveries();
    }
}
