// The score of a content engine in the routers of the Exim that delivers: $spam_score, $spam_bar and $spam_score_int, as if it had asked itself.
namespace SpoolWorker.EndToEnd;

public sealed class SpamVariablesTests : WorkerScene
{
    private const string Routers = """

        by_score:
          driver = accept
          local_parts = judged
          condition = ${if >{$spam_score_int}{31}}
          condition = ${if <{$spam_score_int}{33}}
          condition = ${if eq{$spam_bar}{+++}}
          headers_add = X-Seen: $spam_score|$spam_bar|$spam_score_int|$acl_m_SYMBOLS
          transport = maildir

        """;

    private sealed class EnginesTheoryAttribute : TheoryAttribute
    {
        public EnginesTheoryAttribute() => Skip = Prerequisites.Missing() ?? RealSpamd.Missing() ?? RealRspamd.Missing();
    }

    [EnginesTheory]
    [InlineData("spamd")]
    [InlineData("rspamd")]
    public async Task Routers_see_the_score_as_if_Exim_had_asked(string pass)
    {
        using IDisposable engine = pass == "spamd" ? new RealSpamd() : new RealRspamd();
        object section = engine is RealSpamd spamd ? new { spamd.Address } : new { Url = ((RealRspamd)engine).Address };
        var (exim, worker) = NamedQueue(c => c with { MoreRouters = Routers.Replace("SYMBOLS", $"{pass}_symbols", StringComparison.Ordinal) }, c => c with
        {
            Passes = [pass],
            Sections = new Dictionary<string, object> { [pass == "spamd" ? "Spamd" : "Rspamd"] = section, ["Results"] = new { Write = new[] { "*_symbols" } } },
        });
        await exim.StartDaemon();
        worker.Start();
        var message = MessageSamples.Message("offer", RealSpamd.Offer.ReplaceLineEndings("\r\n"));
        SmtpClient.Send(exim.Port, message with { Recipients = ["judged@to.example", "other@to.example"] });
        await Delivered(exim, worker, 2);

        exim.MainLog.Should().Contain("=> judged <judged@to.example> R=by_score");
        exim.Mail.Deliveries().Single(d => d.Recipient == "judged@to.example").Headers.Should().Contain("X-Seen: 3.2|+++|32|OFFER\n");
        exim.PanicLog.Should().BeEmpty();
    }
}
