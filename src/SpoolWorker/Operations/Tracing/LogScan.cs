// Reads logs from end to end for the lines of some messages, in bounded memory, gzipped ones too. Messages lead to others (a
// bounce to what failed, an answer "id=…" to the message on the next Exim), whose lines may stand further up: then the logs are
// read once more. Overlong lines are cut. Reading can throw IOException, InvalidDataException or UnauthorizedAccessException.
using System.IO.Compression;
using System.Text;
using SpoolWorker.Passes.EximLog;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Tracing;

/// <summary>Looks through logs.</summary>
/// <param name="files">The logs.</param>
/// <param name="progress">Told how many bytes of how many are read; null: nobody.</param>
internal sealed class LogScan(IReadOnlyList<string> files, Action<long, long>? progress)
{
    public const string ByAddress = "has the address";
    private const int MostRounds = 4, MostIds = 200, MostEvents = 20_000;

    // Exim's lines are 8,192 bytes at most.
    private const int MostLine = 64 * 1024;

    private readonly List<byte[]> _idBytes = [];

    /// <summary>Messages found, each with the way it was found.</summary>
    public Dictionary<string, string> Ids { get; } = [];

    /// <summary>Set when there was more than is kept.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Events of the messages, and of whoever has the address.</summary>
    /// <param name="address">Lower case; empty to go by ids alone.</param>
    public IReadOnlyList<TraceEvent> Run(string address)
    {
        var wanted = Encoding.Latin1.GetBytes(address);
        var events = new List<TraceEvent>();
        for (var round = 0; round < MostRounds; round++)
        {
            events.Clear();
            var before = Ids.Count;
            var (done, all) = (0L, files.Sum(f => new FileInfo(f).Length));
            foreach (var file in files)
            {
                Read(file, read => progress?.Invoke(done + read, all), line => Take(line, wanted, events));
                done += new FileInfo(file).Length;
            }
            if (Ids.Count == before) break;
        }
        return events;
    }

    private void Take(ReadOnlySpan<byte> line, byte[] address, List<TraceEvent> events)
    {
        // Most lines are about others: looking for the ids costs a fraction of reading the line.
        if (address.Length == 0 && !HoldsId(line)) return;
        if (!EximLogLine.TryParse(line, TimeZoneInfo.Local, out var parsed, out _) || parsed.Id.Length == 0) return;
        var id = parsed.Id.ToString();
        if (address.Length > 0 && !Ids.ContainsKey(id) && Holds(line, address)) Add(id, ByAddress);
        var related = Related(parsed);
        if (!Ids.ContainsKey(id))
        {
            // A bounce of a message we look for, wherever it was found.
            if (related.Length == 0 || parsed.Mark != EximLogMark.Arrival || !Ids.ContainsKey(related)) return;
            Add(id, $"bounce of {related}");
        }
        if (related.Length > 0 && Ids.ContainsKey(id)) Add(related, parsed.Mark == EximLogMark.Arrival ? $"{id} is its bounce" : $"{id} was taken as this");
        if (events.Count >= MostEvents) IsCut = true;
        else if (Event(parsed, id) is { } found) events.Add(found);
    }

    private bool HoldsId(ReadOnlySpan<byte> line)
    {
        if (_idBytes.Count != Ids.Count)
        {
            _idBytes.Clear();
            _idBytes.AddRange(Ids.Keys.Select(Encoding.ASCII.GetBytes));
        }
        foreach (var id in _idBytes)
        {
            if (line.IndexOf(id) >= 0) return true;
        }
        return false;
    }

    private void Add(string id, string why)
    {
        if (Ids.Count >= MostIds) IsCut = true;
        else Ids.TryAdd(id, why);
    }

    private static string Related(EximLogLine line)
    {
        if (line.Mark == EximLogMark.Arrival) return EximArrival.Read(line.Text).BounceOf.ToString();
        if (line.Mark is not (EximLogMark.Delivery or EximLogMark.FurtherDelivery)) return "";
        // "250 OK id=1xV…" of an Exim
        var answer = EximDelivery.Read(line.Text).Confirmation;
        var at = answer.IndexOf(" id="u8);
        if (at < 0) return "";
        answer = answer[(at + 4)..];
        var end = answer.IndexOf((byte)' ');
        return MessageId.TryParse(end < 0 ? answer : answer[..end], out var id) ? id.ToString() : "";
    }

