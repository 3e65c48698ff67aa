// What is wrong with rules in the settings.
using System.Globalization;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Marking;

namespace SpoolWorker.Passes.Rules;

/// <summary>Faults, each as <c>List:N:Key = 'value': what to do</c>.</summary>
internal static class RuleFaults
{
    /// <summary>Of all rules, where the pass stands.</summary>
    public static IEnumerable<string> Of(RulesOptions options, PassPlace place)
    {
        var names = ConditionNames.At(place);
        for (var i = 0; i < options.List.Count; i++)
        {
            var rule = options.List[i];
            var key = string.Create(CultureInfo.InvariantCulture, $"List:{i}");
            if (!Condition.TryParse(rule.When, names, out _, out var error)) yield return $"{key}:When = '{rule.When}': {error}";
            foreach (var fault in OfActions(key, rule)) yield return fault;
        }
    }

    private static IEnumerable<string> OfActions(string key, RuleOptions rule)
    {
        var then = $"{key}:Then = '{rule.Then.ToString().ToLowerInvariant()}'";
        var hasLines = rule.Header.Length + rule.Subject.Length + rule.HeaderRemove.Count > 0;
        if (rule.Then == PolicyAction.Tag && !hasLines && rule.Redirect.Length + rule.CopyTo.Length == 0) yield return $"{then}: give a Header, Subject, HeaderRemove, Redirect or CopyTo";
        if (hasLines && rule.Then is not (PolicyAction.Accept or PolicyAction.Tag or PolicyAction.Hold)) yield return $"{then}: Header, Subject and HeaderRemove go with accept, tag and hold alone";
        if (rule.Redirect.Length > 0 && rule.Then is not (PolicyAction.Accept or PolicyAction.Tag)) yield return $"{then}: Redirect goes with accept and tag alone";
        if (rule.CopyTo.Length > 0 && rule.Then == PolicyAction.Defer) yield return $"{then}: CopyTo does not go with defer, as nothing leaves yet";
        IEnumerable<string> values =
        [
            .. EditFaults.OfNames($"{key}:HeaderRemove", rule.HeaderRemove), .. EditFaults.OfHeader($"{key}:Header", rule.Header), .. EditFaults.OfSubject($"{key}:Subject", rule.Subject),
            .. EditFaults.OfAddress($"{key}:Redirect", rule.Redirect), .. EditFaults.OfAddress($"{key}:CopyTo", rule.CopyTo),
        ];
        foreach (var fault in values) yield return fault;
    }
}
