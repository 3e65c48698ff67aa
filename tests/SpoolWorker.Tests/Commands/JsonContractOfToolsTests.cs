using System.Text;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Dns;
using SpoolWorker.Tests.Lookup;

namespace SpoolWorker.Tests.Commands;

/// <summary>The same of what is checked and made by hand.</summary>
public sealed partial class JsonContractTests
{
    [Fact]
    public void Authenticate_and_spf_print_one_object()
    {
        using var dns = new TestDnsServer(new Zone().Txt("sender.example", "v=spf1 -all").Txt("_dmarc.sender.example", "v=DMARC1; p=reject"));
        var file = Message("Authentication-Results: mx.example; spf=pass\nFrom: Alice <alice@sender.example>\n\nHello\n");
        string[] client = ["--ip", "192.0.2.9", "--helo", "mx.sender.example", "--from", "alice@sender.example", "--dns", dns.Address];
        var judged = Whole(_play.Run(["authenticate", file, .. client, "--Authenticate:AuthservId=mx.example", "--json"]));
        judged.GetProperty("spf").GetProperty("result").GetString().Should().Be("fail");
        judged.GetProperty("removed").EnumerateArray().Select(l => l.GetString()).Should().Equal("Authentication-Results: mx.example; spf=pass");
        judged.GetProperty("results").GetProperty("dmarc_result").GetString().Should().Be("fail");
        // Nothing is known of the client: what has nothing to say is left out.
        var unknown = Whole(_play.Run("authenticate", file, "--dns", dns.Address, "--json")).GetProperty("spf");
        (unknown.GetProperty("result").GetString(), unknown.TryGetProperty("explanation", out _)).Should().Be(("none", false));

        var spf = Whole(_play.Run(["spf", .. client, "--json"]));
        spf.GetProperty("header").GetString().Should().StartWith("Received-SPF: fail (");
        Whole(_play.Run(["spf", .. client, "--guess", "--json"])).GetProperty("header").GetString().Should().StartWith("X-SPF-Guess: ");
        _play.Run(["spf", .. client, "--jsonl"]).ExitCode.Should().Be(64, "it has no rows");
    }

    [Fact]
    public async Task Dcc_check_prints_one_object_with_an_answer_and_without()
    {
        await using var daemon = DccStandIn.OnPort().Says(new DccScript { Overall = "R", Letters = "AR", Header = DccScript.BulkHeader });
        string[] asked = ["dcc", "check", Message("X-DCC-standin-Metrics: forged\nFrom: a@sender.example\n\nHello\n"), "--rcpt", "a@r.example", "--rcpt", "b@r.example", "--json"];
        var answered = Whole(_play.Run([.. asked, "--address", daemon.Address]));
        answered.GetProperty("recipients").EnumerateArray().Select(r => r.GetProperty("letter").GetString()).Should().Equal("A", "R");
        answered.GetProperty("request").GetProperty("recipients").EnumerateArray().Select(r => r.GetProperty("address").GetString()).Should().Equal("a@r.example", "b@r.example");
        answered.GetProperty("results").GetProperty("dcc_recipients").GetString().Should().Be("AR");
        (answered.GetProperty("wouldNotAsk").GetString(), answered.GetProperty("answerLines").GetArrayLength()).Should().Be(("local mail", 0));
        Whole(_play.Run([.. asked, "--address", daemon.Address, "--verbose"])).GetProperty("answerLines").EnumerateArray().Select(l => l.GetString()).Should().StartWith(["R", "AR"]);

        var nobody = _play.Run([.. asked, "--address", DccStandIn.Nowhere(_play.Path)]);
        nobody.ExitCode.Should().Be(75);
        (Whole(nobody).GetProperty("disposition").GetString(), nobody.Json.GetProperty("recipients").GetArrayLength()).Should().Be(("defer", 0));
    }

