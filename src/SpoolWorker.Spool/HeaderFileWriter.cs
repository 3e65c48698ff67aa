using System.Buffers;
using System.Buffers.Text;
using System.Text;

namespace SpoolWorker.Spool;

// HeaderFile to the bytes of a -H file, in the order of Exim's spool_out.c (spool_write_header). Guarantees: what it writes, HeaderFileReader reads
// back as the same content; what was only read comes out byte for byte. Everything is checked before the first byte is written: a value that
// Exim would read as something else (a newline in the sender, a parent outside the list) is a bug of the caller and throws ArgumentException.

/// <summary>Writes -H files.</summary>
public static class HeaderFileWriter
{
    /// <summary>Writes the whole file.</summary>
    /// <exception cref="ArgumentException">The header file can not be written so that Exim reads the same.</exception>
    public static void Write(HeaderFile header, IBufferWriter<byte> output)
    {
        ArgumentNullException.ThrowIfNull(header);
        ArgumentNullException.ThrowIfNull(output);
        if (FaultOf(header) is { } fault)
        {
            throw new ArgumentException(fault, nameof(header));
        }

        Put(output, header.Id.HeaderName);
        output.Write("\n"u8);
        output.Write(header.Login.Span);
        output.Write(" "u8);
        PutNumber(output, header.Uid);
        output.Write(" "u8);
        PutNumber(output, header.Gid);
        output.Write("\n<"u8);
        output.Write(header.Sender.Span);
        output.Write(">\n"u8);
        PutNumber(output, header.ReceivedTime);
        output.Write(" "u8);
        PutNumber(output, header.WarningCount);
        output.Write("\n"u8);
        foreach (var variable in header.Variables)
        {
            PutVariable(output, variable);
        }

        output.Write(header.NonRecipients.Lines.Span);
        PutNumber(output, header.Recipients.Length);
        output.Write("\n"u8);
        foreach (var recipient in header.Recipients)
        {
            output.Write(recipient.Line.Span);
            output.Write("\n"u8);
        }

        output.Write("\n"u8);
        foreach (var line in header.Headers)
        {
            PutNumber(output, line.Text.Length, new StandardFormat('D', 3));
            output.Write([(byte)line.Flag, (byte)' ']);
            output.Write(line.Text.Span);
        }
    }

    /// <summary>The whole file as an array.</summary>
    /// <inheritdoc cref="Write"/>
    public static byte[] ToArray(HeaderFile header)
    {
        var output = new ArrayBufferWriter<byte>(4096);
        Write(header, output);
        return output.WrittenSpan.ToArray();
    }

    /// <summary>Why Exim would not read this option line as it is meant; null if it would.</summary>
    internal static string? FaultOf(SpoolVariable variable)
    {
        var name = variable.Name;
        return name.AsSpan().ContainsAny("\0\n ") || name.AsSpan().ContainsAnyExceptInRange('\0', '\xff') ? $"'{name}' is not the name of an option line"
            : !variable.Tainted && (name.StartsWith('-') || variable.Quoter is not null) ? $"option line '{name}' would become tainted"
            : variable.Tainted && variable.Quoter is null && name.StartsWith('(') ? $"option line '{name}' would become quoted"
            : variable.Quoter?.AsSpan().ContainsAny("\0\n)") == true ? $"'{variable.Quoter}' is not the name of a quoter"
            : !variable.HasValue && !variable.Value.IsEmpty ? $"option line '{name}' is said to have no value and has one"
            : variable.IsAcl ? FaultOfAcl(variable, variable.AclName)
            : SpoolVariable.IsAclKind(name) && variable.HasValue ? $"option line '{name}' needs the name of an ACL variable"
            : !SpoolBytes.IsOneLine(variable.Value.Span) ? $"the value of option line '{name}' holds a newline or NUL"
            : null;
    }