    private static TraceEvent? Event(EximLogLine line, string id)
    {
        var text = Latin1(line.Text);
        var timeOf = line.Time;
        switch (line.Mark)
        {
            case EximLogMark.Arrival:
                var arrival = EximArrival.Read(line.Text);
                return arrival.BounceOf.Length > 0 ? New(TraceKind.Bounce, $"written by Exim about {arrival.BounceOf}: {text}") : New(TraceKind.Arrival, $"from {text}");
            case EximLogMark.Delivery or EximLogMark.FurtherDelivery or EximLogMark.Cutthrough or EximLogMark.Suppressed:
                return New(TraceKind.Delivered, $"{EximLogLine.Token(line.Mark)} {text}", Latin1(EximDelivery.Read(line.Text).Recipient));
            case EximLogMark.Failure:
                return New(TraceKind.Refused, text, Latin1(EximDelivery.Read(line.Text).Recipient));
            case EximLogMark.Deferral:
                return New(TraceKind.Delayed, text, Latin1(EximDelivery.Read(line.Text).Recipient));
            case EximLogMark.Completed:
                return New(TraceKind.Completed, text);
            case EximLogMark.None when EximEvent.TryRead(line.Text, out var raised):
                var host = $"[{Latin1(raised.Ip)}]{(raised.Port > 0 ? $":{raised.Port}" : "")} {Latin1(raised.Data)}";
                return raised.Kind switch
                {
                    EximEventKind.Greeting => New(TraceKind.Greeting, host),
                    EximEventKind.Ehlo => New(TraceKind.Ehlo, host),
                    // The lines with ** and == say the same.
                    _ => null,
                };
            case EximLogMark.None when line.Text.StartsWith("H="u8):
                return New(TraceKind.Host, text);
            default:
                return New(TraceKind.Note, text);
        }

        TraceEvent New(TraceKind kind, string what, string address = "") => new(timeOf, id, TraceEvent.Exim, kind, what, address);
    }

    // The address as a whole: bob@r.example is not in notbob@r.example.
    private static bool Holds(ReadOnlySpan<byte> line, byte[] address)
    {
        Span<byte> lower = line.Length <= 16 * 1024 ? stackalloc byte[line.Length] : new byte[line.Length];
        for (var i = 0; i < line.Length; i++) lower[i] = line[i] is >= (byte)'A' and <= (byte)'Z' ? (byte)(line[i] | 0x20) : line[i];
        for (int from = 0, at; (at = lower[from..].IndexOf(address)) >= 0; from += at + 1)
        {
            var start = from + at;
            var end = start + address.Length;
            if ((start == 0 || !IsWord(lower[start - 1])) && (end == lower.Length || !IsWord(lower[end]))) return true;
        }
        return false;
    }

    private static bool IsWord(byte c) => char.IsAsciiLetterOrDigit((char)c) || c is (byte)'.' or (byte)'-' or (byte)'_' or (byte)'+' or (byte)'=' or >= 0x80;

    private static void Read(string path, Action<long> progress, LogFollowing.LineHandler handler)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using Stream stream = path.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        var buffer = new byte[4 * MostLine];
        var held = 0;
        var skipping = false;
        for (int n; (n = stream.Read(buffer, held, buffer.Length - held)) > 0 || held > 0;)
        {
            var bytes = buffer.AsSpan(0, held + n);
            var taken = 0;
            for (int end; (end = bytes[taken..].IndexOf((byte)'\n')) >= 0; taken += end + 1)
            {
                if (!skipping) handler(bytes.Slice(taken, Math.Min(end, MostLine)));
                skipping = false;
            }
            if (n == 0)
            {
                if (!skipping) handler(bytes[taken..]);
                return;
            }
            held = bytes.Length - taken;
            if (held == buffer.Length) (held, skipping) = (0, true);
            else bytes[taken..].CopyTo(buffer);
            progress(file.Position);
        }
    }

    private static string Latin1(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);
}
