using System.Text;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Srs;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Srs;

/// <summary>The pass within the engine: who leaves with which sender, and what comes back.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "xunit calls IAsyncLifetime.DisposeAsync")]
public sealed class SrsPassTests : IAsyncLifetime
{
    private const string Alice = "alice@sender.example", Local = "bob@ours.example", Remote = "carol@far.example", Other = "dave@away.example";
    private readonly EngineRig _rig = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync() => _rig.DisposeAsync().AsTask();

    [Fact]
    public async Task Who_stays_keeps_the_sender_and_who_leaves_gets_a_return_path_of_his_own()
    {
        var header = await PassAsync(new PairFactory { Sender = Alice, Recipients = [Local, Remote, Other] });
        Text(header.Sender).Should().Be(Alice);
        var srs = Srs(Alice);
        header.Recipients.Select(r => Text(r.ErrorsTo)).Should().Equal("", srs, srs);
        header.AclVariable('m', "_srs_orig_sender")!.Value.ToArray().Should().Equal(Encoding.Latin1.GetBytes(Alice));
        Text(header.AclVariable('m', "_srs_status")!.Value).Should().Be("ok");
    }

    [Fact]
    public async Task When_all_leave_the_sender_changes()
    {
        var header = await PassAsync(new PairFactory { Sender = Alice, Recipients = [Remote, Other] });
        Text(header.Sender).Should().Be(Srs(Alice));
        header.Recipients.Should().OnlyContain(r => r.ErrorsTo.IsEmpty);
    }

    [Theory]
    [InlineData("", Remote)]
    [InlineData("me@ours.example", Remote)]
    [InlineData("me@sub.ours.example", Remote)]
    [InlineData("root", Remote)]
    [InlineData("SRS0=athw=JM=b.example=a@Fwd.Example", Remote)]
    [InlineData("anybody@fwd.example", Remote)]
    [InlineData(Alice, Local)]
    [InlineData(Alice, "postmaster")]
    public async Task The_null_sender_and_what_is_ours_or_stays_is_left_alone(string sender, string recipient)
    {
        var pair = new PairFactory { Sender = sender, Recipients = [recipient] };
        await PassAsync(pair);
        EngineRig.Pairs(_rig.Target).Single().HeaderBytes.Should().Equal(pair.HeaderFile);
    }

    [Fact]
    public async Task A_return_path_that_is_there_already_is_the_one_rewritten()
    {
        const string List = "list-bounces@lists.example";
        var header = await PassAsync(new PairFactory
        {
            Sender = Alice,
            Recipients = [$"{Remote}  0,0 {List} {List.Length},-1#3", $"{Local}  0,0 {List} {List.Length},-1#3", $"{Other}  0,0 me@ours.example 15,-1#3", "eve@far.example"],
        });
        Text(header.Sender).Should().Be(Alice);
        header.Recipients.Select(r => Text(r.ErrorsTo)).Should().Equal(Srs(List), List, "me@ours.example", Srs(Alice));
    }

    [Fact]
    public async Task A_return_path_of_a_bounce_is_rewritten_too()
    {
        const string List = "list-bounces@lists.example";
        var header = await PassAsync(new PairFactory { Sender = "", Recipients = [$"{Remote}  0,0 {List} {List.Length},-1#3"] });
        header.IsNullSender.Should().BeTrue();
        Text(header.Recipients.Single().ErrorsTo).Should().Be(Srs(List));
    }

    [Fact]
    public async Task Those_another_pass_holds_keep_the_messages_sender()
    {
        _rig.With(TestPass.PerRecipient("judge", r => r == Other ? Disposition.Hold("smells") : Disposition.Continue));
        await PassAsync(new PairFactory { Sender = Alice, Recipients = [Remote, Other] });
        var (sent, held) = (EngineRig.Pairs(_rig.Target).Single(), EngineRig.Pairs(_rig.Held).Single());
        Text(sent.Header.Sender).Should().Be(Alice);
        Text(sent.Header.Recipients[0].ErrorsTo).Should().Be(Srs(Alice));
        Text(held.Header.Sender).Should().Be(Alice);
        held.Header.Recipients[1].ErrorsTo.IsEmpty.Should().BeTrue();
    }

    [Fact]
    public async Task A_condition_says_when()
    {
        var header = await PassAsync(new PairFactory { Sender = Alice, Recipients = [Remote, Other] }, o => o.Condition = "recipient_domain=far.example");
        header.Recipients.Select(r => Text(r.ErrorsTo)).Should().Equal(Srs(Alice), "");
        Text(header.Sender).Should().Be(Alice);
    }

