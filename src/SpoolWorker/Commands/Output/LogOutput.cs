// The worker's log on standard error. .NET's own provider wakes a thread for each line and makes a write of each: 24 of the 311 us that a message costs (docs/benchmarks.md). Here the
// lines of a moment are one write. Form and settings are those of .NET's (Logging:Console).
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace SpoolWorker.Commands.Output;

/// <summary>The provider of loggers that write to standard error.</summary>
[ProviderAlias("Console")]
internal sealed class LogOutput : ILoggerProvider, ISupportExternalScope
{
    private readonly LineWriter _writer = new(Console.OpenStandardError());
    private readonly ConsoleFormatter _formatter;
    private IExternalScopeProvider? _scopes;

    public LogOutput(IOptions<ConsoleLoggerOptions> options, IEnumerable<ConsoleFormatter> formatters)
    {
        var known = formatters.ToList();
        _formatter = known.Find(f => f.Name.Equals(options.Value.FormatterName, StringComparison.OrdinalIgnoreCase)) ?? known.First(f => f.Name == ConsoleFormatterNames.Simple);
    }

    public ILogger CreateLogger(string categoryName) => new Lines(this, categoryName);

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => _scopes = scopeProvider;

    /// <summary>What was logged so far is written.</summary>
    public void Dispose() => _writer.Dispose();

    private sealed class Lines(LogOutput log, string category) : ILogger
    {
        // What a line needs; a stack is longer, and its room is not kept.
        private const int Kept = 4096;

        [ThreadStatic]
        private static StringWriter? _line;

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => log._scopes?.Push(state);

        public bool IsEnabled(LogLevel logLevel) => logLevel != LogLevel.None;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!IsEnabled(logLevel)) return;
            var line = _line ??= new StringWriter();
            log._formatter.Write(new LogEntry<TState>(logLevel, category, eventId, state, exception, formatter), log._scopes, line);
            var text = line.GetStringBuilder();
            log._writer.Write(text);
            text.Clear();
            if (text.Capacity > Kept) text.Capacity = Kept;
        }
    }
}

/// <summary>Puts it in the place of .NET's.</summary>
internal static class LogOutputExtensions
{
    /// <summary>The log on standard error.</summary>
    public static ILoggingBuilder AddLogOutput(this ILoggingBuilder logging)
    {
        // Its formatters and their settings stay.
        logging.AddConsole();
        logging.Services.Remove(logging.Services.Single(s => s.ImplementationType == typeof(ConsoleLoggerProvider)));
        logging.Services.AddSingleton<ILoggerProvider, LogOutput>();
        return logging;
    }
}
