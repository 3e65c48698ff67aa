// The public suites lie in the folder `shared` beside the repository: data of others, with their licences. Where they are
// not, tests that need them are skipped and say so.
namespace SpoolWorker.Tests;

/// <summary>Where the public suites are.</summary>
internal static class Suites
{
    /// <summary>The folder with SpoolWorker.sln.</summary>
    public static string Repository => Sources.Folder;

    /// <summary>The folder of the suites, there or not.</summary>
    public static string Root => Path.Combine(Path.GetDirectoryName(Repository)!, "shared", "suites");

    /// <summary>Why a test of the suites cannot run; null: it can.</summary>
    public static string? Missing(string file) => File.Exists(Path.Combine(Root, file)) ? null : $"the public suite {file} is not in ../shared/suites";
}

/// <summary>A test that needs a file of the public suites.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SuiteFactAttribute : FactAttribute
{
    public SuiteFactAttribute(string file) => Skip = Suites.Missing(file);
}
