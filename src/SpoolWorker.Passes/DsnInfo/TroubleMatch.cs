// Which of the log's troubles a block of a report is about. Exim names in Final-Recipient the recipient the message came for,
// the log the address an alias made of it and the recipient behind it in brackets. When one recipient stands for several failed
// addresses (a list), the host's answer in Diagnostic-Code tells them apart; each trouble is used once. Cannot fail.
using System.Text;
using SpoolWorker.Passes.EximLog;

namespace SpoolWorker.Passes.DsnInfo;

/// <summary>Matches blocks to troubles.</summary>
internal sealed class TroubleMatch
{
    // By both addresses, as a list may have thousands.
    private readonly Dictionary<string, List<AddressTrouble>> _byAddress = [];
    private readonly HashSet<AddressTrouble> _used = new(ReferenceEqualityComparer.Instance);

    public TroubleMatch(IReadOnlyList<AddressTrouble> troubles)
    {
        foreach (var trouble in troubles)
        {
            foreach (var address in new[] { trouble.Original, trouble.Address }.Where(a => a.Length > 0).Select(a => Normal(Encoding.Latin1.GetBytes(a))).Distinct())
            {
                if (!_byAddress.TryGetValue(address, out var known)) _byAddress[address] = known = [];
                known.Add(trouble);
            }
        }
    }

    /// <summary>The trouble of a recipient; null when the logs do not know it.</summary>
    public AddressTrouble? Take(Field recipient, Field? diagnostic)
    {
        if (!_byAddress.TryGetValue(Normal(recipient.Content), out var known)) return null;
        var candidates = known.Where(t => !_used.Contains(t)).ToList();
        if (candidates.Count == 0) return null;
        var code = diagnostic is null ? "" : Plain(Encoding.Latin1.GetString(diagnostic.Content));
        // Original address first, failures before deferrals, the answer that is in the report before any other.
        var best = candidates.OrderByDescending(t => code.Length > 0 && Agrees(t.Diagnostic, code)).ThenByDescending(t => t.IsFinal).First();
        _used.Add(best);
        return best;
    }

    // The local part as it is, the domain in lower case; quotes away, as the log has it.
    private static string Normal(ReadOnlySpan<byte> address)
    {
        var text = DeliveryHistory.Unquoted(address.Trim(" \t<>"u8));
        var at = text.LastIndexOf('@');
        return at < 0 ? text : text[..at] + text[at..].ToLowerInvariant();
    }

    // Exim puts into Diagnostic-Code what follows the first ": " of the message, folded at line breaks, and cuts it near 950 bytes.
    private static bool Agrees(string message, string code)
    {
        var colon = message.IndexOf(": ", StringComparison.Ordinal);
        var answer = Plain(colon < 0 ? message : message[(colon + 2)..]);
        const int Compared = 200;
        return answer.Length > 0 && (code.StartsWith(answer[..Math.Min(answer.Length, Compared)], StringComparison.Ordinal) || answer.StartsWith(code[..Math.Min(code.Length, Compared)], StringComparison.Ordinal));
    }

    private static string Plain(string text) => string.Concat(text.Replace("\\n", "", StringComparison.Ordinal).Where(c => c > ' '));
}