    private static string? FaultOfAcl(SpoolVariable variable, string aclName) =>
        !SpoolVariable.IsAclKind(variable.Name) || !variable.HasValue ? $"'{variable.Name}' is not a kind of ACL variable"
        : aclName.Length == 0 || aclName.AsSpan().ContainsAny("\0\n ") || aclName.AsSpan().ContainsAnyExceptInRange('\0', '\xff')
            ? $"'{aclName}' is not the name of an ACL variable"
        : variable.Value.Span.Contains((byte)0) ? $"the value of ACL variable '{aclName}' holds a NUL byte"
        : variable.Name == "acl" && (!SpoolBytes.TryInt(Encoding.Latin1.GetBytes(aclName), out var index) || index >= 20
            || variable.Value.Length > SpoolLimits.MaxOldAclValueBytes) ? $"ACL variable '{aclName}' does not fit the old form with a number"
        : null;

    /// <summary>Why Exim would not read the file as it is meant; null if it would.</summary>
    public static string? FaultOf(HeaderFile header)
    {
        ArgumentNullException.ThrowIfNull(header);
        if (header.Id.Length == 0 || header.ReceivedTime < 0 || header.WarningCount < 0
            || header.Uid == long.MinValue || header.Gid == long.MinValue)
        {
            return "id, time, warning count or user is missing or out of range";
        }

        if (!SpoolBytes.IsOneLine(header.Login.Span) || !SpoolBytes.IsOneLine(header.Sender.Span))
        {
            return "login or sender holds a newline or NUL";
        }

        if (header.Recipients.Length > SpoolLimits.MaxRecipients || header.Variables.Length > SpoolLimits.MaxVariables
            || header.Headers.Length > SpoolLimits.MaxHeaderLines)
        {
            return $"{header.Recipients.Length} recipients, {header.Variables.Length} option lines or {header.Headers.Length} header lines are too many";
        }

        foreach (var variable in header.Variables)
        {
            if (FaultOf(variable) is { } fault)
            {
                return fault;
            }
        }

        foreach (var recipient in header.Recipients)
        {
            if (recipient.Parent >= header.Recipients.Length)
            {
                return $"recipient {recipient} has a parent outside the list";
            }
        }

        foreach (var line in header.Headers)
        {
            var text = line.Text.Span;
            if (text.Contains((byte)0))
            {
                return $"header line {SpoolBytes.Quote(text)} holds a NUL byte";
            }

            if (text.IsEmpty || text[^1] != '\n' || SpoolBytes.IsSpace(text[0])
                || line.Flag is < ' ' or > '~' || char.IsAsciiDigit(line.Flag))
            {
                return $"header line {SpoolBytes.Quote(text)} with flag '{line.Flag}' is not one that Exim reads";
            }
        }

        return null;
    }

    private static void PutVariable(IBufferWriter<byte> output, SpoolVariable variable)
    {
        output.Write(variable.Tainted ? "--"u8 : "-"u8);
        if (variable.Quoter is not null)
        {
            Put(output, "(");
            Put(output, variable.Quoter);
            Put(output, ")");
        }

        Put(output, variable.Name);
        if (variable.IsAcl)
        {
            output.Write(" "u8);
            Put(output, variable.AclName);
            output.Write(" "u8);
            PutNumber(output, variable.Value.Length);
            output.Write("\n"u8);
        }
        else if (variable.HasValue)
        {
            output.Write(" "u8);
        }

        output.Write(variable.Value.Span);
        output.Write("\n"u8);
    }

    private static void Put(IBufferWriter<byte> output, string text)
    {
        var room = output.GetSpan(text.Length);
        output.Advance(Encoding.Latin1.GetBytes(text, room));
    }

    private static void PutNumber(IBufferWriter<byte> output, long value, StandardFormat format = default)
    {
        const int mostDigits = 20;
        Utf8Formatter.TryFormat(value, output.GetSpan(mostDigits), out var written, format);
        output.Advance(written);
    }
}
