using SpoolWorker.Ledger;
using SpoolWorker.Operations.Listing;
using SpoolWorker.Operations.Selecting;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Selecting;

/// <summary>Ids and conditions on pairs that lie in directories.</summary>
public sealed class MessageSelectorTests : IDisposable
{
    private static readonly DateTimeOffset Now = DateTimeOffset.UtcNow;
    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData("not frozen", "4.96-multi-rcpt,4.96-bounce")]
    [InlineData("frozen and state = frozen and place = spool", "4.96-frozen-plain")]
    [InlineData("sender = ''", "4.96-bounce")]
    [InlineData("recipients = 4 and pending = 4", "4.96-multi-rcpt")]
    [InlineData("received_protocol", "4.96-multi-rcpt,4.96-bounce,4.96-frozen-plain")]
    [InlineData("h_subject = nothing-like-it", "")]
    [InlineData("age > 1h and size > 1 and body_size > 0", "4.96-multi-rcpt,4.96-bounce,4.96-frozen-plain")]
    public void A_condition_chooses_among_pairs(string where, string expected)
    {
        var ids = new[] { "4.96-multi-rcpt", "4.96-bounce", "4.96-frozen-plain" }.ToDictionary(name => name, name => Playground.Put(Playground.Valid(name), _play.Target));
        Find([], where).Messages.Select(m => m.Id).Should().BeEquivalentTo(expected.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(name => ids[name]));
    }

    [Fact]
    public void Ids_choose_too_and_those_that_are_not_there_are_named()
    {
        var multi = Playground.Put(Playground.Valid("4.96-multi-rcpt"), _play.Target);
        Playground.Put(Playground.Valid("4.96-bounce"), _play.Target);
        var found = Find([multi.ToString(), "1xVVhu-000009-00", multi.ToString()], null);
        found.Messages.Should().ContainSingle().Which.Should().Match<SelectedMessage>(m => m.Id == multi && m.Recipients.Count == 4 && m.Sender == "alice@sender.example");
        found.Missing.Select(id => id.ToString()).Should().Equal("1xVVhu-000009-00");
        Find([multi.ToString()], "recipients > 4").Should().Match<SelectedMessages>(f => f.Messages.Count == 0 && f.Missing.Count == 0, "it is there and does not fit");
    }

    [Fact]
    public void What_cannot_be_read_is_chosen_by_its_id_alone()
    {
        File.WriteAllText($"{_play.Target}/1xVVhu-000001-00-H", "nonsense");
        Find(["1xVVhu-000001-00"], null).Messages.Should().ContainSingle().Which.State.Should().Be("unreadable");
        Find([], "not sender").Should().Match<SelectedMessages>(f => f.Messages.Count == 0 && f.Troubles.Single().Text.Contains("1 message cannot be read", StringComparison.Ordinal));
    }

    [Fact]
    public void Held_mail_is_known_by_reason_pass_and_results()
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Held);
        File.WriteAllText($"{_play.Held}/{id}.reason", "bob@r.example: dcc: too many\ncarol@r.example: rules: look; see: this\n");
        var record = new LedgerEntry { Intake = "/in", Id = id.ToString(), Found = new() { ["dcc_result"] = "R" } };
        var held = new ListSource("held", _play.Held, ListKind.Held, null) { Records = _ => [record] };
        foreach (var (where, expected) in new[] { ("pass = dcc", true), ("pass = rules", true), ("pass = see", false), ("reason = *many*", true), ("reason ~ greylist", false), ("dcc_result = R", true), ("dcc_result = A", false), ("state = held and place = held", true), ("next_try", false) })
            (Find([], where, held).Messages.Count == 1).Should().Be(expected, where);
    }

    [Theory]
    [InlineData(false, null, false)]
    [InlineData(false, "sender and size > 1", false)]
    [InlineData(true, null, true)]
    [InlineData(false, "reason = *many*", true)]
    [InlineData(false, "not pass = rules", true)]
    public void The_note_beside_a_held_message_is_read_when_something_asks_for_it(bool withReasons, string? where, bool isRead)
    {
        var id = Playground.Put(Playground.Valid("4.96-plain"), _play.Held);
        File.WriteAllText($"{_play.Held}/{id}.reason", "bob@r.example: dcc: too many\n");
        Selection.TryParse([], where, ConditionNames.Checked, out var selection, out _).Should().BeTrue();
        using var directory = new SpoolDirectory(_play.Held);
        foreach (var folder in directory.OpenFolders())
        {
            using (folder)
            {
                using var reader = new ListedMessageReader(folder, new ListSource("held", _play.Held, ListKind.Held, null) { WithReasons = withReasons, Filter = selection!.Filter(Now) });
                reader.TryRead(id, out var message).Should().BeTrue();
                (message.Reason.Length > 0, message.IsLeftOut).Should().Be((isRead, false));
            }
        }
    }

    [Fact]
    public void Deferred_mail_is_known_by_its_record()
    {
        var id = Playground.Put(Playground.Valid("4.96-multi-rcpt"), _play.Intake);
        var record = new LedgerEntry
        {
            Intake = _play.Intake,
            Id = id.ToString(),
            Deferrals = 2,
            Found = new() { ["spf_result"] = "fail" },
            Done = { ["r1@example.org"] = "requeued x" },
            Deferred = Deferral.In(Now, TimeSpan.FromMinutes(5), "dcc", "greylisted"),
        };
        var intake = new ListSource("intake", _play.Intake, ListKind.Spool, _ => record);
        foreach (var (where, expected) in new[] { ("next_try and next_try > 4m and next_try <= 5m", true), ("pass = dcc and reason = *greylisted", true), ("attempt = 3", true), ("spf_result = fail and state = deferred", true), ("spf_result = pass", false) })
            (Find([], where, intake).Messages.Count == 1).Should().Be(expected, where);
        var due = new ListSource("intake", _play.Intake, ListKind.Spool, _ => record with { Deferred = Deferral.In(Now.AddHours(-1), TimeSpan.Zero, "", "x") });
        Find([], "next_try and next_try = 0s and not pass", due).Messages.Should().ContainSingle();
    }

    [Fact]
    public void A_copy_that_waits_alone_is_found()
    {
        var id = Playground.Put(Playground.Valid("4.96-multi-rcpt"), _play.Intake);
        HeaderFileReader.TryRead(File.ReadAllBytes($"{_play.Intake}/{id.HeaderName}"), id, out var header, out _).Should().BeTrue();
        var record = new LedgerEntry
        {
            Intake = _play.Intake,
            Id = id.ToString(),
            Done = header!.Recipients.ToDictionary(r => LedgerEntry.Text(r.Address.Span), _ => "held x"),
            Copies = ["archive@ours.example"],
            Deferred = Deferral.In(Now, TimeSpan.FromMinutes(5), "clamd", "down"),
        };

        Find([], "state = deferred and recipient = archive@ours.example and pending = 1 and recipients = 5", new ListSource("intake", _play.Intake, ListKind.Spool, _ => record)).Messages.Should().ContainSingle();
    }

    [Theory]
    [InlineData("1xVVhu", null, "'1xVVhu' is no message id, as in *")]
    [InlineData("1xVVhu-000001-0\u001b", null, "'1xVVhu-000001-0\\x1b' is no message id*")]
    [InlineData(null, "frozn", "--where: at character 1: 'frozn' is no name; did you mean frozen?")]
    [InlineData(null, "", "--where: at character 1: a name must stand here")]
    [InlineData(null, "sender ~ '(\u001b'", "--where: at character 10: *\\x1b*")]
    public void What_cannot_be_meant_is_a_sentence(string? id, string? where, string expected)
    {
        Selection.TryParse(id is null ? [] : [id], where, ConditionNames.OfMail(() => DeclaredResults.Known.Passes), out _, out var fault).Should().BeFalse();
        fault.Should().Match(expected);
    }

    private SelectedMessages Find(string[] ids, string? where, ListSource? source = null)
    {
        Selection.TryParse(ids, where, ConditionNames.OfMail(() => DeclaredResults.Known.Passes), out var selection, out var fault).Should().BeTrue(fault);
        return MessageSelector.Find(selection!, [source ?? new ListSource("spool", _play.Target, ListKind.Spool, null)], Now);
    }
}
