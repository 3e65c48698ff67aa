using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SpoolWorker.Spool;

// The option lines of a -H file: all lines that start with a hyphen, and the raw bytes that ACL variables bring along. Unknown names are kept, as
// Exim skips them so that an older one can read a newer one's spool. Fails as HeaderFileReader does, with an error in the cursor.
internal static class SpoolVariableReader
{
    /// <summary>Names that Exim writes, so that a usual file allocates no string.</summary>
    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> KnownNames = new[]
    {
        "N", "acl", "aclc", "aclm", "active_hostname", "allow_unqualified_recipient", "allow_unqualified_sender", "auth_id", "auth_sender",
        "body_linecount", "body_zerocount", "bmi_verdicts", "debug_selector", "debuglog_name", "deliver_firsttime", "dsn_envid", "dsn_ret",
        "frozen", "helo_name", "host_address", "host_auth", "host_auth_pubname", "host_lookup_deferred", "host_lookup_failed", "host_name",
        "ident", "interface_address", "local", "local_scan", "localerror", "manual_thaw", "max_received_linelength", "received_protocol",
        "received_time_complete", "received_time_usec", "sender_set_untrusted", "smtputf8", "spam_bar", "spam_score", "spam_score_int",
        "spool_file_wireformat", "tls_certificate_verified", "tls_cipher", "tls_ocsp", "tls_ourcert", "tls_peercert", "tls_peerdn",
        "tls_resumption", "tls_sni", "tls_ver", "utf8_downcvt", "utf8_optdowncvt",
    }.ToFrozenSet(StringComparer.Ordinal).GetAlternateLookup<ReadOnlySpan<char>>();

    public static bool TryReadAll(ref SpoolCursor cursor, out ImmutableArray<SpoolVariable> variables)
    {
        var builder = ImmutableArray.CreateBuilder<SpoolVariable>(16);
        variables = [];
        while (!cursor.AtEnd && cursor.Rest[0] == '-')
        {
            if (builder.Count == SpoolLimits.MaxVariables)
            {
                return cursor.Fail(SpoolParseErrorKind.TooLarge, cursor.Position, $"more than {SpoolLimits.MaxVariables} option lines");
            }

            if (!TryReadVariable(ref cursor, out var variable))
            {
                return false;
            }

            builder.Add(variable);
        }

        variables = builder.DrainToImmutable();
        return true;
    }

    private static bool TryReadVariable(ref SpoolCursor cursor, [NotNullWhen(true)] out SpoolVariable? variable)
    {
        variable = null;
        var start = cursor.Position;
        if (!cursor.TryLine("the option lines", out var line))
        {
            return false;
        }

        var rest = line[1..];
        string? quoter = null;
        var tainted = rest.Span.StartsWith("-"u8);
        if (tainted)
        {
            rest = rest[1..];
            if (rest.Span.StartsWith("("u8))
            {
                var close = rest.Span.IndexOf((byte)')');
                if (close < 0)
                {
                    return cursor.Fail(SpoolParseErrorKind.VariableLine, start, $"{SpoolBytes.Quote(line.Span)} opens the name of a quoter and does not close it");
                }

                quoter = Name(rest.Span[1..close]);
                rest = rest[(close + 1)..];
            }
        }

        var space = rest.Span.IndexOf((byte)' ');
        var name = Name(space < 0 ? rest.Span : rest.Span[..space]);
        var value = space < 0 ? default : rest[(space + 1)..];
        variable = new SpoolVariable(name, value, space >= 0, tainted, quoter);
        return space < 0 || !SpoolVariable.IsAclKind(name) || TryReadAclValue(ref cursor, start, line, ref variable);
    }

    /// <summary>The line gave <c>NAME LEN</c>; then come LEN bytes of any kind and a newline.</summary>
    private static bool TryReadAclValue(ref SpoolCursor cursor, int start, ReadOnlyMemory<byte> line, ref SpoolVariable variable)
    {
        var space = variable.Value.Span.IndexOf((byte)' ');
        if (space <= 0 || !SpoolBytes.TryInt(variable.Value.Span[(space + 1)..], out var length))
        {
            return cursor.Fail(SpoolParseErrorKind.VariableLine, start, $"{SpoolBytes.Quote(line.Span)} has no name and length");
        }

        var name = variable.Value.Span[..space];
        if (variable.Name == "acl" && (!SpoolBytes.TryInt(name, out var index) || index >= 20 || length > SpoolLimits.MaxOldAclValueBytes))
        {
            return cursor.Fail(SpoolParseErrorKind.VariableLine, start, $"{SpoolBytes.Quote(line.Span)} is no ACL variable from 0 to 19 of at most {SpoolLimits.MaxOldAclValueBytes} bytes");
        }

        if (!cursor.TryTake(length + 1L, "the value of an ACL variable", out var value))
        {
            return false;
        }

        if (value.Span[^1] != '\n')
        {
            return cursor.Fail(SpoolParseErrorKind.VariableLine, start, $"the value of {SpoolBytes.Quote(line.Span)} is not followed by a newline");
        }

        variable = variable with { Value = value[..^1], AclName = Name(name) };
        return true;
    }

    private static string Name(ReadOnlySpan<byte> bytes)
    {
        const int longestKnown = 64;
        if (bytes.Length > longestKnown)
        {
            return Encoding.Latin1.GetString(bytes);
        }

        Span<char> chars = stackalloc char[longestKnown];
        chars = chars[..Encoding.Latin1.GetChars(bytes, chars)];
        return KnownNames.TryGetValue(chars, out var known) ? known : chars.ToString();
    }
}
