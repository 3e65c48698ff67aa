using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dcc.Protocol;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Engine;
using SpoolWorker.Tests.Registration;
using static SpoolWorker.Tests.Dcc.DccScene;

namespace SpoolWorker.Tests.Dcc;

/// <summary>Whom the daemon is asked about, what it is told of the client, and what is done with its answer.</summary>
public sealed class PassTests : IAsyncLifetime, IDisposable
{
    private readonly TempDirectory _directory = new();
    private DccStandIn _daemon = null!;

    public Task InitializeAsync()
    {
        _daemon = DccStandIn.OnSocket($"{_directory}/dccifd");
        return Task.CompletedTask;
    }

    public async Task DisposeAsync() => await _daemon.DisposeAsync();

    public void Dispose() => _directory.Dispose();

    private async Task<PassResult> RunAsync(PassContext context, Action<DccOptions>? change = null) => (await Pass(_daemon.Address, change).RunAsync(context, CancellationToken.None)).AsDeclaredBy("dcc");

    [Theory]
    [InlineData("S", "ARG", "continue hold defer")]
    [InlineData("R", "ARA", "continue hold continue")]
    [InlineData("R", "RRR", "hold hold hold")]
    [InlineData("A", "AAA", "continue continue continue")]
    [InlineData("A", "ARA", "continue continue continue")]
    [InlineData("G", "GGG", "defer defer defer")]
    [InlineData("G", "AGA", "continue defer continue")]
    [InlineData("T", "RRR", "defer defer defer")]
    public async Task Each_recipients_letter_decides_about_him_alone(string overall, string letters, string kinds)
    {
        _daemon.Says(new DccScript { Overall = overall, Letters = letters });
        var context = Context(Header(recipients: ["a@r.example", "b@r.example", "c@r.example"]));

        var result = await RunAsync(context);

        Of(result, context).Select(r => r.Split(' ')[1]).Should().Equal(kinds.Split(' '));
        result.Results["dcc_result"].Should().Be(overall);
        result.Results["dcc_header"].Should().Be("X-DCC-standin-Metrics: mx.example 1170; Body=1 Fuz1=1 Fuz2=1");
    }

    [Theory]
    [InlineData(DccAction.Accept, DispositionKind.Continue)]
    [InlineData(DccAction.Tag, DispositionKind.Continue)]
    [InlineData(DccAction.Bounce, DispositionKind.Bounce)]
    [InlineData(DccAction.Discard, DispositionKind.Discard)]
    [InlineData(DccAction.Drop, DispositionKind.Discard)]
    [InlineData(DccAction.Defer, DispositionKind.Defer)]
    public async Task The_operators_word_counts_for_every_letter(DccAction action, DispositionKind kind)
    {
        foreach (var (overall, change) in new (string, Action<DccOptions>)[] { ("R", o => o.OnReject = action), ("G", o => o.OnGreylist = action), ("T", o => o.OnTemporary = action), ("A", o => o.OnAccept = action) })
        {
            _daemon.Says(new DccScript { Overall = overall });
            var result = await RunAsync(Context(), change);
            result.Recipients.Should().ContainSingle().Which.Disposition.Kind.Should().Be(kind);
        }
    }

    [Fact]
    public async Task An_S_can_be_treated_otherwise_than_an_R()
    {
        var context = Context(Header(recipients: ["a@r.example", "b@r.example"]));
        _daemon.Says(new DccScript { Overall = "S", Letters = "AR" });
        Of(await RunAsync(context, o => o.OnSome = DccAction.Drop), context).Should().Equal("a@r.example continue", "b@r.example discard");
        Of(await RunAsync(context, o => o.OnReject = DccAction.Bounce), context).Should().Equal("a@r.example continue", "b@r.example bounce");
        _daemon.Says(new DccScript { Overall = "R", Letters = "AR" });
        Of(await RunAsync(context, o => o.OnSome = DccAction.Drop), context).Should().Equal("a@r.example continue", "b@r.example hold");
    }

    [Fact]
    public async Task A_greylisted_message_is_tried_again_when_the_operator_says()
    {
        _daemon.Says(new DccScript { Overall = "G" });

        (await RunAsync(Context())).Recipients.Single().Disposition.NextTry.Should().Be(Now + TimeSpan.FromMinutes(5));
        (await RunAsync(Context(), o => o.GreylistRetry = TimeSpan.FromHours(1))).Recipients.Single().Disposition.NextTry.Should().Be(Now + TimeSpan.FromHours(1));
        (await RunAsync(Context(), o => o.GreylistRetry = TimeSpan.Zero)).Recipients.Single().Disposition.NextTry.Should().BeNull();
    }

