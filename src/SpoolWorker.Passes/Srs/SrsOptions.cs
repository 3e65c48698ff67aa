// Settings of the pass, with what Exim's srs_config string says of them.
using System.Runtime.CompilerServices;
using SpoolWorker.Passes.Mail;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Passes.Srs;

/// <summary>What to do with a sender whose SRS address would be longer than a local part may be.</summary>
public enum SrsTooLong
{
    /// <summary>Send with the sender as it is, and say so in the log.</summary>
    Keep,

    /// <summary>Use the long address: most hosts take it.</summary>
    Rewrite,

    /// <summary>Put the recipients that leave aside.</summary>
    Hold,

    /// <summary>Return the message for the recipients that leave.</summary>
    Bounce,
}

/// <summary>Which way addresses are rewritten: the option <c>srs</c> of Exim's redirect router.</summary>
public enum SrsDirection
{
    /// <summary>Senders of mail that leaves. SRS recipients stay as they are: somebody behind the worker reads them.</summary>
    Forward,

    /// <summary>SRS recipients become the addresses behind them. Senders stay as they are.</summary>
    Reverse,

    /// <summary>Both (Exim: <c>reverseandforward</c>).</summary>
    Both,
}

/// <summary>Settings of the pass <c>srs</c>.</summary>
public sealed class SrsOptions : PassOptions
{
    // What Config may name as well. Naming a key twice with two values is a fault, also where one is the default.
    private readonly HashSet<string> _given = [];

    /// <summary>Which way addresses are rewritten.</summary>
    public SrsDirection Direction { get; set; } = SrsDirection.Both;

    /// <summary>The string of Exim's srs_config, <c>secret:maxage:hashlength:usetimestamp:usehash</c>. Its secret signs, those of <c>Secrets</c> verify; empty: the first of
    /// those signs. What it leaves out is as in Exim (31 days, 6 characters), unless the key of its own says otherwise.</summary>
    [SecretSetting]
    public string Config { get; set; } = "";

    /// <summary>Files with one secret each, not readable by others: the first signs, all verify.</summary>
    [PathSetting]
    public List<string> Secrets { get; set; } = [];

    /// <summary>Domain of our SRS addresses.</summary>
    public string Alias { get; set; } = "";

    /// <summary>List of domains whose mail stays here, relay domains too; all others are somebody else's. The alias is one of them.</summary>
    public List<string> LocalDomains { get; set; } = [];

    /// <summary>List of local addresses whose mail the delivering Exim forwards elsewhere.</summary>
    public List<string> Forwarded { get; set; } = [];

    /// <summary>When to rewrite, a condition as in <c>rules</c>. Empty: always.</summary>
    public string Condition { get; set; } = "";

    /// <summary><c>exim</c>, <c>srs0</c>, <c>database</c>: the first makes addresses, all are read; <c>database</c> takes over what is too long. Empty:
    /// <c>srs0</c>.</summary>
    public List<string> Formats { get; set; } = [];

    /// <summary>How long an address is good; 0: 10 days for <c>exim</c>, 21 for the others.</summary>
    [NumberRange(0, SrsRules.StampCycle - 1, Unit = "days")]
    public int MaxAge { get; set => field = Given(value); }

    /// <summary>Characters of a hash that is made.</summary>
    [NumberRange(1, SrsRules.MostHashCharacters, Unit = "characters")]
    public int HashLength { get; set => field = Given(value); } = 4;

    /// <summary>Fewest characters of a hash that count; 0: as many as are made.</summary>
    [NumberRange(0, SrsRules.MostHashCharacters, Unit = "characters")]
    public int HashMin { get; set; }

    /// <summary>Put a time stamp into addresses of <c>srs0</c>.</summary>
    public bool UseTimestamp { get; set => field = Given(value); } = true;

    /// <summary>Put a hash into addresses of <c>srs0</c>. Without it anybody can make such addresses.</summary>
    public bool UseHash { get; set => field = Given(value); } = true;

    /// <summary>What stands behind SRS0 and SRS1: <c>=</c>, <c>+</c> or <c>-</c>.</summary>
    public string Separator { get; set; } = "=";

    /// <summary>LMDB file of the format <c>database</c>; made when first needed.</summary>
    [PathSetting]
    public string Database { get; set; } = "";

    /// <summary>What is done with a recipient that is an SRS address of ours, but forged, too old or broken; not <c>tag</c>.</summary>
    public PolicyAction OnInvalid { get; set; } = PolicyAction.Hold;

    /// <summary>What is done with a sender whose SRS address would be longer than 64 octets before the @.</summary>
    public SrsTooLong OnTooLong { get; set; } = SrsTooLong.Keep;

    /// <summary>The alias in bytes; of an address what is behind its '@'.</summary>
    internal string AliasDomain => ByteText.FromText(Alias[(Alias.LastIndexOf('@') + 1)..]);

    internal IEnumerable<string> FormatWords => Formats.Count > 0 ? Formats : [SrsFormat.Srs0.Token()];

    /// <summary>The fields of <see cref="Config"/>; none when it is empty or cannot be read.</summary>
    internal SrsConfig Fields => SrsConfig.TryParse(Config, out var config, out _) ? config : SrsConfig.None;

    /// <summary>These settings for the codecs.</summary>
    /// <param name="formats">The first makes addresses, all are read.</param>
    /// <param name="secrets">Those of the files. The secret of <see cref="Config"/> stands before them; the first signs, all verify.</param>
    internal SrsRules RulesOf(IReadOnlyList<SrsFormat> formats, IReadOnlyList<byte[]> secrets)
    {
        var fields = Fields;
        return new SrsRules
        {
            Formats = formats,
            Secrets = fields.Secret is { } own ? [own, .. secrets] : secrets,
            Domain = AliasDomain,
            MaxAge = fields.MaxAge ?? Other(nameof(MaxAge), MaxAge, SrsConfig.EximMaxAge),
            HashLength = fields.HashLength ?? Other(nameof(HashLength), HashLength, SrsConfig.EximHashLength),
            HashMin = HashMin,
            UseHash = fields.UseHash ?? UseHash,
            UseTimestamp = fields.UseTimestamp ?? UseTimestamp,
            Separator = Separator is [var one] ? one : '=',
        };
    }

    /// <summary>Keys that say another thing than <see cref="Config"/> does, each as a fault.</summary>
    internal IEnumerable<string> Contradictions()
    {
        var fields = Fields;
        (string Key, object Here, object? There)[] both =
        [
            (nameof(MaxAge), MaxAge, fields.MaxAge), (nameof(HashLength), HashLength, fields.HashLength),
            (nameof(UseTimestamp), UseTimestamp, fields.UseTimestamp), (nameof(UseHash), UseHash, fields.UseHash),
        ];
        return both.Where(b => b.There is not null && _given.Contains(b.Key) && !b.Here.Equals(b.There))
            .Select(b => $"{b.Key} = '{b.Here.ToString()!.ToLowerInvariant()}': Config says {b.There!.ToString()!.ToLowerInvariant()}; name it in one place only");
    }

    private int Other(string key, int value, int exims) => Config.Length > 0 && !_given.Contains(key) ? exims : value;

    private T Given<T>(T value, [CallerMemberName] string key = "")
    {
        _given.Add(key);
        return value;
    }
}
