using System.Text;
using Microsoft.Extensions.Logging;
using SpoolWorker.Calendar;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Orders;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Verbs;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dsn;
using SpoolWorker.Passes.Notices;
using SpoolWorker.Spool;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Engine;

/// <summary>A pass made of a function.</summary>
internal sealed class TestPass(string name, Func<PassContext, CancellationToken, ValueTask<PassResult>> run) : IMessagePass
{
    public TestPass(string name, Func<PassContext, PassResult> run) : this(name, (context, _) => ValueTask.FromResult(run(context)))
    {
    }

    public string Name { get; } = name;

    public int Calls { get; private set; }

    public ValueTask<PassResult> RunAsync(PassContext context, CancellationToken cancellationToken)
    {
        Calls++;
        return run(context, cancellationToken);
    }

    /// <summary>Decides for each recipient by its address.</summary>
    public static TestPass PerRecipient(string name, Func<string, Disposition> decide) => new(name, context => new PassResult
    {
        Recipients = [.. context.Recipients.Select(r => (r.Address, decide(Text(r.Address))))],
    });

    public static string Text(ReadOnlyMemory<byte> bytes) => Encoding.Latin1.GetString(bytes.Span);
}

/// <summary>Keeps what is logged.</summary>
internal sealed class LogLines : ILoggerFactory, ILogger
{
    private readonly List<string> _lines = [];

    /// <summary>Called with each line.</summary>
    public Action<string>? OnLine { get; set; }

    public string All
    {
        get
        {
            lock (_lines) return string.Join("\n", _lines);
        }
    }

    public int Count(string part)
    {
        lock (_lines) return _lines.Count(l => l.Contains(part, StringComparison.Ordinal));
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void AddProvider(ILoggerProvider provider)
    {
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var line = $"{logLevel}: {formatter(state, exception)}";
        lock (_lines) _lines.Add(line);
        OnLine?.Invoke(line);
    }

    public void Dispose()
    {
    }
}

/// <summary>A pair as it lies in a directory.</summary>
internal sealed record Found(MessageId Id, HeaderFile Header, byte[] HeaderBytes, byte[] Body, string Folder)
{
    /// <summary>Recipients Exim would deliver to.</summary>
    public string[] Pending => [.. Header.Pending.Select(r => TestPass.Text(r.Address))];
}

/// <summary>An engine over directories of its own.</summary>
internal sealed class EngineRig : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private readonly List<ConfiguredPass> _passes = [];
    private readonly List<string> _undeclared = [];
    private readonly System.Collections.Concurrent.ConcurrentDictionary<MessageId, LedgerEntry> _decided = new();
    private readonly bool _ownsRoot;
    private MessageLedger? _ledger;
    private InHand? _inHand;
    private SpoolEngine? _engine;

    public EngineRig(EngineRig? beside = null)
    {
        _ownsRoot = beside is null;
        Root = beside?.Root ?? new TempDirectory();
        Intake = Make("intake/input");
        Target = Make("spool/input");
        Held = Make("held");
        Corrupt = Path.Combine(Root, "corrupt");
        Settings = new Settings
        {
            Intakes = [new IntakeOptions { Path = Intake, Kind = IntakeKind.Spool }],
            Target = new TargetOptions { Path = Target, Wake = WakeMethod.None, EximVersion = "4.96" },
            Ledger = new LedgerOptions { Path = Path.Combine(Root, beside is null ? "ledger" : "ledger2"), MapSize = 64 << 20 },
            Held = new HeldOptions { Path = Held },
            Corrupt = new FolderOptions { Path = Corrupt },
            Engine = new EngineOptions { Workers = 4 },
        };
    }

    public TempDirectory Root { get; }

    public string Intake { get; }

    public string Target { get; }

    public string Held { get; }

    public string Corrupt { get; }

    public Settings Settings { get; }

    public FakeClock Clock { get; init; } = new();

    public LogLines Log { get; } = new();

    /// <summary>Whether the intakes are watched, too; most tests scan when they want to.</summary>
    public bool Watch { get; init; }

    public SpoolEngine Engine => _engine ?? throw new InvalidOperationException("not started");

    /// <summary>Pauses and skips of the engine that runs.</summary>
    public OrdersInForce Orders { get; private set; } = new(null, TimeProvider.System);

    public MessageLedger Ledger => _ledger ?? throw new InvalidOperationException("not started");

    /// <summary>The record that decided a message last, with what was staged: the ledger turns it into a row soon.</summary>
    public LedgerEntry Decided(MessageId id) => _decided[id];

    /// <summary>Sets the kind of the only intake.</summary>
    public IntakeKind Kind
    {
        set => Settings.Intakes[0].Kind = value;
    }

    /// <summary>Set: what passes bounce is returned to its sender.</summary>
    public DsnFeature? Dsn { get; set; }

    /// <summary>Set: administrators are told of held mail.</summary>
    public NoticesFeature? Notices { get; set; }

    public string Make(string name) => Directory.CreateDirectory(Path.Combine(Root, name)).FullName;

    /// <param name="pass">The next step of the chain.</param>
    /// <param name="options">Its settings.</param>
    /// <param name="results">What it declares to find; null: what the program's pass of its type does.</param>
    /// <param name="hours">When messages may go through it; null: at all times.</param>
    /// <param name="traits">What the order has to respect.</param>
    public T With<T>(T pass, PassOptions? options = null, IReadOnlyList<NamedResult>? results = null, PassHours? hours = null, PassTraits traits = PassTraits.None)
        where T : IMessagePass
    {
        var step = pass is TestPass ? (IMessagePass)pass : new WatchedPass(pass, _undeclared);
        _passes.Add(new ConfiguredPass(step, options ?? new PassOptions()) { Results = results ?? (pass is TestPass ? [] : DeclaredResults.Of(pass.Name)), Hours = hours, Traits = traits });
        return pass;
    }