    [Fact]
    public async Task Report_only_records_and_never_acts()
    {
        _daemon.Says(new DccScript { Overall = "R", Header = DccScript.BulkHeader });

        var result = await RunAsync(Context(), o => (o.Mode, o.OnReject) = (DccMode.ReportOnly, DccAction.Tag));

        result.Recipients.Should().BeEmpty();
        result.Disposition.Kind.Should().Be(DispositionKind.Continue);
        result.Results["dcc_result"].Should().Be("R");
        Edits(result).Should().Equal($"+ {DccScript.BulkHeader}");
        _daemon.Asked.Single().Options.Should().Equal("header");
    }

    [Fact]
    public async Task Query_asks_without_counting_and_acts()
    {
        _daemon.Says(new DccScript { Overall = "R" });

        var result = await RunAsync(Context(), o => o.Mode = DccMode.Query);

        _daemon.Asked.Single().Options.Should().Equal("header", "query");
        result.Recipients.Single().Disposition.Kind.Should().Be(DispositionKind.Hold);
    }

    [Fact]
    public async Task A_forged_header_of_the_same_brand_is_removed_and_others_stay()
    {
        var header = Header(headers: ["X-DCC-standin-Metrics: forged; Body=1\n", "x-dcc-STANDIN-metrics: forged\n\ttoo\n", "*X-DCC-standin-Metrics: gone\n", "X-DCC-other-Metrics: relay 1\n", "Subject: x\n"]);

        Edits(await RunAsync(Context(header))).Should().Equal("- X-DCC-standin-Metrics: forged; Body=1\n", "- x-dcc-STANDIN-metrics: forged\n\ttoo\n", $"+ {DccScript.PlainHeader}");
    }

    [Fact]
    public async Task DirectAddHeader_off_leaves_the_message_alone()
    {
        var header = Header(options: "-host_address [192.0.2.7]:1\n" + Acl("_dcc_add_header", "X-Clam: clean"), headers: ["X-DCC-standin-Metrics: of somebody\n"]);

        var result = await RunAsync(Context(header), o => o.DirectAddHeader = false);

        result.Headers.Should().BeEmpty();
        result.Results["dcc_header"].Should().StartWith("X-DCC-standin-Metrics:");
    }

    [Fact]
    public async Task Without_an_X_DCC_header_nothing_is_added()
    {
        _daemon.Says(new DccScript { Header = "" });

        var result = await RunAsync(Context(Header(headers: ["X-DCC-standin-Metrics: of somebody\n"])));

        result.Headers.Should().BeEmpty();
        result.Results["dcc_header"].Should().BeEmpty();
    }

    [Fact]
    public async Task Header_lines_of_the_ACL_are_added_when_they_are_header_lines()
    {
        var value = "X-Clam: clean\nX-Two: first\n\tand more\nno header at all\nX-Bad Name: x\nX-Null: a\0b\n\nX-Last: yes";
        var header = Header(options: "-host_address [192.0.2.7]:1\n" + Acl("_dcc_add_header", value.Replace("\0", "", StringComparison.Ordinal)));

        var result = await RunAsync(Context(header));

        Edits(result).Should().Equal($"+ {DccScript.PlainHeader}", "+ X-Clam: clean\n", "+ X-Two: first\n\tand more\n", "+ X-Null: ab\n", "+ X-Last: yes\n");
        result.Results["dcc_note"].Should().Contain("'no header at all").And.Contain("'X-Bad Name").And.Contain("acl_m_dcc_add_header");
    }

    [Theory]
    [InlineData("_dcc_add_header", "acl_m_dcc_add_header")]
    [InlineData("3", "acl_m3")]
    [InlineData("_mine", "$acl_m_mine")]
    public async Task The_variable_can_be_named(string inSpool, string name)
    {
        var header = Header(options: "-host_address [192.0.2.7]:1\n" + Acl(inSpool, "X-Clam: clean\n"));

        Edits(await RunAsync(Context(header), o => o.AddHeaderVariable = name)).Should().Contain("+ X-Clam: clean\n");
    }

