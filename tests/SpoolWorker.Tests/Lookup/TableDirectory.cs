// A directory with tables, and LMDB's own programs (mdb_load, mdb_dump) to write and read them.
using System.Diagnostics;
using System.Text;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Lookup.Lmdb;

namespace SpoolWorker.Tests.Lookup;

/// <summary>Tables to play with.</summary>
internal sealed class TableDirectory : IDisposable
{
    public TempDirectory Path { get; } = new();

    public string File(string name) => System.IO.Path.Combine(Path, name);

    /// <summary>A table written by LMDB's mdb_load from keys and values that are text.</summary>
    public string Loaded(string name, params (string Key, string Value)[] rows)
    {
        Run("mdb_load", string.Concat(rows.Select(r => $"{r.Key}\n{r.Value}\n")), "-n", "-T", File(name)).ExitCode.Should().Be(0);
        return File(name);
    }

    /// <summary>What LMDB's mdb_dump -p says of a table, without the heading.</summary>
    public static string[] Dumped(string file)
    {
        var (exitCode, output, error) = Run("mdb_dump", "", "-n", "-p", file);
        exitCode.Should().Be(0, error);
        var lines = output.Split('\n');
        return [.. lines.SkipWhile(l => l != "HEADER=END").Skip(1).TakeWhile(l => l != "DATA=END").Select(l => l[1..])];
    }

    public static ProgramResult Run(string program, string input, params string[] arguments) => new ProgramCall(program, arguments) { Input = input }.Run();

    public static Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, StandardOutputEncoding = Encoding.UTF8 };
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    public void Dispose() => Path.Dispose();
}

/// <summary>Short forms for text.</summary>
internal static class TableText
{
    public static byte[] Bytes(this string text) => Encoding.UTF8.GetBytes(text);

    public static string? Get(this LmdbTable table, string key)
    {
        var state = table.Find(key.Bytes(), out var value, out var reason);
        state.Should().NotBe(LookupState.Unavailable, reason);
        return value is null ? null : Encoding.UTF8.GetString(value);
    }

    public static void Put(this LmdbTable table, string key, string value) => table.TryPut(key.Bytes(), value.Bytes(), out var error).Should().BeTrue(error);
}

/// <summary>Skips where lmdb-utils is not installed.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class LmdbFactAttribute : FactAttribute
{
    public LmdbFactAttribute() => Skip = Missing();

    public static string? Missing() => System.IO.File.Exists("/usr/bin/mdb_load") && LmdbNative.TryGet(out _, out _) ? null : "mdb_load or liblmdb.so.0 is not installed (Debian: lmdb-utils, liblmdb0)";
}
