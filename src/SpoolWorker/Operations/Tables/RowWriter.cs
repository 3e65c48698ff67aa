// Rows on their way out of a table, in one of the forms of RowFormat. lsearch cannot hold every value: one with a line
// break or with blanks at its ends would read back as another, which is a RowException.
using System.Buffers;
using System.Globalization;
using System.Text;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Operations.Tables;

/// <summary>Writes rows one after the other.</summary>
internal abstract class RowWriter(Stream output)
{
    private static readonly SearchValues<byte> Printables = SearchValues.Create([.. Enumerable.Range(0x20, 0x5f).Select(i => (byte)i).Where(b => b != '\\')]);
    private static readonly SearchValues<byte> CsvSpecial = SearchValues.Create(",\"\r\n"u8);

    protected Stream Output { get; } = output;

    public abstract void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    public virtual void End()
    {
    }

    public static RowWriter Create(RowFormat format, Stream output, bool heading, long mapSize) => format switch
    {
        RowFormat.Lsearch => new LsearchWriter(output),
        RowFormat.Csv => new CsvWriter(output, heading),
        _ => new DumpWriter(output, mapSize),
    };

    /// <summary>A dump's print form: what is not printable ASCII becomes \hh. So does a backslash: mdb_load 0.9.24 takes \\ for
    /// one, but then reads on in the wrong place.</summary>
    internal static void WritePrint(Stream output, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var plain = bytes.IndexOfAnyExcept(Printables);
            if (plain < 0) plain = bytes.Length;
            output.Write(bytes[..plain]);
            bytes = bytes[plain..];
            if (bytes.IsEmpty) return;
            output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"\\{bytes[0]:x2}")));
            bytes = bytes[1..];
        }
    }

    private sealed class DumpWriter : RowWriter
    {
        public DumpWriter(Stream output, long mapSize) : base(output) =>
            output.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"VERSION=3\nformat=print\ntype=btree\nmapsize={mapSize}\nmaxreaders=126\nHEADER=END\n")));

        public override void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            Output.WriteByte((byte)' ');
            WritePrint(Output, key);
            Output.Write("\n "u8);
            WritePrint(Output, value);
            Output.WriteByte((byte)'\n');
        }

        public override void End() => Output.Write("DATA=END\n"u8);
    }

    private sealed class CsvWriter : RowWriter
    {
        public CsvWriter(Stream output, bool heading) : base(output)
        {
            if (heading) output.Write("key,value\r\n"u8);
        }

        public override void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            Field(key);
            Output.WriteByte((byte)',');
            Field(value);
            Output.Write("\r\n"u8);
        }

        private void Field(ReadOnlySpan<byte> text)
        {
            if (!text.ContainsAny(CsvSpecial) && !text.StartsWith((ReadOnlySpan<byte>)[0xef]))
            {
                Output.Write(text);
                return;
            }
            Output.WriteByte((byte)'"');
            for (int quote; (quote = text.IndexOf((byte)'"')) >= 0; text = text[(quote + 1)..])
            {
                Output.Write(text[..quote]);
                Output.Write("\"\""u8);
            }
            Output.Write(text);
            Output.WriteByte((byte)'"');
        }
    }

    private sealed class LsearchWriter(Stream output) : RowWriter(output)
    {
        public override void Write(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
        {
            if (value.ContainsAny((byte)'\n', (byte)0) || (!value.IsEmpty && (ByteText.IsBlank(value[0]) || ByteText.IsBlank(value[^1]))))
                throw new RowException(0, value, $"the value of '{RowException.Shown(key)}' has a line break, a NUL or blanks at its ends, which an lsearch file cannot hold; export as dump or csv");
            if (IsPlain(key)) Output.Write(key);
            else Quote(key);
            Output.Write(": "u8[..(value.IsEmpty ? 1 : 2)]);
            Output.Write(value);
            Output.WriteByte((byte)'\n');
        }

        private static bool IsPlain(ReadOnlySpan<byte> key)
        {
            foreach (var b in key)
            {
                if (b <= ' ' || b is (byte)':' or 0x7f) return false;
            }
            return key[0] is not ((byte)'"' or (byte)'#');
        }

        private void Quote(ReadOnlySpan<byte> key)
        {
            Output.WriteByte((byte)'"');
            foreach (var b in key)
            {
                if (b is (byte)'"' or (byte)'\\') Output.Write([(byte)'\\', b]);
                else if (b is < (byte)' ' or 0x7f) Output.Write(Encoding.ASCII.GetBytes($"\\{Convert.ToString(b, 8).PadLeft(3, '0')}"));
                else Output.WriteByte(b);
            }
            Output.WriteByte((byte)'"');
        }
    }
}
