// Which questions an engine is asked about one message: one for each setting of its that counts for recipients of it, a user of spamd or a settings id
// of rspamd. Their number is bounded: each costs the engine a whole scan.
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Verdicts.Policy;

/// <summary>One question to the engine.</summary>
/// <param name="Setting">The user or the id of the settings; empty: the engine's own.</param>
/// <param name="Recipients">For whom.</param>
internal sealed record Question(string Setting, IReadOnlyList<Recipient> Recipients);

/// <summary>Makes them.</summary>
internal sealed class Questions
{
    private readonly LookupList _settings;
    private readonly string _others;
    private readonly int _most;

    /// <param name="settings">List of <c>recipient: setting</c> that nothing is wrong with.</param>
    /// <param name="others">The setting of those whom it does not list.</param>
    /// <param name="most">Settings beside that; the recipients of those beyond count as not listed.</param>
    /// <param name="clock">For tables.</param>
    public Questions(IReadOnlyList<string> settings, string others, int most, TimeProvider clock)
    {
        _settings = LookupList.TryParse(settings, LookupKind.Address, out var list, out var fault, clock) ? list : throw new ArgumentException(fault, nameof(settings));
        (_others, _most) = (others, most);
    }

    /// <summary>The recipients by setting, in the order in which settings come up.</summary>
    /// <returns>False, with the reason, when the list cannot be read now.</returns>
    public bool TryFor(IReadOnlyList<Recipient> recipients, out IReadOnlyList<Question> questions, out string unavailable)
    {
        var bySetting = new Dictionary<string, List<Recipient>>(StringComparer.Ordinal);
        (questions, unavailable) = ([], "");
        foreach (var recipient in recipients)
        {
            var answer = _settings.Find(recipient.Address.Span);
            if (answer.State == LookupState.Unavailable)
            {
                unavailable = answer.Reason ?? "a list cannot be read";
                return false;
            }
            var setting = answer.Value is { Length: > 0 } value ? value : _others;
            if (setting != _others && !bySetting.ContainsKey(setting) && bySetting.Keys.Count(s => s != _others) >= _most) setting = _others;
            if (!bySetting.TryGetValue(setting, out var own)) bySetting[setting] = own = [];
            own.Add(recipient);
        }
        questions = [.. bySetting.Select(s => new Question(s.Key, s.Value))];
        return true;
    }
}
