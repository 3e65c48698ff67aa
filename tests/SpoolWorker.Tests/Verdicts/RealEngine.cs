namespace SpoolWorker.Tests.Verdicts;

/// <summary>An engine for the tests of a class, started when it is first asked for.</summary>
public abstract class RealEngine : IDisposable
{
    private readonly Lazy<IRealEngine> _engine;

    private protected RealEngine(Func<IRealEngine> start) => _engine = new(start);

    public string Address => _engine.Value.Address;

    public void Dispose()
    {
        if (_engine.IsValueCreated) _engine.Value.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A test with an engine of Debian's, left out where that is not installed.</summary>
internal sealed class EngineFactAttribute : FactAttribute
{
    /// <param name="engine">clamd, rspamd or spamd.</param>
    public EngineFactAttribute(string engine) => Skip = Missing(engine);

    public static string? Missing(string engine) => engine switch
    {
        "clamd" => RealClamd.Missing(),
        "rspamd" => RealRspamd.Missing(),
        "spamd" => RealSpamd.Missing(),
        _ => throw new ArgumentOutOfRangeException(nameof(engine), engine, "no engine"),
    };
}

/// <summary>As <see cref="EngineFactAttribute"/>, with data.</summary>
internal sealed class EngineTheoryAttribute : TheoryAttribute
{
    /// <param name="engine">clamd, rspamd or spamd.</param>
    public EngineTheoryAttribute(string engine) => Skip = EngineFactAttribute.Missing(engine);
}
