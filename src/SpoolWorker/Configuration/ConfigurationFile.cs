// Which file is read: --config, else $SPOOLWORKER_CONFIG, else /etc/spoolworker/spoolworker.json. Never one of the current
// directory: root in a stranger's directory would run the program that stranger names. A file that cannot be used is one
// sentence, with line and column where its JSON is broken, and nothing of it is taken.
using System.Text.Json;
using SpoolWorker.Spool;

namespace SpoolWorker.Configuration;

/// <summary>The configuration file.</summary>
/// <param name="Source">Its name, for people; empty when there is none.</param>
/// <param name="Content">Its bytes; null when it cannot be used.</param>
/// <param name="Fault">Why not; null when it can, and when there is none.</param>
internal sealed record ConfigurationFile(string Source, byte[]? Content, string? Fault)
{
    public const string SystemFile = "/etc/spoolworker/spoolworker.json";
    public const string Variable = "SPOOLWORKER_CONFIG";

    /// <summary>The commented example that is built into the program: the repository's appsettings.json.</summary>
    public const string ExampleName = "appsettings.json";

    /// <summary>No file: all settings come from the command line and the environment.</summary>
    public static ConfigurationFile None { get; } = new("", null, null);

    /// <summary>The directory it lies in, which relative paths in it are taken from: a current directory may be a stranger's. Null for no file and the example.</summary>
    public string? Directory { get; init; }

    public bool IsNone => Source.Length == 0;

    /// <summary>It was named for this run; else it is the system's, which a stranger to the worker may not be able to read.</summary>
    public bool IsNamed { get; init; }

    /// <summary>Finds and reads it.</summary>
    /// <param name="option">What --config says, or null.</param>
    public static ConfigurationFile Find(string? option) => Find(option, Environment.GetEnvironmentVariable(Variable), SystemFile);

    /// <summary>The same, told where to look.</summary>
    public static ConfigurationFile Find(string? option, string? variable, string system)
    {
        if (option is not null) return Read(option, "--config ") with { IsNamed = true };
        if (!string.IsNullOrEmpty(variable)) return Read(variable, $"{Variable} ") with { IsNamed = true };
        return Posix.TryStatus(system, out _) is Errno.ENOENT or Errno.ENOTDIR ? None : Read(system, "");
    }

    /// <summary>The built-in example.</summary>
    public static ConfigurationFile Example()
    {
        using var stream = typeof(ConfigurationFile).Assembly.GetManifestResourceStream(ExampleName)!;
        using var copy = new MemoryStream();
        stream.CopyTo(copy);
        return new ConfigurationFile("the built-in example", copy.ToArray(), null);
    }

    private static ConfigurationFile Read(string path, string from)
    {
        ConfigurationFile Failed(string fault) => new(path.Length == 0 ? "--config" : path, null, $"{from}{(path.Length == 0 ? "''" : path)}: {fault}");

        if (path.Length == 0) return Failed("must be a file");
        if (Posix.EffectiveUser == 0 && Trust.FaultOf(Path.GetFullPath(path)) is { } distrust) return Failed($"not read by root: {distrust}");
        if (System.IO.Directory.Exists(path)) return Failed($"is a directory; name the file in it, such as {Path.Join(path, "spoolworker.json")}");
        byte[] content;
        try
        {
            content = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return Failed("no such file");
        }
        catch (UnauthorizedAccessException)
        {
            return Failed($"may not be read by uid {Posix.EffectiveUser}; give that user or its group permission to read it, and to pass the directories above it");
        }
        catch (IOException e)
        {
            return Failed($"cannot be read: {e.Message}");
        }
        if (content.AsSpan().StartsWith("\uFEFF"u8)) content = content[3..];
        return FaultOfJson(content) is { } fault ? Failed(fault) : new ConfigurationFile(path, content, null) { Directory = Path.GetDirectoryName(Path.GetFullPath(path)) };
    }

    // The configuration provider's own parser tells neither line nor column.
    private static string? FaultOfJson(byte[] content)
    {
        try
        {
            using var document = JsonDocument.Parse(content, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.ValueKind == JsonValueKind.Object ? RepeatedKey.FaultOf(content) : "line 1: must be one object, { \"Section\": … }";
        }
        catch (JsonException e)
        {
            // Its positions count from zero, in bytes; its sentence ends with them.
            var sentence = e.Message.Split(" LineNumber:", 2)[0].Split(" Path:", 2)[0].TrimEnd('.', ' ');
            return $"line {(e.LineNumber ?? 0) + 1}, column {(e.BytePositionInLine ?? 0) + 1}: not JSON: {sentence}";
        }
    }
}
