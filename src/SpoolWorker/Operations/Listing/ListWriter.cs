// Lists one directory: names first (an age order needs them all), then the messages in portions that a few threads read
// and render while one writes them out in order. A slow reader of our output holds the threads back, so memory stays
// small whatever the directory holds: some 100 bytes a name, a few portions of rows.
namespace SpoolWorker.Operations.Listing;

/// <summary>Turns listed messages into bytes, each with its line end. One a thread.</summary>
internal abstract class ListRenderer
{
    public abstract void Write(in ListedMessage message, RowBuffer output);
}

/// <summary>What a list came to.</summary>
/// <param name="Messages">Messages looked at.</param>
/// <param name="Unreadable">Messages whose -H cannot be read.</param>
/// <param name="Forbidden">Those of them that this user may not read.</param>
/// <param name="Listed">Those that were wanted.</param>
internal readonly record struct ListResult(int Messages, int Unreadable, int Forbidden, ListTotal Listed);

/// <summary>What messages come to together.</summary>
/// <param name="Messages">How many.</param>
/// <param name="Recipients">Their recipients.</param>
/// <param name="Pending">Those still to be served.</param>
/// <param name="Bytes">Their sizes.</param>
internal readonly record struct ListTotal(long Messages, long Recipients, long Pending, long Bytes)
{
    public static ListTotal operator +(ListTotal a, ListTotal b) => new(a.Messages + b.Messages, a.Recipients + b.Recipients, a.Pending + b.Pending, a.Bytes + b.Bytes);

    /// <summary>One message.</summary>
    public static ListTotal Of(in ListedMessage message) => new(1, message.Recipients, message.Pending, Math.Max(0, message.Size));
}

/// <summary>Reads, renders and writes the messages of a directory.</summary>
internal sealed class ListWriter(ListSource source, MessageNames names, Func<ListRenderer> renderer, Stream output) : IDisposable
{
    private const int Portion = 256, MostAhead = 16, MostThreads = 4, ThreadsFrom = 1000;
    private readonly RowBuffer?[] _ready = new RowBuffer?[(names.Names.Length + Portion - 1) / Portion];
    // Written out and to be filled again; never more than portions ahead.
    private readonly List<RowBuffer> _spare = [];
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _room = new(MostAhead), _news = new(0);
    private Exception? _failure;
    private ListTotal _listed;
    private int _next = -1, _messages, _unreadable, _forbidden;

    /// <summary>Writes all rows.</summary>
    public ListResult Write()
    {
        var count = names.Names.Length < ThreadsFrom ? 1 : Math.Clamp(Environment.ProcessorCount, 1, MostThreads);
        var threads = new Thread[count];
        for (var i = 0; i < count; i++)
        {
            threads[i] = new Thread(Work) { IsBackground = true, Name = "list" };
            threads[i].Start();
        }
        for (var portion = 0; portion < _ready.Length; portion++)
        {
            var bytes = Take(portion);
            if (_failure is not null) throw new IOException(_failure.Message, _failure);
            output.Write(bytes!.Written);
            bytes.Clear();
            lock (_gate) _spare.Add(bytes);
            _room.Release();
        }
        foreach (var thread in threads) thread.Join();
        return new ListResult(_messages, _unreadable, _forbidden, _listed);
    }

    public void Dispose()
    {
        _room.Dispose();
        _news.Dispose();
    }

    private RowBuffer? Take(int portion)
    {
        while (true)
        {
            lock (_gate)
            {
                if (_failure is not null) return null;
                if (_ready[portion] is { } bytes)
                {
                    _ready[portion] = null;
                    return bytes;
                }
            }
            _news.Wait();
        }
    }

    private void Work()
    {
        var readers = new ListedMessageReader?[names.Folders.Count];
        try
        {
            var rows = renderer();
            while (true)
            {
                _room.Wait();
                var portion = Interlocked.Increment(ref _next);
                if (portion >= _ready.Length || _failure is not null)
                {
                    // The others wait for room too, and there is nothing left to do for them either.
                    _room.Release();
                    return;
                }
                var bytes = Empty();
                Render(portion, rows, readers, bytes);
                lock (_gate) _ready[portion] = bytes;
                _news.Release();
            }
        }
        catch (Exception e)
        {
            lock (_gate) _failure ??= e;
            _news.Release();
            _room.Release();
        }
        finally
        {
            foreach (var reader in readers) reader?.Dispose();
        }
    }

    private RowBuffer Empty()
    {
        lock (_gate)
        {
            if (_spare.Count == 0) return new RowBuffer();
            var bytes = _spare[^1];
            _spare.RemoveAt(_spare.Count - 1);
            return bytes;
        }
    }

    private void Render(int portion, ListRenderer rows, ListedMessageReader?[] readers, RowBuffer bytes)
    {
        var (messages, unreadable, forbidden) = (0, 0, 0);
        var listed = default(ListTotal);
        for (var i = portion * Portion; i < Math.Min(names.Names.Length, (portion + 1) * Portion); i++)
        {
            var name = names.Names[i];
            var reader = readers[name.Folder] ??= new ListedMessageReader(names.Folders[name.Folder], source);
            if (!reader.TryRead(name.Id, out var message)) continue;
            messages++;
            if (message.Error is not null) unreadable++;
            if (message.IsForbidden) forbidden++;
            if (message.IsLeftOut) continue;
            listed += ListTotal.Of(message);
            rows.Write(message, bytes);
        }
        lock (_gate)
        {
            _messages += messages;
            _unreadable += unreadable;
            _forbidden += forbidden;
            _listed += listed;
        }
    }
}