    [Theory]
    [InlineData(SrsDirection.Forward, false, true)]
    [InlineData(SrsDirection.Reverse, true, false)]
    [InlineData(SrsDirection.Both, true, true)]
    public async Task A_direction_leaves_the_other_alone(SrsDirection direction, bool reads, bool makes)
    {
        const string Eve = "eve@sender.example";
        var header = await PassAsync(new PairFactory { Sender = Alice, Recipients = [Srs(Eve), Remote] }, o => o.Direction = direction);
        header.Recipients.Select(r => Text(r.Address)).Should().Equal(reads ? Eve : Srs(Eve), Remote);
        // Who is behind the SRS address is somebody else's, so that one leaves as well, once it is read.
        (Text(header.Sender) == Srs(Alice)).Should().Be(reads && makes);
        (Text(header.Recipients[1].ErrorsTo) == Srs(Alice)).Should().Be(!reads && makes);
    }

    [Fact]
    public async Task Local_addresses_that_are_forwarded_leave()
    {
        var header = await PassAsync(new PairFactory { Sender = Alice, Recipients = [Local, "ann@ours.example"] }, o => o.Forwarded = [Local]);
        header.Recipients.Select(r => Text(r.ErrorsTo)).Should().Equal(Srs(Alice), "");
    }

    [Fact]
    public async Task A_bounce_to_an_SRS_address_goes_to_the_original_with_its_flags()
    {
        var srs = Srs(Alice);
        var header = await PassAsync(new PairFactory { Sender = "", Recipients = [$"{srs} rfc822;{srs} {srs.Length + 7},4  0,-1#3", Local] });
        header.Recipients.Select(r => Text(r.Address)).Should().Equal(Alice, Local);
        Text(header.Recipients[0].Orcpt).Should().Be($"rfc822;{srs}");
        header.Recipients[0].DsnFlags.Should().Be(4);
        header.NonRecipients.Count.Should().Be(0);
        header.Recipients.Should().OnlyContain(r => r.ErrorsTo.IsEmpty);
        Text(header.AclVariable('m', "_srs_orig_recipient")!.Value).Should().Be(srs);
        Text(header.AclVariable('m', "_srs_recipient")!.Value).Should().Be(Alice);
    }

    [Fact]
    public async Task A_mailbox_of_ours_that_looks_like_SRS_gets_its_bounces()
    {
        const string Odd = "SRS0+Aa.=b@ours.example";
        var rules = SrsSamples.RulesOf(SrsFormat.Exim);
        var srs = SrsSamples.Encoded(rules, Odd, _rig.Clock.GetUtcNow());
        var header = await PassAsync(new PairFactory { Sender = "", Recipients = [srs] }, o => o.Formats = ["exim"]);
        Text(header.Recipients.Single().Address).Should().Be(Odd);
    }

    [Fact]
    public async Task An_answer_that_is_no_bounce_goes_back_out_with_an_SRS_sender()
    {
        var header = await PassAsync(new PairFactory { Sender = "vacation@far.example", Recipients = [Srs(Alice)] });
        Text(header.Recipients.Single().Address).Should().Be(Alice);
        Text(header.Sender).Should().Be(Srs("vacation@far.example"));
    }

    [Fact]
    public async Task Two_SRS_addresses_of_one_sender_become_one_recipient_who_gets_the_mail_once()
    {
        var yesterday = SrsSamples.Encoded(Rules, Alice, _rig.Clock.GetUtcNow().AddDays(-1));
        var header = await PassAsync(new PairFactory { Sender = "", Recipients = [Srs(Alice), yesterday, Alice] });
        header.Pending.Select(r => Text(r.Address)).Should().Equal(Alice);
        new PairFactory { Sender = "", Recipients = [Srs(Alice), yesterday, Alice] }.In(_rig.Intake);
        await _rig.DrainAsync();
        EngineRig.Pairs(_rig.Target).Should().ContainSingle("the same message again brings nothing new");
    }

    [Fact]
    public async Task Half_served_SRS_recipients_are_each_served_once()
    {
        var (one, two) = (Srs("one@sender.example"), Srs("two@sender.example"));
        var later = false;
        UseSrs();
        _rig.With(TestPass.PerRecipient("judge", r => r == "two@sender.example" && !later ? Disposition.Defer("not now") : Disposition.Continue));
        new PairFactory { Sender = "", Recipients = [one, two] }.In(_rig.Intake);
        await _rig.DrainAsync();
        _rig.EximDelivers().Should().Equal("one@sender.example");
        later = true;
        await _rig.RestartAsync();
        _rig.Clock.Advance(TimeSpan.FromHours(2));
        await _rig.DrainAsync();
        _rig.EximDelivers().Should().Equal("two@sender.example");
        EngineRig.Names(_rig.Intake).Should().BeEmpty();
    }

