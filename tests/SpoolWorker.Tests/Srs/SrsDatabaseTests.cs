using Microsoft.Extensions.Logging;
using SpoolWorker.Passes.Lookup.Lmdb;
using SpoolWorker.Passes.Srs;
using SpoolWorker.Tests.Engine;
using static SpoolWorker.Tests.Srs.SrsSamples;

namespace SpoolWorker.Tests.Srs;

/// <summary>Keys in place of addresses.</summary>
public sealed class SrsDatabaseTests : IDisposable
{
    private static readonly string LongAddress = new string('x', 80) + "@sender.example";
    private readonly TempDirectory _folder = new();
    private readonly SrsDatabase _database;

    public SrsDatabaseTests() => _database = new SrsDatabase(File);

    private string File => Path.Combine(_folder, "srs.lmdb");

    public void Dispose()
    {
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Any_address_comes_back_by_its_key_in_any_case()
    {
        var rules = RulesOf(SrsFormat.Database);
        foreach (var address in Plain(60).Concat(Quoted(20)).Concat(Odd).Append(LongAddress))
        {
            new SrsEncoder(rules, _database).TryEncode(address, Noon, out var made, out var status).Should().BeTrue("{0}: {1} {2}", address, status, _database.Trouble);
            made.Should().MatchRegex("^SRS0=[a-z2-7]{16}@fwd\\.example$");
            new SrsDecoder(rules, _database).TryDecode(made.ToUpperInvariant(), Noon.AddDays(21), out var original, out status).Should().BeTrue("{0}: {1}", address, status);
            original.Should().Be(address);
        }
    }

    [Fact]
    public void The_same_address_has_the_same_key_and_is_written_once_a_day()
    {
        var rules = RulesOf(SrsFormat.Database);
        _database.Put(rules, "a@b.example", Noon, out var key).Should().Be(SrsStatus.Ok);
        var written = Written();
        _database.Put(rules, "a@b.example", Noon.AddHours(20), out var again).Should().Be(SrsStatus.Ok);
        again.Should().Be(key);
        Written().Should().Be(written);
        _database.Put(rules, "a@b.example", Noon.AddHours(30), out again).Should().Be(SrsStatus.Ok);
        again.Should().Be(key);
        Written().Should().BeGreaterThan(written);
        _database.Find(key, Noon.AddHours(30).AddDays(21), out _).Should().Be(SrsStatus.Ok, "an address is good for MaxAge from when it was made last");
        _database.Put(RulesOf(SrsFormat.Database, "other"), "a@b.example", Noon, out var other);
        other.Should().NotBe(key);
        _database.Put(rules, "A@b.example", Noon, out other);
        other.Should().NotBe(key, "a local part may mean something else in upper case");
    }

    [Fact]
    public void Old_ones_are_refused_and_then_removed()
    {
        var rules = RulesOf(SrsFormat.Database) with { MaxAge = 3 };
        _database.Put(rules, "old@b.example", Noon, out var key);
        _database.Find(key, Noon.AddDays(5), out _).Should().Be(SrsStatus.TooOld);
        _database.Put(rules, "new@b.example", Noon.AddDays(5), out _);
        _database.Find(key, Noon.AddDays(5), out _).Should().Be(SrsStatus.UnknownKey);
        using var table = new LmdbTable(File);
        table.TryStatistics(out var statistics, out _).Should().BeTrue();
        statistics!.Entries.Should().Be(1);
    }

    [Fact]
    public void Unknown_keys_and_broken_rows_are_refused_and_an_operators_row_is_read()
    {
        var rules = RulesOf(SrsFormat.Database);
        _database.Put(rules, "a@b.example", Noon, out _);
        using (var table = new LmdbTable(File))
        {
            table.TryPut("aaaaaaaaaaaaaaaa"u8, "carol@far.example"u8, out _).Should().BeTrue();
            table.TryPut("bbbbbbbbbbbbbbbb"u8, "1795435200 no address"u8, out _).Should().BeTrue();
        }
        var decoder = new SrsDecoder(rules, _database);
        decoder.TryDecode("SRS0=aaaaaaaaaaaaaaaa@fwd.example", Noon, out var original, out _).Should().BeTrue();
        original.Should().Be("carol@far.example");
        decoder.TryDecode("SRS0=bbbbbbbbbbbbbbbb@fwd.example", Noon, out _, out var status).Should().BeFalse();
        status.Should().Be(SrsStatus.Malformed);
        decoder.TryDecode("SRS0=cccccccccccccccc@fwd.example", Noon, out _, out status).Should().BeFalse();
        status.Should().Be(SrsStatus.UnknownKey);
        decoder.TryDecode("SRS0=cccc@fwd.example", Noon, out _, out status).Should().BeFalse();
        status.Should().Be(SrsStatus.Malformed);
    }

    [Fact]
    public void What_is_too_long_for_another_format_gets_a_key_and_all_formats_are_read()
    {
        var rules = RulesOf(SrsFormat.Srs0) with { Formats = [SrsFormat.Srs0, SrsFormat.Exim, SrsFormat.Database] };
        var (encoder, decoder) = (new SrsEncoder(rules, _database), new SrsDecoder(rules, _database));
        foreach (var address in new[] { "a@b.example", LongAddress })
        {
            encoder.TryEncode(address, Noon, out var made, out _).Should().BeTrue();
            SrsAddress.LocalOctets(made).Should().BeLessThanOrEqualTo(SrsRules.MostLocalOctets);
            decoder.TryDecode(made, Noon, out var original, out _).Should().BeTrue();
            original.Should().Be(address);
        }
        decoder.TryDecode(Encoded(RulesOf(SrsFormat.Exim), "c@d.example"), Noon, out var exims, out _).Should().BeTrue();
        exims.Should().Be("c@d.example");
    }

    [Fact]
    public async Task A_database_that_cannot_be_used_makes_the_message_wait_and_bounces_nothing()
    {
        await using var rig = new EngineRig();
        var secret = Path.Combine(_folder, "secret");
        System.IO.File.WriteAllText(secret, Secret);
        System.IO.File.SetUnixFileMode(secret, UnixFileMode.UserRead);
        System.IO.File.WriteAllText(File, "this is no LMDB file");
        var options = new SrsOptions { Secrets = [secret], Alias = "fwd.example", LocalDomains = ["ours.example"], Formats = ["database"], Database = File };
        using var pass = new SrsPass(options, new Logger<SrsPass>(rig.Log), rig.Clock);
        rig.With(pass);
        new PairFactory { Recipients = ["carol@far.example"] }.In(rig.Intake);
        new PairFactory { Id = PairFactory.ShortId(5), Sender = "", Recipients = ["SRS0=abcdefghijklmnop@fwd.example"] }.In(rig.Intake);
        await rig.DrainAsync();
        EngineRig.Names(rig.Intake).Should().HaveCount(4);
        EngineRig.Names(rig.Held).Should().BeEmpty();
        rig.Log.All.Should().Contain("srs is not available").And.Contain(File);
        // Put right, both go on: the one with a key, the other is unknown.
        System.IO.File.Delete(File);
        rig.Clock.Advance(TimeSpan.FromHours(3));
        await rig.RestartAsync();
        await rig.DrainAsync();
        var sent = EngineRig.Pairs(rig.Target).Single().Header;
        TestPass.Text(sent.Sender).Should().MatchRegex("^SRS0=[a-z2-7]{16}@fwd\\.example$");
        TestPass.Text(sent.AclVariable('m', "_srs_db_address")!.Value).Should().Be("alice@sender.example");
        TestPass.Text(sent.AclVariable('m', "_srs_db_key")!.Value).Should().HaveLength(16);
    }

    private long Written()
    {
        using var table = new LmdbTable(File);
        table.TryStatistics(out var statistics, out _).Should().BeTrue();
        return statistics!.Transaction;
    }
}
