// Histories as changed by a batch of lines, before they are written. Each message is read from the store once a batch. Only
// messages with something to tell are touched: most lines of a log cost a parse and nothing else.
using SpoolWorker.Passes.EximLog;

namespace SpoolWorker.LogFollowing;

/// <summary>Changes of one batch.</summary>
/// <param name="find">What the store knows of a message.</param>
internal sealed class HistoryBatch(Func<string, DeliveryHistory?> find)
{
    private readonly Dictionary<string, DeliveryHistory> _histories = [];
    private readonly HashSet<string> _completed = [];
    private readonly Dictionary<(string Ip, int Port), RemoteHost> _hosts = [];

    public IReadOnlyDictionary<string, DeliveryHistory> Histories => _histories;

    /// <summary>Hosts that greeted us, the latest greeting of each.</summary>
    public IEnumerable<RemoteHost> Hosts => _hosts.Values;

    /// <summary>Messages delivered over TLS, by whether the session was resumed.</summary>
    public TlsDeliveries Tls { get; private set; }

    /// <summary>Takes in one line of a main log.</summary>
    public void Add(ReadOnlySpan<byte> line)
    {
        if (!EximLogLine.TryParse(line, TimeZoneInfo.Local, out var parsed, out _) || parsed.Id.Length == 0) return;
        var id = parsed.Id.ToString();
        if (!MayTell(parsed)) return;
        // One line for each transaction: further recipients of it have "->".
        if (parsed.Mark == EximLogMark.Delivery && EximDelivery.Read(parsed.Text).Cipher is { IsEmpty: false } cipher) Tls = Tls.With(isResumed: cipher[^1] == '*');
        // A message that goes well needs no record; one that had trouble before may lose its own.
        var isGood = parsed.Mark is not (EximLogMark.None or EximLogMark.Arrival or EximLogMark.Failure or EximLogMark.Deferral);
        if (Of(id, make: !isGood) is not { } history) return;
        if (parsed.Mark == EximLogMark.Completed) _completed.Add(id);
        history.Apply(parsed);
        if (parsed.Mark == EximLogMark.None && EximEvent.TryRead(parsed.Text, out var raised) && raised.Kind is EximEventKind.Greeting or EximEventKind.Ehlo
            && history.Hosts.Count > 0 && history.Hosts[^1] is { Port: > 0 } host) _hosts[(host.Ip, host.Port)] = host;
    }

    /// <summary>Done, and nothing worth keeping.</summary>
    public bool IsForgotten(string id) => _completed.Contains(id) && !_histories[id].IsWorthKeeping;

    private static bool MayTell(EximLogLine line) => line.Mark switch
    {
        EximLogMark.Failure or EximLogMark.Deferral or EximLogMark.Delivery or EximLogMark.FurtherDelivery or EximLogMark.Cutthrough or EximLogMark.Completed => true,
        EximLogMark.Arrival => line.Text.IndexOf(" R="u8) > 0,
        EximLogMark.None => line.Text.StartsWith("H="u8) || EximEvent.TryRead(line.Text, out _),
        _ => false,
    };

    private DeliveryHistory? Of(string id, bool make)
    {
        if (_histories.TryGetValue(id, out var history)) return history;
        history = find(id) ?? (make ? new DeliveryHistory() : null);
        if (history is not null) _histories[id] = history;
        return history;
    }
}