    [Theory]
    [InlineData("SRS0=xxxx=JM=sender.example=alice@fwd.example", "the hash fits none")]
    [InlineData("SRS0=sender.example=alice@FWD.example", "malformed")]
    [InlineData("srs1=xxxx=other.example==xxxx=JM=sender.example=alice@ours.example", "the hash fits none")]
    public async Task Forged_ones_are_held_with_the_reason(string recipient, string reason)
    {
        await PassAsync(new PairFactory { Sender = "", Recipients = [recipient, Local] });
        var held = EngineRig.Pairs(_rig.Held).Single();
        held.Pending.Should().Equal(recipient);
        File.ReadAllText($"{_rig.Held}/{held.Id}.reason").Should().Contain($"SRS recipient <{recipient}>: {reason}");
        EngineRig.Pairs(_rig.Target).Single().Pending.Should().Equal(Local);
    }

    [Fact]
    public async Task Old_ones_are_held_and_so_is_what_leads_to_them()
    {
        var old = SrsSamples.Encoded(Rules, Alice, _rig.Clock.GetUtcNow().AddDays(-22));
        await PassAsync(new PairFactory { Sender = "", Recipients = [old] });
        File.ReadAllText(Directory.GetFiles(_rig.Held, "*.reason").Single()).Should().Contain("out of MaxAge");
    }

    [Theory]
    [InlineData(PolicyAction.Accept, "SRS0=xxxx=JM=sender.example=alice@fwd.example")]
    [InlineData(PolicyAction.Discard, null)]
    [InlineData(PolicyAction.Defer, null)]
    public async Task The_operator_says_what_becomes_of_forged_ones(PolicyAction action, string? delivered)
    {
        UseSrs(o => o.OnInvalid = action);
        new PairFactory { Sender = "", Recipients = ["SRS0=xxxx=JM=sender.example=alice@fwd.example"] }.In(_rig.Intake);
        await _rig.DrainAsync();
        _rig.EximDelivers().Should().Equal(delivered is null ? [] : [delivered]);
        EngineRig.Names(_rig.Held).Should().BeEmpty();
        EngineRig.Names(_rig.Intake).Length.Should().Be(action == PolicyAction.Defer ? 2 : 0);
        _rig.Log.All.Should().Contain("the hash fits none of the secrets");
    }

    [Theory]
    [InlineData("SRS0=xxxx=JM=sender.example=alice@elsewhere.example")]
    [InlineData("srs0@fwd.example")]
    public async Task What_only_looks_like_ours_is_left_alone(string recipient)
    {
        var header = await PassAsync(new PairFactory { Sender = "", Recipients = [recipient] });
        header.Recipients.Select(r => Text(r.Address)).Should().Equal(recipient);
    }

    [Theory]
    [InlineData(SrsTooLong.Keep, true, false)]
    [InlineData(SrsTooLong.Rewrite, true, true)]
    [InlineData(SrsTooLong.Hold, false, false)]
    [InlineData(SrsTooLong.Bounce, false, false)]
    public async Task A_sender_too_long_to_rewrite_is_told_and_dealt_with(SrsTooLong action, bool goes, bool rewritten)
    {
        var sender = new string('x', 60) + "@sender.example";
        UseSrs(o => o.OnTooLong = action);
        new PairFactory { Sender = sender, Recipients = [Remote] }.In(_rig.Intake);
        await _rig.DrainAsync();
        EngineRig.Pairs(goes ? _rig.Target : _rig.Held).Single().Header.Sender.Span.StartsWith("SRS0="u8).Should().Be(rewritten);
        if (!rewritten) _rig.Log.All.Should().Contain("longer than 64 octets");
    }

    [Fact]
    public async Task UTF8_and_quoted_senders_go_out_and_come_back()
    {
        foreach (var sender in new[] { SrsSamples.Bytes("j\u00f6rg@m\u00fcnchen.example"), "\"a b\"@sender.example" })
        {
            await using var rig = new EngineRig();
            rig.With(Pass());
            var header = await PassAsync(rig, new PairFactory { Sender = sender, Recipients = [Remote] });
            rig.EximDelivers();
            var back = await PassAsync(rig, new PairFactory { Id = PairFactory.ShortId(7), Sender = "", Recipients = [Text(header.Sender)] });
            Text(back.Recipients.Single().Address).Should().Be(sender);
        }
    }

    [Fact]
    public async Task A_list_that_cannot_be_read_makes_the_message_wait()
    {
        var list = Path.Combine(_rig.Make("lists"), "local");
        File.WriteAllText(list, "ours.example\n");
        UseSrs(o => o.LocalDomains = [$"lsearch;{list}"]);
        File.Delete(list);
        _rig.Clock.Advance(TimeSpan.FromMinutes(1));
        new PairFactory { Sender = Alice, Recipients = [Remote] }.In(_rig.Intake);
        await _rig.DrainAsync();
        EngineRig.Names(_rig.Target).Should().BeEmpty();
        EngineRig.Names(_rig.Held).Should().BeEmpty();
        EngineRig.Names(_rig.Intake).Should().HaveCount(2);
        _rig.Log.All.Should().Contain("srs is not available").And.Contain(list);
    }