    [Fact]
    public void Dsn_explain_prints_one_object_with_times_like_all_others()
    {
        const string Report = "From: <>\nMIME-Version: 1.0\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nSorry\n--b\nContent-Type: message/delivery-status\n\n";
        var file = Message(Report + "Reporting-MTA: dns; mx.r.example\nArrival-Date: Mon, 23 Nov 2026 16:11:49 +0100\n\nFinal-Recipient: rfc822; SRS0=aaaa=JM=c.example=bob@r.example\nAction: delayed\nStatus: 4.2.2\n"
            + "Last-Attempt-Date: some day\nWill-Retry-Until: Tue, 24 Nov 2026 15:11:49 +0000\n\n--b--\n");
        var bounce = Whole(_play.Run("dsn", "explain", file, "--json"));
        bounce.GetProperty("arrived").GetString().Should().Be("2026-11-23T15:11:49.000Z");
        var recipient = bounce.GetProperty("recipients")[0];
        recipient.GetProperty("retryUntil").GetString().Should().Be("2026-11-24T15:11:49.000Z");
        recipient.TryGetProperty("lastAttempt", out _).Should().BeFalse("it is no date");
        recipient.GetProperty("srs").GetProperty("address").GetString().Should().Be("bob@c.example");
        recipient.GetProperty("permanent").GetBoolean().Should().BeFalse();
        var none = _play.Run("dsn", "explain", Message("From: a@sender.example\n\nHello\n"), "--json");
        none.ExitCode.Should().Be(65);
        (Whole(none).GetProperty("bounce").GetBoolean(), none.Json.GetProperty("recipients").GetArrayLength()).Should().Be((false, 0));
    }

    [Fact]
    public void Srs_prints_rows_and_keygen_and_exim_config_one_object()
    {
        File.WriteAllText($"{_play.Path}/secret", "secret");
        string[] encode = ["srs", "encode", "--secret-file", $"{_play.Path}/secret", "--domain", "fwd.example", "a@b.example", "nobody"];
        var rows = Whole(_play.Run([.. encode, "--json"])).EnumerateArray().ToList();
        rows.Select(r => r.GetProperty("asked").GetString()).Should().Equal("a@b.example", "nobody");
        (rows[1].GetProperty("status").GetString(), rows[1].TryGetProperty("address", out _)).Should().Be(("malformed", false));
        Lines(_play.Run([.. encode, "--jsonl"])).Select(r => r.GetRawText()).Should().Equal(rows.Select(r => r.GetRawText()));

        var key = Whole(_play.Run("keygen", "--selector", "s", "--domain", "d.example", "--type", "ed25519", "--out", $"{_play.Path}/key", "--json"));
        (key.GetProperty("file").GetString(), key.GetProperty("strings").GetArrayLength()).Should().Be(($"{_play.Path}/key", 1));
        var wiring = Whole(_play.Run("exim-config", "queuefile", "--json"));
        (wiring.GetProperty("wiring").GetString(), wiring.TryGetProperty("main", out _)).Should().Be(("queuefile", false));
        wiring.GetProperty("transports").GetString().Should().Contain("driver = queuefile");
    }

    [LmdbFact]
    public void Tables_print_objects_and_rows_that_can_be_written_back()
    {
        var table = $"{_play.Path}/t.mdb";
        Whole(_play.Run("table", "put", table, "a", "1", "--json")).GetProperty("written").GetInt32().Should().Be(1);
        _play.Run("table", "put", table, @"\ff", @"\fe", "--escaped").ExitCode.Should().Be(0);
        var rows = Whole(_play.Run("table", "list", table, "--json")).EnumerateArray().ToList();
        (rows[0].GetProperty("key").GetString(), rows[0].TryGetProperty("keyBase64", out _)).Should().Be(("a", false));
        (Encoding.Latin1.GetString(rows[1].GetProperty("keyBase64").GetBytesFromBase64()), rows[1].TryGetProperty("value", out _)).Should().Be(("\u00ff", false));
        Lines(_play.Run("table", "list", table, "--jsonl")).Select(r => r.GetRawText()).Should().Equal(rows.Select(r => r.GetRawText()));
        (Whole(_play.Run("table", "list", table, "none", "--json")).GetArrayLength(), _play.Run("table", "list", table, "none", "--jsonl").Output).Should().Be((0, ""));
        Whole(_play.Run("table", "get", table, "a", "--json")).GetProperty("value").GetString().Should().Be("1");
        Whole(_play.Run("table", "get", table, "b", "--json")).TryGetProperty("value", out _).Should().BeFalse();
        File.WriteAllText($"{_play.Path}/rows", "c: 2\nc: 3\n");
        var imported = Whole(_play.Run("table", "import", table, $"{_play.Path}/rows", "--json"));
        (imported.GetProperty("rows").GetInt32(), imported.GetProperty("duplicates").GetInt32()).Should().Be((1, 1));
        Whole(_play.Run("table", "stats", table, "--json")).GetProperty("entries").GetInt32().Should().Be(3);
        Whole(_play.Run("table", "delete", table, "a", "c", "--json")).GetProperty("deleted").GetInt32().Should().Be(2);
    }

    private string Message(string text)
    {
        var path = $"{_play.Path}/{Guid.NewGuid():N}.eml";
        File.WriteAllText(path, text);
        return path;
    }
}
