using System.Net;
using System.Text;
using SpoolWorker.Passes.Spf;

namespace SpoolWorker.Fuzz;

/// <summary>What strangers publish for SPF: records and macro-strings.</summary>
internal static class SpfTargets
{
    private const int MaxName = 253;

    // Values as odd as a client can make them.
    private static readonly MacroValues Values = new("a.b-c+d=\u00e9 @x", "sender.example.org", "checked.example.org", IPAddress.Parse("192.0.2.1"), "[helo]..%{l}", "receiver.example", 1_795_000_000, "unknown");

    /// <summary>Any bytes behind v=spf1: read or refused with an offset inside, and what is read keeps its terms.</summary>
    public static void Record(byte[] input)
    {
        byte[] text = [.. "v=spf1 "u8, .. input];
        if (!SpfRecordParser.TryParse(text, out var record, out var error))
        {
            FuzzTargets.Require(error.Offset >= 0 && error.Offset <= text.Length && error.Reason.Length > 0, "an error has its place and reason");
            return;
        }

        FuzzTargets.Require(record.Directives.All(d => Encoding.ASCII.GetString(text).Contains(d.Text, StringComparison.Ordinal)), "a directive is as published");
        FuzzTargets.Require(record.Directives.All(d => d.Prefix4 is >= 0 and <= 128 && d.Prefix6 is >= 0 and <= 128), "a prefix has a length an address has");
        foreach (var domain in record.Directives.Select(d => d.Domain).Append(record.Redirect).Append(record.Explanation))
        {
            Expand(domain);
        }
    }

    /// <summary>Any bytes as a macro-string of either place.</summary>
    public static void Macro(byte[] input)
    {
        var text = Encoding.Latin1.GetString(input);
        foreach (var place in new[] { MacroPlace.Domain, MacroPlace.Explanation })
        {
            if (MacroString.TryParse(text, place, out var macros, out var reason)) Expand(macros);
            else FuzzTargets.Require(reason.Length > 0, "a refusal has its reason");
        }
    }

    private static void Expand(MacroString? macros)
    {
        if (macros is null) return;
        var expanded = macros.Expand(Values);
        var name = macros.ExpandName(Values);
        FuzzTargets.Require(expanded is null == name is null, "both forms come out or neither");
        FuzzTargets.Require(expanded is null || expanded.Length <= 8192, "what comes out is bounded");
        FuzzTargets.Require(name is null || name.Length <= MaxName || !name.Contains('.', StringComparison.Ordinal), "a name is cut to what can be asked for");
    }
}