    [Fact]
    public async Task Sixteen_thousand_recipients_take_no_square_of_time()
    {
        var recipients = Enumerable.Range(0, 16_000).Select(i => i % 2 == 0 ? $"u{i}@far.example" : Srs($"u{i}@sender.example")).ToArray();
        var bytes = new PairFactory { Sender = Alice, Recipients = recipients }.HeaderFile;
        HeaderFileReader.TryRead(bytes, PairFactory.Parse(new PairFactory().Id), out var header, out _).Should().BeTrue();
        var state = new ChainState(header!, MemoryBody.Empty, header!.Pending);
        var context = new PassContext(header, MemoryBody.Empty, state.Active(), 1, state.Results, _rig.Clock.GetUtcNow());
        var before = ThreadTime.Now;
        state.Apply("srs", (await Pass().RunAsync(context, default)).AsDeclaredBy("srs"));
        (ThreadTime.Now - before).Should().BeLessThan(TimeSpan.FromSeconds(10), "of this thread's own work; by the square it takes minutes");
        Text(state.Header.Sender).Should().Be(Srs(Alice));
        Text(state.Header.Recipients[1].Address).Should().Be("u1@sender.example");
    }

    [Fact]
    public void All_faults_are_told_together()
    {
        var readable = Secret("readable");
        File.SetUnixFileMode(readable, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        var faults = SrsPlan.Faults(new SrsOptions
        {
            Secrets = [readable, "/nonexistent/secret"],
            Alias = "not a domain",
            Condition = "((",
            Formats = ["srs9", "database"],
            HashMin = 5,
            Separator = "*",
            OnInvalid = PolicyAction.Tag,
            LocalDomains = ["lsearch;/nonexistent/list"],
        }, Place).ToList();
        foreach (var key in new[] { "Secrets = '/nonexistent/secret'", "Alias", "Condition", "Formats = 'srs9'", "HashMin", "Separator", "OnInvalid", "LocalDomains", "Database" })
            faults.Should().Contain(f => f.StartsWith(key, StringComparison.Ordinal), key);
        faults.Should().Contain(f => f.Contains("can be read by everybody", StringComparison.Ordinal));
        SrsPlan.Faults(new SrsOptions(), Place).Should().Contain(f => f.StartsWith("Secrets = ''", StringComparison.Ordinal)).And.Contain(f => f.StartsWith("LocalDomains", StringComparison.Ordinal));
        SrsPlan.Faults(Options(o => o.Database = "/nonexistent/srs.lmdb"), Place).Should().ContainSingle().Which.Should().StartWith("Database = '/nonexistent/srs.lmdb': there is no directory");
        SrsPlan.Faults(Options(o => o.Secrets = [""]), Place).Should().ContainSingle().Which.Should().StartWith("Secrets = ''");
        SrsPlan.Faults(Options(), Place).Should().BeEmpty();
    }

    private static PassPlace Place { get; } = new("srs", ["srs"], DeclaredResults.Known.Passes);

    private static SrsRules Rules { get; } = SrsSamples.RulesOf(SrsFormat.Srs0);

    private string Srs(string address) => SrsSamples.Encoded(Rules, address, _rig.Clock.GetUtcNow());

    private static string Text(ReadOnlyMemory<byte> bytes) => TestPass.Text(bytes);

    private string Secret(string name)
    {
        var path = Path.Combine(_rig.Make("secrets"), name);
        File.WriteAllText(path, SrsSamples.Secret + "\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead);
        return path;
    }

    private SrsOptions Options(Action<SrsOptions>? change = null)
    {
        var options = new SrsOptions { Secrets = [Secret(Guid.NewGuid().ToString("N"))], Alias = "x@fwd.example", LocalDomains = ["ours.example", ".ours.example"] };
        change?.Invoke(options);
        return options;
    }

    private SrsPass Pass(Action<SrsOptions>? change = null) => new(Options(change), new Logger<SrsPass>(_rig.Log), _rig.Clock);

    private void UseSrs(Action<SrsOptions>? change = null) => _rig.With(Pass(change));

    private Task<HeaderFile> PassAsync(PairFactory pair, Action<SrsOptions>? change = null)
    {
        UseSrs(change);
        return PassAsync(_rig, pair);
    }

    private static async Task<HeaderFile> PassAsync(EngineRig rig, PairFactory pair)
    {
        pair.In(rig.Intake);
        await rig.DrainAsync();
        return EngineRig.Pairs(rig.Target).Select(p => p.Header).SingleOrDefault() ?? EngineRig.Pairs(rig.Held).Single().Header;
    }
}
