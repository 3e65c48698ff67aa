using System.Text.RegularExpressions;
using SpoolWorker.Passes.Dcc.Protocol;
using SpoolWorker.Passes.Services;

namespace SpoolWorker.Passes.Dcc;

/// <summary>Faults of section Dcc.</summary>
internal static partial class DccOptionsValidator
{
    /// <summary>What is wrong, each as <c>Key = 'value': what to do</c>.</summary>
    public static IEnumerable<string> Faults(DccOptions options)
    {
        foreach (var fault in ServiceAddress.Faults(options.Address)) yield return fault;
        foreach (var word in options.Options)
        {
            if (!DccRequest.KnownOptions.Contains(word)) yield return $"Options = '{word}': not known; dccifd takes {string.Join(", ", DccRequest.KnownOptions)}";
        }
        if (options.Mode == DccMode.Query && options.Options.Contains("spam")) yield return "Options = 'spam': reports the message as spam, which Mode = 'query' cannot do";
        foreach (var (key, value) in new[] { ("OnAccept", options.OnAccept), ("OnReject", options.OnReject), ("OnGreylist", options.OnGreylist), ("OnTemporary", options.OnTemporary) })
        {
            if (value == DccAction.AsReject) yield return $"{key} = 'as-reject': is for OnSome alone; say accept, tag, hold, bounce, discard, defer or drop";
        }
        foreach (var (key, value) in new[] { ("AddHeaderVariable", options.AddHeaderVariable), ("OverrideClientIpVariable", options.OverrideClientIpVariable) })
        {
            if (value.Length > 0 && !AclName().IsMatch(value)) yield return $"{key} = '{value}': must be the name of an ACL variable, such as acl_m_dcc or acl_c0, or empty";
        }
        foreach (var fault in DccLists.Faults(options)) yield return fault;
    }

    // macros.h and acl.c: acl_c or acl_m, then a digit or an underscore.
    [GeneratedRegex(@"^\$?acl_[cm][0-9_][A-Za-z0-9_]*$")]
    private static partial Regex AclName();
}
