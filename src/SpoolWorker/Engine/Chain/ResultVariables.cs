// Results for the delivering Exim: -H gets an option line -aclm _NAME for each that was asked for (Results:Write), which routers and filters
// see as $acl_m_NAME. Words of ours go in untainted, so that they may choose a file or a transport; everything else may be a stranger's
// text and carries Exim's mark, with which Exim refuses it where it could do harm (file names, commands, lookups). The mark of a word is not
// taken on trust: one with any other character than those of words is marked all the same. What Exim cannot hold is not written: a name it
// could not be asked for, a NUL. Cannot fail.
using System.Buffers;
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Spool;

namespace SpoolWorker.Engine.Chain;

/// <summary>Writes results into -H.</summary>
internal sealed class ResultVariables
{
    // expand.c reads names into 256 bytes and cuts what is longer; the prefix and the final NUL are among them.
    private const int MostNameCharacters = 256 - 1 - 6;

    // No finding of ours is longer; one that grew would be read into memory by every Exim process that looks at the message.
    private const int MostValueBytes = 64 * 1024;

    private static readonly SearchValues<char> NameCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
    private static readonly SearchValues<char> WordCharacters = SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-, ");

    private readonly IReadOnlyList<Wildcard> _asked;
    private readonly HashSet<string> _ours;

    /// <param name="asked">Names and patterns.</param>
    /// <param name="declared">What the passes declare to find.</param>
    public ResultVariables(IEnumerable<string> asked, IEnumerable<NamedResult> declared)
    {
        _asked = [.. asked.Select(name => new Wildcard(name))];
        _ours = [.. declared.Where(result => result.IsOwnWord).Select(result => result.Name)];
    }

    /// <summary>None was asked for.</summary>
    public bool WritesNothing => _asked.Count == 0;

    /// <summary>What is wrong with names and patterns, each as <c>Results:Write:N = 'value': what to do</c>.</summary>
    /// <param name="asked">Names and patterns.</param>
    /// <param name="known">The names of results that can be found.</param>
    public static IEnumerable<string> Faults(IReadOnlyList<string> asked, IReadOnlyCollection<string> known)
    {
        for (var i = 0; i < asked.Count; i++)
        {
            if (known.Any(new Wildcard(asked[i]).Matches)) continue;
            var found = known.Count > 0 ? $"found here are: {string.Join(", ", known.Order(StringComparer.Ordinal))}" : "none of the passes here finds anything";
            yield return $"Results:Write:{i} = '{asked[i]}': no pass among Passes finds that; {found}";
        }
    }

    /// <summary>-H with the results that were asked for. One that is there already, from another Exim, gets the new value and mark.</summary>
    public HeaderFile AddTo(HeaderFile header, IReadOnlyDictionary<string, string> results)
    {
        if (_asked.Count == 0) return header;
        foreach (var (name, value) in results)
        {
            if (name.Length is 0 or > MostNameCharacters || name.AsSpan().ContainsAnyExcept(NameCharacters) || !_asked.Any(asked => asked.Matches(name))) continue;
            var variable = $"aclm_{name}";
            var isOurs = _ours.Contains(name) && !value.AsSpan().ContainsAnyExcept(WordCharacters);
            // Taken out first: a mark that is there would stay.
            var without = header.WithoutVariable(variable);
            if (without.Variables.Length < SpoolLimits.MaxVariables) header = without.WithVariable(variable, BytesOf(value), tainted: !isOurs);
        }
        return header;
    }

    // UTF-8, whether the pass gave characters or bytes. A line break stays where it folds a line; any other would begin a header line
    // of the stranger's in `headers_add`, so it becomes a blank, as all other control characters do.
    private static byte[] BytesOf(string value)
    {
        var clean = new StringBuilder(value.Length);
        for (var i = 0; i < value.Length; i++)
        {
            var isFold = value[i] == '\n' && i + 1 < value.Length && value[i + 1] is ' ' or '\t';
            clean.Append(value[i] is < ' ' or '\x7f' && value[i] != '\t' && !isFold ? ' ' : value[i]);
        }
        var text = clean.ToString().TrimEnd();
        var bytes = Encoding.UTF8.GetBytes(text);
        if (!Ascii.IsValid(text) && text.All(c => c <= 0xff) && Encoding.Latin1.GetBytes(text) is var octets && System.Text.Unicode.Utf8.IsValid(octets)) bytes = octets;
        return bytes.Length <= MostValueBytes ? bytes : bytes[..WholeCharacters(bytes)];
    }

    private static int WholeCharacters(byte[] bytes)
    {
        var end = MostValueBytes;
        while ((bytes[end] & 0b1100_0000) == 0b1000_0000) end--;
        return end;
    }
}
