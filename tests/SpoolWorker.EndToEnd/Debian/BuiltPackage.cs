// The package as packaging/build makes it, made once for all tests: a minute or two. The same program as a package of a later version is what one upgrades to, and comes back from.
namespace SpoolWorker.EndToEnd.Debian;

[CollectionDefinition(Name)]
public sealed class PackageSuite : ICollectionFixture<BuiltPackage>
{
    public const string Name = "package";
}

/// <summary>The package, made when it is first asked for.</summary>
public sealed class BuiltPackage : IDisposable
{
    // Publishing alone is a minute or two on a quiet machine.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(20);

    private readonly TempDirectory _directory = new(isForAll: true);
    private readonly Lazy<string> _made, _later, _unpacked;

    public BuiltPackage()
    {
        _made = new(() => Build("package"));
        _later = new(() =>
        {
            // Compressed in a moment, and for nobody else.
            Shell("cd \"$0\" && dpkg-deb -R \"$1\" later && sed -i 's/^Version: .*/&+later/' later/DEBIAN/control && dpkg-deb --root-owner-group -Zgzip -z1 --build later later.deb >/dev/null", _directory.Path, File);
            return _directory.At("later.deb");
        });
        _unpacked = new(() =>
        {
            Shell("dpkg-deb -x \"$1\" \"$0\"", _directory.At("unpacked"), File);
            return _directory.At("unpacked");
        });
    }

    /// <summary>The package that is tested.</summary>
    public string File => TestVariables.Package ?? Made;

    /// <summary>The package that is made of these sources.</summary>
    public string Made => _made.Value;

    /// <summary>One with the same program and a version behind it.</summary>
    public string Later => _later.Value;

    /// <summary>What is in it.</summary>
    public string Unpacked => _unpacked.Value;

    /// <summary>Makes it of what is published, once more where it is there already. Returns its path.</summary>
    /// <param name="folder">Where it is made.</param>
    /// <param name="environment">What is other than usual.</param>
    public string Build(string folder, IReadOnlyDictionary<string, string>? environment = null)
    {
        var variables = new Dictionary<string, string>(environment ?? new Dictionary<string, string>()) { ["PUBLISHED"] = _directory.At("published") };
        var built = new ProgramCall(Path.Combine(Sources.Folder, "packaging/build"), _directory.At(folder)) { Environment = variables, Deadline = Patience }.Run();
        return built.Good.Split('\n', StringSplitOptions.RemoveEmptyEntries)[^1];
    }

    public void Dispose() => _directory.Dispose();

    private static void Shell(string line, params string[] words) => new ProgramCall("sh", ["-c", line, .. words]).Run().Good.Should().BeEmpty();
}
