// The options of `srs encode` and `srs decode`, and the rules they make. What is wrong is told on standard error.
using System.CommandLine;
using System.Text;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Commands;

/// <summary>Options of one direction.</summary>
internal sealed class SrsCommandOptions(bool encodes)
{
    private const long LastSecond = 253_402_300_799;

    private readonly Option<string[]> _format = new("--format") { Description = "exim, srs0 or database", HelpName = "exim|srs0|database" };
    private readonly Option<string[]> _secrets = new("--secret-file") { Description = "File with a secret; may be given again: the first signs, all verify", HelpName = "FILE", Required = true };
    private readonly Option<string> _domain = new("--domain") { Description = "Domain of the address that is made (the alias); encode needs it", HelpName = "DOMAIN", DefaultValueFactory = _ => "" };
    private readonly Option<long?> _at = new("--at") { Description = "As if it were this time (default: now)", HelpName = "UNIXTIME" };
    private readonly Option<string?> _database = new("--database") { Description = "LMDB file of the addresses behind keys", HelpName = "FILE" };
    private readonly Option<string> _separator = new("--separator") { Description = "Behind SRS0 and SRS1", HelpName = "=|+|-", DefaultValueFactory = _ => "=" };
    private readonly Option<int> _hashLength = new("--hash-length") { Description = "Characters of a hash that is made", HelpName = "N", DefaultValueFactory = _ => 4 };
    private readonly Option<int> _hashMin = new("--hash-min") { Description = "Fewest characters of a hash that count (default: --hash-length)", HelpName = "N" };
    private readonly Option<int> _maxAge = new("--max-age") { Description = "Days an address is good for (default: 10 for exim, else 21)", HelpName = "DAYS" };
    private readonly Option<bool> _noHash = new("--no-hash") { Description = "SRS0 without hash: anybody can make such addresses" };
    private readonly Option<bool> _noTimestamp = new("--no-timestamp") { Description = "SRS0 without time stamp" };
    private readonly Argument<string[]> _addresses = new("ADDRESS") { Description = "Addresses, or - for lines of standard input", Arity = ArgumentArity.OneOrMore };

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { _format, _secrets, _domain, _at, _database, _separator, _hashLength, _hashMin, _maxAge, _noHash, _noTimestamp }) command.Options.Add(option);
        Form.AddTo(command);
        command.Arguments.Add(_addresses);
        _format.AllowMultipleArgumentsPerToken = false;
        Check(_format, value => value!.All(word => SrsFormats.TryParse(word, out _)), "must be exim, srs0 or database");
        Check(_separator, value => value is "=" or "+" or "-", "must be =, + or -");
        Check(_at, value => value is null or >= 0 and <= LastSecond, "must be seconds since 1970");
        Check(_hashLength, value => value is >= 1 and <= SrsRules.MostHashCharacters, $"must be 1 to {SrsRules.MostHashCharacters}");
        Check(_hashMin, value => value is >= 0 and <= SrsRules.MostHashCharacters, $"must be 1 to {SrsRules.MostHashCharacters}");
        Check(_maxAge, value => value is >= 0 and < SrsRules.StampCycle, $"must be 1 to {SrsRules.StampCycle - 1}");
        Check(_domain, value => value is null or "" || SrsAddress.IsDomain(ByteText.FromText(value)), "must be a domain");
        command.Validators.Add(result =>
        {
            if (result.GetValue(_format) is { } words && words.Contains("database", StringComparer.OrdinalIgnoreCase) && result.GetValue(_database) is null)
                result.AddError("--format database needs --database FILE");
            if (encodes && string.IsNullOrEmpty(result.GetValue(_domain))) result.AddError("--domain DOMAIN is needed");
            if (result.GetValue(_hashMin) > result.GetValue(_hashLength)) result.AddError("--hash-min is above --hash-length");
        });
    }

    public OutputFormOptions Form { get; } = new("result");

    public DateTimeOffset At(ParseResult parsed) => parsed.GetValue(_at) is { } seconds ? DateTimeOffset.FromUnixTimeSeconds(seconds) : TimeProvider.System.GetUtcNow();

    public SrsDatabase? Database(ParseResult parsed, SrsRules rules) =>
        rules.Formats.Contains(SrsFormat.Database) && parsed.GetValue(_database) is { } path ? new SrsDatabase(path) : null;

    /// <summary>The rules; null when a secret cannot be read.</summary>
    public SrsRules? Rules(ParseResult parsed)
    {
        var secrets = new List<byte[]>();
        foreach (var path in parsed.GetValue(_secrets)!)
        {
            if (!SrsSecrets.TryRead(path, out var secret, out var fault))
            {
                Console.Error.WriteLine($"spoolworker: secret file {path} {fault}");
                return null;
            }
            if (SrsSecrets.IsReadableByOthers(path)) Console.Error.WriteLine($"spoolworker: secret file {path} can be read by everybody on this host (chmod o= {path})");
            secrets.Add(secret);
        }
        return new SrsRules
        {
            Formats = Formats(parsed),
            Secrets = secrets,
            Domain = ByteText.FromText(parsed.GetValue(_domain)!),
            MaxAge = parsed.GetValue(_maxAge),
            HashLength = parsed.GetValue(_hashLength),
            HashMin = parsed.GetValue(_hashMin),
            UseHash = !parsed.GetValue(_noHash),
            UseTimestamp = !parsed.GetValue(_noTimestamp),
            Separator = parsed.GetValue(_separator)![0],
        };
    }

    public IEnumerable<string> Addresses(ParseResult parsed)
    {
        foreach (var address in parsed.GetValue(_addresses)!)
        {
            if (address != "-")
            {
                yield return Bare(ByteText.FromText(address));
                continue;
            }
            using var lines = new StreamReader(Console.OpenStandardInput(), Encoding.Latin1);
            while (lines.ReadLine() is { } line) yield return Bare(line);
        }
    }

    // As SMTP and logs have it: <a@b>, and <> for the null sender.
    private static string Bare(string address) => address is ['<', .., '>'] ? address[1..^1] : address;

    private List<SrsFormat> Formats(ParseResult parsed)
    {
        var formats = (parsed.GetValue(_format) ?? []).Select(word => SrsFormats.TryParse(word, out var format) ? format : default).ToList();
        if (formats.Count == 0) formats.AddRange(encodes ? [SrsFormat.Srs0] : [SrsFormat.Srs0, SrsFormat.Exim]);
        if (parsed.GetValue(_database) is not null && !formats.Contains(SrsFormat.Database)) formats.Add(SrsFormat.Database);
        return formats;
    }

    private static void Check<T>(Option<T> option, Func<T?, bool> isGood, string must) => option.Validators.Add(result =>
    {
        if (result.Errors.Any() || result.Tokens.Count == 0) return;
        if (!isGood(result.GetValueOrDefault<T>())) result.AddError($"{option.Name} '{string.Join(' ', result.Tokens.Select(t => t.Value))}': {must}");
    });
}