    public void WithoutPasses() => _passes.Clear();

    public EngineRig Start()
    {
        Directory.CreateDirectory(Settings.Ledger.Path);
        _ledger ??= MessageLedger.OpenForWorker(Settings.Ledger, Clock.GetUtcNow());
        _inHand = new InHand(Settings.Ledger.Path, Settings.Engine.WorkerCount);
        var chain = new PassChain(_passes, Clock, new Logger<PassChain>(Log), Settings.Results.Write, Orders = new OrdersInForce(_ledger.Orders, Clock));
        _engine = new SpoolEngine(new EnginePlan(new IntakeSet(Settings), Settings, Watch) { Orders = Orders }, _ledger, new PassSet(chain) { Dsn = Dsn, Notices = Notices }, _inHand, Clock, Log);
        var ledger = _ledger;
        _engine.Outcomes.Published += outcome =>
        {
            if (ledger.Find(outcome.Intake, outcome.Id) is { } entry) _decided[outcome.Id] = entry;
        };
        _engine.Start();
        return this;
    }

    /// <summary>Works until nothing more can be done now.</summary>
    public async Task DrainAsync()
    {
        if (_engine is null) Start();
        try
        {
            await Engine.DrainAsync(CancellationToken.None).WaitAsync(Patience);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"not drained within {Patience.TotalSeconds} s; the end of the log:\n{Log.All[Math.Max(0, Log.All.Length - 3000)..]}");
        }
    }

    /// <summary>Stops the engine in the regular way.</summary>
    public async Task StopAsync()
    {
        if (_engine is not null) await _engine.DisposeAsync().AsTask().WaitAsync(Patience);
        _engine = null;
        _inHand?.Dispose();
        _ledger?.Dispose();
        _ledger = null;
    }

    public async Task RestartAsync()
    {
        await StopAsync();
        Start();
    }

    /// <summary>From now on no staged file of a directory can be renamed, behind whatever is on record by then: a directory has its name.</summary>
    public void FailRenames(string place) => Clock.OnLook = () =>
    {
        foreach (var staged in Directory.GetFiles(place, "hdr.*")) Directory.CreateDirectory($"{place}/{Path.GetFileName(staged).Split('.')[1]}-H");
    };

    /// <summary>They can be again; one at least has failed.</summary>
    public void LetRenames()
    {
        Clock.OnLook = null;
        var blocks = new[] { Held, Target }.SelectMany(Directory.GetDirectories).ToList();
        blocks.Should().NotBeEmpty();
        blocks.ForEach(Directory.Delete);
    }

    public static async Task UntilAsync(Func<bool> isSo, string what)
    {
        // The delay is the pace of the poll.
        for (var until = Environment.TickCount64 + (long)Patience.TotalMilliseconds; !isSo(); await Task.Delay(5))
        {
            if (Environment.TickCount64 > until) Assert.Fail($"{what}: not within {Patience.TotalSeconds} s");
        }
    }

    public static List<Found> Pairs(string directory)
    {
        var found = new List<Found>();
        foreach (var path in Directory.EnumerateFiles(directory, "*-H", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
        {
            MessageId.TryParseFileName(Path.GetFileName(path.AsSpan()), 'H', out var id).Should().BeTrue();
            var bytes = File.ReadAllBytes(path);
            HeaderFileReader.TryRead(bytes, id, out var header, out var error).Should().BeTrue("{0}", error);
            var data = File.ReadAllBytes(path[..^1] + "D");
            Encoding.Latin1.GetString(data, 0, id.BodyOffset).Should().Be(id.BodyName + "\n");
            found.Add(new Found(id, header!, bytes, data[id.BodyOffset..], Path.GetDirectoryName(path)!));
        }
        foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            Path.GetFileName(path).Should().NotStartWith("hdr.");
            if (path.EndsWith("-D", StringComparison.Ordinal)) File.Exists(path[..^1] + "H").Should().BeTrue("{0} needs its -H", path);
        }
        return found;
    }

    /// <summary>Has a verb executed, and what goes on with the rest of it. Returns its rows.</summary>
    public async Task<IReadOnlyList<VerbRow>> VerbAsync(VerbRow asked)
    {
        var (first, before) = (Ledger.Verbs.Add([asked])[0].Number, new HashSet<long>());
        while (Ledger.Verbs.Waiting() is { Count: > 0 } rows)
        {
            var now = rows.Select(r => r.Number).ToHashSet();
            now.SetEquals(before).Should().BeFalse("the same rows wait still, and would for ever");
            await Engine.WorkVerbsAsync(before = now, CancellationToken.None);
        }
        await UntilAsync(() => Engine.Busy == 0, "the last of them is done");
        return Ledger.Verbs.Audit(first, int.MaxValue);
    }

    /// <summary>Exim delivers all that is in the target and removes it. Returns who got it.</summary>
    public string[] EximDelivers()
    {
        var pairs = Pairs(Target);
        foreach (var pair in pairs)
        {
            File.Delete($"{pair.Folder}/{pair.Id.HeaderName}");
            File.Delete($"{pair.Folder}/{pair.Id.BodyName}");
        }
        return [.. pairs.SelectMany(p => p.Pending)];
    }

    public static string[] Names(string directory) =>
        Directory.Exists(directory) ? [.. Directory.EnumerateFileSystemEntries(directory).Select(p => Path.GetFileName(p)!).Order(StringComparer.Ordinal)] : [];

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        if (_ownsRoot) Root.Dispose();
        _undeclared.Should().BeEmpty("passes declare all they find");
    }
}
