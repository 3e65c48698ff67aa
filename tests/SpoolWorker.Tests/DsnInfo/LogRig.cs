using System.Text;
using Microsoft.Extensions.Logging;
using SpoolWorker.LogFollowing;
using SpoolWorker.Passes.DsnInfo;
using SpoolWorker.Passes.EximLog;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.DsnInfo;

/// <summary>A main log in a directory of its own, and the follower over it.</summary>
internal sealed class LogRig : IDisposable
{
    private EximLogs? _logs;
    private HistoryStore? _store;

    public LogRig()
    {
        Log = Path.Combine(Root, "mainlog");
        Options = new DsnInfoOptions { MainLog = [Log], MapSize = 64 << 20 };
    }

    public TempDirectory Root { get; } = new();

    public string Log { get; }

    public DsnInfoOptions Options { get; }

    public FakeClock Clock { get; } = new();

    public SpoolWorker.Tests.Engine.LogLines Lines { get; } = new();

    public EximLogs Logs => _logs ??= Open();

    public HistoryStore Store => Logs is not null ? _store! : throw new InvalidOperationException();

    public string MessageLogs => Directory.CreateDirectory(Path.Combine(Root, "msglog")).FullName;

    /// <summary>As after a restart of the program.</summary>
    public void Restart()
    {
        _logs?.Dispose();
        _logs = null;
    }

    public void Write(string text) => File.AppendAllText(Log, text, Encoding.Latin1);

    /// <summary>A failure of the n-th message.</summary>
    public static string Failure(int n) => $"2026-11-23 21:30:00 {Id(n)} ** r{n}@r.example R=out T=smtp H=mx [192.0.2.1]:2525: 550 no {n}\n";

    public static string Id(int n) => PairFactory.ShortId(n);

    public DeliveryHistory? Find(int n) => Logs.Find(PairFactory.Parse(Id(n)));

    /// <summary>Whether each message's failure is known.</summary>
    public void Knows(params int[] messages)
    {
        foreach (var n in messages) Find(n)?.Troubles.Should().ContainSingle($"message {n} failed").Which.Diagnostic.Should().Be($"550 no {n}");
        messages.Where(n => Find(n) is null).Should().BeEmpty("their failures are in the logs");
    }

    public void Dispose()
    {
        Restart();
        Root.Dispose();
    }

    private EximLogs Open()
    {
        _store = HistoryStore.Open(Path.Combine(Root, "ledger"), Options.MapSize);
        return new EximLogs(Options, MessageLogs, new LogFollower(Options, _store, Clock, new Logger<LogFollower>(Lines)), _store);
    }
}
