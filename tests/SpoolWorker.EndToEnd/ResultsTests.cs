// What passes find in the routers and transports of the Exim that delivers: Results:Write. Exim itself is the judge of the taint marks.
using SpoolWorker.StandIns;

namespace SpoolWorker.EndToEnd;

public sealed class ResultsTests : WorkerScene
{
    // The letter of the daemon picks the router and names a directory; the header line, a stranger's text, tries to do the same.
    private const string Routers = """

        by_letter:
          driver = accept
          local_parts = letter
          condition = ${if eq{$acl_m_dcc_result}{S}}
          headers_add = X-Seen: $acl_m_dcc_header|$acl_m_spf_result|
          transport = by_letter

        by_header:
          driver = accept
          local_parts = header
          condition = ${if match{$acl_m_dcc_header}{bulk}}
          transport = by_header

        """;

    [EximFact]
    public async Task Routers_see_them_and_Exim_refuses_a_strangers_text_as_a_file_name()
    {
        await using var daemon = DccStandIn.OnSocket(Scene.At("dccifd"));
        daemon.Script = asked => new DccScript { Overall = "S", Letters = new string('A', asked.Recipients.Count), Header = DccScript.BulkHeader };
        var transports = string.Concat(new[] { ("by_letter", "$acl_m_dcc_result"), ("by_header", "${length_1:$acl_m_dcc_header}") }.Select(t => $"""

            {t.Item1}:
              driver = appendfile
              directory = {Scene.At("one/mail")}/../of-{t.Item2}
              create_directory
              maildir_format
              user = {EximUser.Name}
              group = {EximUser.Name}

            """));
        var (exim, worker) = NamedQueue(c => c with { MoreRouters = Routers, MoreTransports = transports }, c => c with
        {
            Passes = ["dcc"],
            Sections = new Dictionary<string, object> { ["Dcc"] = new { Address = daemon.Address, DirectAddHeader = false }, ["Results"] = new { Write = new[] { "dcc_res*", "dcc_header" } } },
        });
        EximUser.Own(exim.Config.Root);
        await exim.StartDaemon();
        worker.Start();
        SmtpClient.Send(exim.Port, MessageSamples.Numbered(1, "letter@to.example", "header@to.example", "other@to.example"));
        await worker.Until(() => new[] { "R=by_letter", "header@to.example R=by_header", "=> other" }.All(part => exim.MainLog.Contains(part, StringComparison.Ordinal)), () => exim.MainLog + exim.PanicLog);

        exim.MainLog.Should().Contain("=> letter <letter@to.example> R=by_letter T=by_letter").And.Contain("=> other <other@to.example>");
        var delivered = File.ReadAllText(Directory.EnumerateFiles(Path.Combine(exim.Config.Root, "of-S/new")).Single());
        delivered.Should().Contain("X-Seen: X-DCC-standin-Metrics: mx.example 1170; bulk Body=many Fuz1=many");
        (exim.MainLog + exim.PanicLog).Should().MatchRegex("header@to.example.*[Tt]ainted");
        Directory.EnumerateDirectories(exim.Config.Root, "of-X*").Should().BeEmpty();
    }
}
