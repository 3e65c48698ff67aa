using System.Collections.Immutable;
using System.Globalization;
using System.Text;

namespace SpoolWorker.Spool;

/// <summary>The variables of a -H that is written here and not by an Exim: those Exim writes for a message of a local user (receive.c sets them, spool_out.c writes them).</summary>
public static class LocalVariables
{
    /// <summary>Those of a message without a client.</summary>
    /// <param name="received">When it came.</param>
    /// <param name="login">Who handed it in.</param>
    /// <param name="protocol">Exim's <c>$received_protocol</c>.</param>
    /// <param name="longestLine">Bytes of its longest line; null: not counted.</param>
    /// <param name="flags">Variables that are a name alone. Without <c>spool_file_wireformat</c> there is a line count, which is set when the body is staged.</param>
    public static ImmutableArray<SpoolVariable> Of(DateTimeOffset received, string login, string protocol, long? longestLine, params ReadOnlySpan<string> flags)
    {
        var microseconds = received.UtcTicks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond;
        var variables = ImmutableArray.CreateBuilder<SpoolVariable>();
        variables.Add(Variable("received_time_usec", string.Create(CultureInfo.InvariantCulture, $".{microseconds:000000}")));
        variables.Add(Variable("ident", login));
        variables.Add(Variable("received_protocol", protocol));
        if (!flags.Contains("spool_file_wireformat")) variables.Add(Variable("body_linecount", "0"));
        if (longestLine is { } longest) variables.Add(Variable("max_received_linelength", longest.ToString(CultureInfo.InvariantCulture)));
        foreach (var flag in flags) variables.Add(SpoolVariable.Create(flag, null, tainted: false));
        return variables.ToImmutable();
    }

    private static SpoolVariable Variable(string name, string value) => SpoolVariable.Create(name, Encoding.UTF8.GetBytes(value), tainted: false);
}