    [Fact]
    public async Task A_tag_says_what_was_found_and_cannot_be_forged()
    {
        _daemon.Says(new DccScript { Overall = "R", Letters = "RAR" });
        var context = Context(Header(recipients: ["a@r.example", "b@r.example", "c@r.example"], headers: ["X-DCC-Result: A\n"]));

        Edits(await RunAsync(context, o => o.OnReject = DccAction.Tag)).Should().Equal($"+ {DccScript.PlainHeader}", "- X-DCC-Result: A\n", "+ X-DCC-Result: R for 2 of 3\n");

        _daemon.Says(new DccScript());
        Edits(await RunAsync(context, o => o.OnReject = DccAction.Tag)).Should().Equal($"+ {DccScript.PlainHeader}", "- X-DCC-Result: A\n");
    }

    [Theory]
    [InlineData("-host_address [192.0.2.7]:4711\n", "192.0.2.7")]
    [InlineData("--host_address [192.0.2.7]\n", "192.0.2.7")]
    [InlineData("-host_address 192.0.2.7.4711\n", "192.0.2.7")]
    [InlineData("-host_address 192.0.2.7\n", "192.0.2.7")]
    [InlineData("-host_address [2001:db8::7]:4711\n", "2001:db8::7")]
    [InlineData("-host_address 2001:db8::7.4711\n", "2001:db8::7")]
    [InlineData("", "127.0.0.1")]
    public async Task The_clients_address_is_found_in_every_form(string options, string ip)
    {
        await RunAsync(Context(Header(options)), o => o.SkipLocal = false);

        var asked = _daemon.Asked.Single();
        asked.Client.Should().Be(ip);
        asked.Helo.Should().Be(options.Length > 0 ? "" : "localhost", "only what is local has Exim's word for it");
    }

    [Fact]
    public async Task The_null_sender_is_named()
    {
        await RunAsync(Context(Header(sender: "")));

        _daemon.Asked.Single().Sender.Should().Be("<>");
    }

    [Fact]
    public async Task Who_has_the_message_already_is_not_asked_about()
    {
        var context = Context(Header(recipients: ["a@r.example", "b@r.example"]));

        await RunAsync(context with { Recipients = [context.Recipients[1]] });

        _daemon.Asked.Single().Recipients.Should().Equal("b@r.example");
    }

    [Theory]
    [InlineData("198.51.100.9", "198.51.100.9")]
    [InlineData("2001:db8::9", "2001:db8::9")]
    [InlineData("", "192.0.2.7\rmail.sender.example")]
    public async Task An_ACL_variable_overrides_the_clients_address(string value, string client)
    {
        var options = "--host_address [192.0.2.7]:4711\n--host_name mail.sender.example\n" + Acl("_dcc_override_client_ip", value);

        (await RunAsync(Context(Header(options)))).Results.Should().NotContainKey("dcc_note");

        _daemon.Asked.Single().Client.Should().Be(client);
    }

    [Theory]
    [InlineData("10")]
    [InlineData("mail.example")]
    [InlineData("1.2.3.4 5.6.7.8")]
    public async Task An_override_that_is_no_address_is_told_and_passed_over(string value)
    {
        var result = await RunAsync(Context(Header("--host_address [192.0.2.7]:4711\n" + Acl("_dcc_override_client_ip", value))));

        _daemon.Asked.Single().Client.Should().Be("192.0.2.7");
        result.Results["dcc_note"].Should().Contain($"acl_m_dcc_override_client_ip: '{value}' is no IP address");
    }

    [Fact]
    public async Task A_table_by_HELO_overrides_it_too_and_the_variable_goes_before()
    {
        File.WriteAllText($"{_directory}/multipleip_sites", "mout-xforward.gmx.net 82.165.159.12\n*.gmx.example  212.227.15.16\n");
        void Table(DccOptions o) => o.OverrideClientIpByHelo = [$"nwildlsearch;{_directory}/multipleip_sites", "mx.inline.example: 198.51.100.1"];
        static PassContext From(string helo, string more = "") => Context(Header($"-host_address [192.0.2.7]:1\n-helo_name {helo}\n{more}"));

        await RunAsync(From("mout-xforward.gmx.net"), Table);
        await RunAsync(From("mout7.gmx.example"), Table);
        await RunAsync(From("mx.inline.example"), Table);
        await RunAsync(From("other.example"), Table);
        await RunAsync(From("mx.inline.example", Acl("_dcc_override_client_ip", "203.0.113.5")), Table);

        _daemon.Asked.Select(a => a.Client).Should().Equal("82.165.159.12", "212.227.15.16", "198.51.100.1", "192.0.2.7", "203.0.113.5");
    }

