namespace SpoolWorker.EndToEnd.Packaging;

/// <summary>The package, built once for all its tests: most of the time is the publish.</summary>
public sealed class BuiltPackage : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    private readonly TempDirectory _directory = new(isForAll: true);

    public BuiltPackage()
    {
        First = Build("first");
        Second = Build("second");
    }

    public string First { get; }

    /// <summary>The same, packed again.</summary>
    public string Second { get; }

    /// <summary>The package under a later version, for upgrades.</summary>
    public string Later()
    {
        var (tree, package) = (_directory.At("later"), _directory.At("later.deb"));
        Run.Program("dpkg-deb", "-R", First, tree).Good.Should().BeEmpty();
        var control = Path.Combine(tree, "DEBIAN/control");
        File.WriteAllText(control, string.Join('\n', File.ReadLines(control).Select(l => l.StartsWith("Version: ", StringComparison.Ordinal) ? "Version: 99" : l)) + "\n");
        return Run.Program(ProgramCall.Patience, "dpkg-deb", "--root-owner-group", "-Zgzip", "-z1", "-b", tree, package).ExitCode == 0 ? package : throw new InvalidOperationException("dpkg-deb");
    }

    public void Dispose() => _directory.Dispose();

    private string Build(string name)
    {
        var call = new ProgramCall("bash", [Path.Combine(Root, "packaging/build"), _directory.Create(name)])
        {
            Environment = new Dictionary<string, string> { ["PUBLISHED"] = _directory.At("published") },
            Deadline = Patience,
        };
        // Its last line.
        return call.Run().Good.TrimEnd().Split('\n')[^1];
    }

    public static string Root { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(SourceFile())!, "../../.."));

    private static string SourceFile([System.Runtime.CompilerServices.CallerFilePath] string path = "") => path;
}
