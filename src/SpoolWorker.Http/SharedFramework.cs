// Finds ASP.NET Core beside the .NET that runs, for a process whose runtimeconfig.json does not name it: only `run` serves, and every other
// command would pay for it at its start. Its assemblies are loaded from there when they are first needed. A program that was published with
// its runtime (packaging/build) has it inside.
using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Loader;

namespace SpoolWorker.Http;

/// <summary>ASP.NET Core's shared framework.</summary>
public static class SharedFramework
{
    private const string Name = "Microsoft.AspNetCore.App", Server = "Microsoft.AspNetCore.Server.Kestrel.Core";

    private static string? _directory;

    /// <summary>To be called before anything of this assembly that serves. May be called again.</summary>
    /// <returns>Why there is none; null: it is there.</returns>
    public static string? Prepare()
    {
        if (_directory is not null || IsInside()) return null;
        // …/shared/Microsoft.NETCore.App/10.0.1/
        var runtime = Path.TrimEndingDirectorySeparator(RuntimeEnvironment.GetRuntimeDirectory());
        var beside = Path.Combine(runtime, "..", "..", Name);
        if (Find(beside, Path.GetFileName(runtime)) is not { } found)
            return $"{Name} {Environment.Version.Major} is not installed beside .NET ({Path.GetFullPath(beside)}); install aspnetcore-runtime-{Environment.Version.Major}.{Environment.Version.Minor}";
        _directory = found;
        AssemblyLoadContext.Default.Resolving += Resolve;
        return null;
    }

    private static bool IsInside()
    {
        try
        {
            return Assembly.Load(Server) is not null;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
    }

    // The runtime's own version, else another of its minor one: they fit by contract.
    private static string? Find(string beside, string version)
    {
        if (Directory.Exists(Path.Combine(beside, version))) return Path.GetFullPath(Path.Combine(beside, version));
        if (!Directory.Exists(beside)) return null;
        var minor = $"{Environment.Version.Major}.{Environment.Version.Minor}.";
        var newest = Directory.EnumerateDirectories(beside).Where(d => Path.GetFileName(d).StartsWith(minor, StringComparison.Ordinal) && Version.TryParse(Path.GetFileName(d), out _))
            .MaxBy(d => Version.Parse(Path.GetFileName(d)));
        return newest is null ? null : Path.GetFullPath(newest);
    }

    private static Assembly? Resolve(AssemblyLoadContext context, AssemblyName name) =>
        Path.Combine(_directory!, name.Name + ".dll") is var path && File.Exists(path) ? context.LoadFromAssemblyPath(path) : null;
}