    [Fact]
    public async Task Local_and_authenticated_mail_is_skipped_unless_the_operator_wants_it()
    {
        var local = Context(Header("-local\n-auth_id root\n"));
        var authenticated = Context(Header("-host_address [192.0.2.7]:1\n-auth_id alice\n-host_auth plain\n"));
        (await RunAsync(local)).Results["dcc_skipped"].Should().Be("local mail");
        (await RunAsync(authenticated)).Results["dcc_skipped"].Should().Be("authenticated sender");
        _daemon.Connections.Should().Be(0);

        // What inetd hands to an Exim that runs as the user nobody.
        await RunAsync(Context(Header("-host_address [192.0.2.7]:1\n-auth_id nobody\n")));
        await RunAsync(local, o => o.SkipLocal = false);
        await RunAsync(authenticated, o => o.SkipAuthenticated = false);
        _daemon.Asked.Should().HaveCount(3);
    }

    [Fact]
    public async Task Large_mail_and_exempt_hosts_senders_and_recipients_are_skipped()
    {
        var context = Context(Header(recipients: ["a@r.example", "b@other.example"]), new MemoryBody(new byte[1000]));
        (await RunAsync(context, o => o.MaxSize = 1000)).Results["dcc_skipped"].Should().Contain("above 1000");
        (await RunAsync(context, o => o.ExemptHosts = ["192.0.2.0/24"])).Results["dcc_skipped"].Should().Contain("exempt host");
        (await RunAsync(context, o => o.ExemptSenders = ["*@sender.example"])).Results["dcc_skipped"].Should().Be("exempt sender");
        (await RunAsync(context, o => o.ExemptRecipients = ["a@r.example", "b@other.example"])).Results["dcc_skipped"].Should().Be("exempt recipients");
        _daemon.Connections.Should().Be(0);

        _daemon.Says(new DccScript { Overall = "R" });
        var result = await RunAsync(context, o => (o.MaxSize, o.ExemptRecipients) = (2000, ["b@other.example"]));
        _daemon.Asked.Single().Recipients.Should().Equal("a@r.example");
        Of(result, context).Should().Equal("a@r.example hold", "b@other.example continue");
    }

    [Fact]
    public async Task A_table_that_cannot_be_read_makes_the_message_wait()
    {
        var table = $"{_directory}/exempt";
        File.WriteAllText(table, "192.0.2.0/24\n");
        var clock = new FakeClock();
        var pass = new DccPass(new DccOptions { Address = [_daemon.Address], ExemptHosts = [$"iplsearch;{table}"] }, clock);
        (await pass.RunAsync(Context(), CancellationToken.None)).Results.Should().ContainKey("dcc_skipped");
        File.Delete(table);
        Directory.CreateDirectory(table);
        clock.Advance(TimeSpan.FromMinutes(1));

        var result = await pass.RunAsync(Context(), CancellationToken.None);

        result.UnavailableReason.Should().Contain(table);
        _daemon.Connections.Should().Be(0);
    }

    [Fact]
    public void Faults_of_the_settings_are_all_told_with_key_value_and_cure()
    {
        var options = new DccOptions
        {
            Address = ["dccifd", "127.0.0.1 99999"],
            Options = ["heder", "spam"],
            Mode = DccMode.Query,
            OnReject = DccAction.AsReject,
            AddHeaderVariable = "acl_x",
            ExemptHosts = ["not an address"],
            OverrideClientIpByHelo = ["lsearch;/nonexistent/file"],
        };

        var faults = DccOptionsValidator.Faults(options).ToList();

        foreach (var start in new[] { "Address = 'dccifd'", "Address = '127.0.0.1 99999'", "Options = 'heder'", "Options = 'spam'", "OnReject = 'as-reject'", "AddHeaderVariable = 'acl_x'", "ExemptHosts = 'not an address'", "OverrideClientIpByHelo = 'lsearch;/nonexistent/file'" })
            faults.Should().ContainSingle(f => f.StartsWith(start, StringComparison.Ordinal), start);
        faults.Should().HaveCount(8);
        DccOptionsValidator.Faults(new DccOptions()).Should().BeEmpty();
    }
}
