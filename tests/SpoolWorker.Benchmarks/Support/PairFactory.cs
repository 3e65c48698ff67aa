// Makes any number of valid pairs out of the samples: each gets a fresh id, a body of 3 to 10 kB of lines, the line count
// that goes with it, and a time of reception that fits the id. Frozen messages and those with nobody left to serve are
// not used: the engine would leave them where they are.
using System.Text;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks.Support;

/// <summary>A supply of pairs.</summary>
internal sealed class PairFactory
{
    private const int LeastBody = 3000, MostBody = 10_000;
    private readonly List<(HeaderFile Header, bool WireFormat)> _samples = [];
    private readonly MessageIdGenerator _ids = new(new EarlierClock(), Environment.ProcessId);
    private readonly SpoolOwnership? _ownership;
    private int _made;

    /// <param name="ownership">Owner of what is written; null: whoever runs this.</param>
    /// <param name="only">Part of a sample's name: no others are used.</param>
    public PairFactory(SpoolOwnership? ownership = null, string only = "")
    {
        _ownership = ownership;
        foreach (var (name, bytes, id) in Samples())
        {
            if (!name.Contains(only, StringComparison.Ordinal) || !HeaderFileReader.TryRead(bytes, id, out var header, out _)) continue;
            if (!header.IsFrozen && header.Pending.Length > 0) _samples.Add((header, header.IsWireFormat));
        }
        if (_samples.Count == 0) throw new IOException($"no usable sample like '{only}' in {SampleRoot}");
    }

    /// <summary>Makes frozen messages.</summary>
    public bool Frozen { get; init; }

    private static string SampleRoot => Path.Combine(AppContext.BaseDirectory, "samples");

    /// <summary>-H of every sample.</summary>
    public static IEnumerable<(string Name, byte[] Bytes, MessageId Id)> Samples()
    {
        foreach (var file in Directory.EnumerateFiles(SampleRoot, "*-H", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            if (MessageId.TryParseFileName(Path.GetFileName(file), 'H', out var id))
                yield return (Path.GetFileName(Path.GetDirectoryName(file)!), File.ReadAllBytes(file), id);
        }
    }

    /// <summary>The next pair.</summary>
    public (MessageId Id, byte[] Header, byte[] Data) Next()
    {
        var (sample, wireFormat) = _samples[_made % _samples.Count];
        var id = _ids.Next(sample.Id.IsLong);
        var data = Body(id, wireFormat, LeastBody + _made * 7919L % (MostBody - LeastBody), out var lines);
        var header = sample.WithId(id) with { ReceivedTime = id.Seconds };
        if (!wireFormat) header = header.WithBodyLineCount(lines);
        if (Frozen) header = header.WithVariable("frozen", id.Seconds.ToString(System.Globalization.CultureInfo.InvariantCulture));
        _made++;
        return (id, HeaderFileWriter.ToArray(header), data);
    }

    /// <summary>Writes pairs into a directory, as Exim leaves them.</summary>
    public void Fill(string directory, int count)
    {
        Directory.CreateDirectory(directory);
        for (var i = 0; i < count; i++)
        {
            var (id, header, data) = Next();
            Write($"{directory}/{id.BodyName}", data);
            Write($"{directory}/{id.HeaderName}", header);
        }
    }

    /// <summary>Writes one new file.</summary>
    public void Write(string path, byte[] bytes)
    {
        using var file = Posix.Open(path, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL, (int)SpoolOwnership.DefaultMode);
        RandomAccess.Write(file, bytes, 0);
        if (_ownership is { } owner) Posix.SetOwner(file, owner.Uid, owner.Gid, path);
    }

    private static byte[] Body(MessageId id, bool wireFormat, long size, out long lines)
    {
        const string Text = "All work and no play makes a dull mail queue, and so every line differs by its number: ";
        var body = new StringBuilder($"{id.BodyName}\n");
        for (lines = 0; body.Length < size; lines++) body.Append(Text).Append(lines).Append(wireFormat ? "\r\n" : "\n");
        return Encoding.ASCII.GetBytes(body.ToString());
    }

    // A generator that is asked faster than ids last runs ahead of its clock; a queue from the future would be odd.
    private sealed class EarlierClock : TimeProvider
    {
        private static readonly TimeSpan By = TimeSpan.FromHours(1);

        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - By;
    }
}
