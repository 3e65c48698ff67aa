using System.Text;
using Microsoft.Extensions.Logging;
using MimeKit;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Ledger;
using SpoolWorker.Operations.Jobs;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Schedule;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Schedule;

/// <summary>The summary of held mail that is sent by mail.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed class DigestTests : IAsyncLifetime
{
    private const string Daily = "0 0 6 * * ?";
    private readonly EngineRig _rig = new();

    public Task InitializeAsync()
    {
        (_rig.Settings.Digest.To, _rig.Settings.Digest.Cron) = (["Post Master <postmaster@one.example>", "second@two.example"], Daily);
        return Task.CompletedTask;
    }

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task It_tells_what_is_held_why_and_what_is_new()
    {
        await HoldAsync(3);
        Send().Should().Be(3);
        var digest = EngineRig.Pairs(_rig.Target).Single();
        digest.Pending.Should().Equal("postmaster@one.example", "second@two.example");
        TestPass.Text(digest.Header.Sender).Should().Be("postmaster@mx.example");
        digest.Header.Find("received_protocol")!.Value.ToArray().Should().Equal("spoolworker"u8.ToArray());
        using var mail = Mail(digest);
        (mail.Subject, mail.Headers["Auto-Submitted"], mail.To.ToString()).Should().Be(("3 messages held on mx.example", "auto-generated", "\"Post Master\" <postmaster@one.example>, second@two.example"));
        mail.TextBody.Should().Contain("       2  judge: looks odd\n       1  judge: looks bad\n").And.Contain($"{PairFactory.ShortId(3)}  held 2026-11-23 11:57 UTC")
            .And.Contain("  from <alice@sender.example> to <bob@r.example>\n  judge: looks odd\n").And.Contain("The newest first:");
        mail.TextBody.IndexOf(PairFactory.ShortId(3), StringComparison.Ordinal).Should().BeGreaterThan(mail.TextBody.IndexOf(PairFactory.ShortId(1), StringComparison.Ordinal), "the newest comes first");
        _rig.Ledger.Open().Should().NotContain(e => e.Intake == _rig.Target, "it is done with");
        _rig.Ledger.Runs.Find("digest")!.Messages.Should().Be(3);
        _rig.Log.Count("digest of 3 held messages sent as").Should().Be(1);

        _rig.EximDelivers();
        _rig.Settings.Digest.MaxMessages = 1;
        Send(where: "recipient = bob@*").Should().Be(3);
        using var next = Mail(EngineRig.Pairs(_rig.Target).Single());
        next.Subject.Should().Be("3 messages held on mx.example, 0 of them since the last digest");
        next.TextBody.Should().Contain("The newest 1:").And.Contain("2 more are not listed here").And.NotContain(PairFactory.ShortId(3));
    }

    [Fact]
    public async Task Where_nothing_is_held_that_fits_nothing_is_sent()
    {
        await HoldAsync(0);
        Send().Should().Be(0);
        new PairFactory().In(_rig.Intake);
        await _rig.DrainAsync();
        Send(where: "sender_domain = elsewhere.example").Should().Be(0);
        EngineRig.Names(_rig.Target).Should().BeEmpty();
    }

    [Fact]
    public async Task Text_of_strangers_is_harmless_and_its_lines_are_short()
    {
        _rig.With(new TestPass("judge", _ => PassResult.For(Disposition.Hold($"looks\u001b[31m odd {new string('x', 500)}"))));
        new PairFactory { Recipients = ["caf\u00e9@r.example", "b@r.example", "c@r.example", "d@r.example"] }.In(_rig.Intake);
        await _rig.DrainAsync();
        Send().Should().Be(1);
        var body = Encoding.UTF8.GetString(EngineRig.Pairs(_rig.Target).Single().Body);
        body.Should().Contain("looks\\x1b[31m odd").And.Contain("and 1 more").And.NotContain("\u001b");
        body.Split('\n').Should().OnlyContain(line => line.Length <= 203);
    }

    [Fact]
    public async Task A_target_that_cannot_be_written_fails_the_run_and_leaves_nothing()
    {
        await HoldAsync(1);
        Directory.Delete(_rig.Target, recursive: true);
        FluentActions.Invoking(() => Send()).Should().Throw<IOException>();
        _rig.Ledger.Runs.Find("digest").Should().BeNull();
        _rig.Ledger.Open().Should().NotContain(e => e.Intake == _rig.Target);
    }

    [Fact]
    public void The_list_of_jobs_tells_of_it()
    {
        _rig.Settings.Schedule.TimeZone = "UTC";
        var row = JobRows.All(_rig.Settings, null, _rig.Clock.GetUtcNow()).Single();
        (row.Name, row.Kind, row.When, row.Of, row.Next, row.Last).Should().Be(("digest", "digest", Daily, "held", "2026-11-24T06:00:00.000Z", null));
        row.To.Should().Equal("postmaster@one.example", "second@two.example");
    }

    [Fact]
    public void What_cannot_be_meant_is_a_fault()
    {
        string[] Faults(params string[] settings) => [.. ConfigurationLoader.Load(ConfigurationFile.None, settings, CommonOptions.Known()).Faults.Where(f => f.StartsWith("Digest", StringComparison.Ordinal) || f.StartsWith("Schedule", StringComparison.Ordinal) || f.StartsWith("Held:", StringComparison.Ordinal) || f.StartsWith("Corrupt:", StringComparison.Ordinal))];
        string[] good = ["--Digest:To:0=postmaster@one.example", $"--Digest:Cron={Daily}"];
        Faults([.. good, "--Digest:From=Held <held@one.example>", "--Digest:Where=age > 4d", "--Held:Keep=30d", "--Corrupt:MaxBytes=1000"]).Should().BeEmpty();
        Faults($"--Digest:Cron={Daily}").Should().Equal("Digest:To: empty, so nobody gets a digest. Name at least one address, or take Digest:Cron out");
        Faults("--Digest:To:0=postmaster@one.example").Should().ContainSingle().Which.Should().StartWith("Digest:Cron = '': not a cron expression");
        Faults([.. good, "--Digest:To:1=nobody"]).Should().Equal("Digest:To:1 = 'nobody': must be an address in ASCII, such as postmaster@example.org");
        Faults([.. good, "--Digest:From=a b"]).Should().ContainSingle().Which.Should().StartWith("Digest:From = 'a b': must be an address");
        Faults([.. good, "--Digest:Where=nonsense = 1"]).Should().ContainSingle().Which.Should().StartWith("Digest:Where = 'nonsense = 1': ");
        Faults("--Digest:To:0=postmaster@one.example", "--Digest:Cron=0 */5 * * * ?").Should().Equal("Digest:Cron = '0 */5 * * * ?': comes 5m after the one before; a digest comes each 10m at most");
        Faults("--Digest:To:0=postmaster@one.example", "--Digest:Cron=0 0 6 31 2 ?").Should().ContainSingle().Which.Should().Contain("never comes true");
        Faults([.. good, $"--Schedule:Reprocess:0:Cron={Daily}", "--Schedule:Reprocess:0:Name=digest"]).Should().Equal("Schedule:Reprocess:0:Name = 'digest': another schedule is called that");
        Faults("--Held:Keep=30").Should().ContainSingle().Which.Should().StartWith("Held:Keep = '30': ");
        Faults("--Corrupt:Keep=5s").Should().ContainSingle().Which.Should().StartWith("Corrupt:Keep = '5s': ");
    }

    private int Send(string where = "")
    {
        var plan = DigestReader.Plan(_rig.Settings)! with { Where = where };
        var origin = new DsnOrigin("mx.example", new MailboxAddress("Held mail", "postmaster@mx.example"));
        return new DigestSender(_rig.Engine, _rig.Ledger, _rig.Settings, origin, _rig.Clock, new Logger<DigestSender>(_rig.Log)).Run(plan);
    }

    private static MimeMessage Mail(Found pair) =>
        MimeMessage.Load(new MemoryStream([.. pair.Header.Headers.SelectMany(h => h.Text.ToArray()), (byte)'\n', .. pair.Body]));

    // Messages that are held, one a minute before the next.
    private async Task HoldAsync(int count)
    {
        _rig.With(new TestPass("judge", context => PassResult.For(Disposition.Hold(context.Message.Id.ToString() == PairFactory.ShortId(1) ? "looks bad" : "looks odd"))));
        for (var n = 1; n <= count; n++) new PairFactory { Id = PairFactory.ShortId(n) }.In(_rig.Intake);
        await _rig.DrainAsync();
        for (var n = 1; n <= count; n++) File.SetLastWriteTimeUtc($"{_rig.Held}/{PairFactory.ShortId(n)}.reason", _rig.Clock.GetUtcNow().UtcDateTime.AddMinutes(-n));
    }
}
