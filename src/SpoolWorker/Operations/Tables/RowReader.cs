// Rows on their way into a table, from one of the forms of RowFormat. A reader streams: no form is ever whole in memory.
// What is wrong with the input is a RowException with the line and the text.
using SpoolWorker.Characters;
using SpoolWorker.Passes.Lookup;

namespace SpoolWorker.Operations.Tables;

/// <summary>Forms of rows in files.</summary>
internal enum RowFormat
{
    /// <summary>As the input looks: a dump by its first line, CSV by the file's name, else lsearch.</summary>
    Auto,

    /// <summary>mdb_dump's, with -p or without.</summary>
    Dump,

    /// <summary>Exim's: <c>key: value</c>.</summary>
    Lsearch,

    /// <summary>RFC 4180: key and value.</summary>
    Csv,
}

/// <summary>A fault of the input, or of what is to be written into it.</summary>
internal sealed class RowException(long line, string reason) : Exception(reason)
{
    private const int MostShown = 80;

    public RowException(long line, ReadOnlySpan<byte> text, string reason) : this(line, $"'{Shown(text)}': {reason}")
    {
    }

    /// <summary>The line, from 1; 0 where there is none.</summary>
    public long Line { get; } = line;

    public static string Shown(ReadOnlySpan<byte> text) => text.Length <= MostShown ? SafeText.Of(text) : SafeText.Of(text[..MostShown]) + "...";
}

/// <summary>Reads rows one after the other.</summary>
internal abstract class RowReader
{
    /// <summary>What counts when a key comes twice: the first row, as in Exim's lsearch; else the last, as in mdb_load.</summary>
    public virtual bool FirstCounts => false;

    /// <summary>The line the row began on.</summary>
    public abstract long Line { get; }

    /// <summary>Bytes of the input read so far.</summary>
    public abstract long Consumed { get; }

    public abstract ReadOnlySpan<byte> Key { get; }

    public abstract ReadOnlySpan<byte> Value { get; }

    /// <summary>Goes to the next row; false at the end.</summary>
    public abstract bool Next();

    /// <summary>LMDB takes values up to 4 GiB; mail tables have none near this.</summary>
    protected const int MostLine = 256 * 1024 * 1024;

    /// <summary>Goes to the next line; false at the end.</summary>
    protected static bool Advance(LineBuffer lines) =>
        lines.TryNext() || (lines.IsTooLong ? throw new RowException(lines.Number + 1, $"a line above {MostLine} bytes") : false);

    public static RowReader Create(RowFormat format, Stream input, bool heading) => format switch
    {
        RowFormat.Dump => new DumpReader(input),
        RowFormat.Csv => new CsvReader(input, heading),
        RowFormat.Lsearch => new LsearchRows(new LsearchReader(input)),
        _ => throw new ArgumentOutOfRangeException(nameof(format), format, "not a form to read"),
    };

    private sealed class LsearchRows(LsearchReader rows) : RowReader
    {
        public override bool FirstCounts => true;

        public override long Line => rows.Line;

        public override long Consumed => rows.Consumed;

        public override ReadOnlySpan<byte> Key => rows.Key;

        public override ReadOnlySpan<byte> Value => rows.Value;

        public override bool Next() => rows.TryNext(out var error) || (error is null ? false : throw new RowException(rows.Line, error));
    }
}
