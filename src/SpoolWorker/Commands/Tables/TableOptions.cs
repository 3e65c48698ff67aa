// Arguments and options that the table commands share, and what they make of them. Faults of the command line are printed
// and come back as exit code 64.
using System.CommandLine;
using System.CommandLine.Parsing;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Tables;
using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Commands.Tables;

/// <summary>Shared by the table commands; each has its own instances.</summary>
/// <param name="rows">What a line of --jsonl is; null for a command that prints one object.</param>
internal sealed class TableOptions(string? rows = null)
{
    public Argument<string> File { get; } = new("FILE") { Description = "The table: a file of LMDB 0.9, as Exim's lmdb lookup reads it" };

    public OutputFormOptions Form { get; } = new(rows);

    public Option<bool> Lower { get; } = new("--lower") { Description = "Lower-case the keys (A-Z): Exim asks for domains in lower case" };

    public Option<bool> Escaped { get; } = new("--escaped") { Description = "Keys and values are written as mdb_dump -p does: \\hh for any byte, \\\\ for a backslash" };

    public Option<string> Mode { get; } = new("--mode") { Description = "Permissions of a table that is made", HelpName = "OCTAL", DefaultValueFactory = _ => "0640" };

    public Option<string?> Owner { get; } = new("--owner") { Description = "Its owner (default: as root the directory's)", HelpName = "USER" };

    public Option<string?> Group { get; } = new("--group") { Description = "Its group (default: as root the directory's)", HelpName = "GROUP" };

    public Option<RowFormat> Format { get; } = new("--format") { Description = "dump (mdb_dump's), lsearch (key: value) or csv", HelpName = "dump|lsearch|csv", CustomParser = ParseFormat };

    public Option<bool> Heading { get; } = new("--header") { Description = "CSV: the first record is a heading" };

    /// <summary>How a new table is made; null when an option makes no sense.</summary>
    public LmdbFileOptions? NewFile(ParseResult parsed)
    {
        var options = new LmdbFileOptions();
        if (!Places.TryMode(parsed.GetValue(Mode)!, out var mode)) return Wrong("--mode", parsed.GetValue(Mode)!, "use octal digits such as 0640");
        options = options with { Mode = mode };
        if (parsed.GetValue(Owner) is { } owner)
        {
            if (!Places.TryUser(owner, out var user)) return Wrong("--owner", owner, "no such user");
            options = options with { User = user };
        }
        if (parsed.GetValue(Group) is { } name)
        {
            if (!Places.TryGroup(name, out var group)) return Wrong("--group", name, "no such group");
            options = options with { Group = group };
        }
        return options;
    }

    /// <summary>The bytes of a key or value from the command line.</summary>
    public byte[] Bytes(ParseResult parsed, string text, bool isKey)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        if (parsed.GetValue(Escaped))
        {
            var decoded = new byte[bytes.Length];
            bytes = decoded[..DumpReader.DecodePrint(bytes, decoded)];
        }
        if (isKey && parsed.GetValue(Lower))
        {
            for (var i = 0; i < bytes.Length; i++) if (char.IsAsciiLetterUpper((char)bytes[i])) bytes[i] |= 0x20;
        }
        return bytes;
    }

    private static LmdbFileOptions? Wrong(string option, string value, string reason)
    {
        Console.Error.WriteLine($"spoolworker: {option} '{value}': {reason}");
        return null;
    }

    private static RowFormat ParseFormat(ArgumentResult result)
    {
        switch (result.Tokens.Count == 1 ? result.Tokens[0].Value : "")
        {
            case "dump": return RowFormat.Dump;
            case "lsearch": return RowFormat.Lsearch;
            case "csv": return RowFormat.Csv;
            default:
                result.AddError("--format is dump, lsearch or csv");
                return RowFormat.Auto;
        }
    }
}
