using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace SpoolWorker.Tests.Packaging;

/// <summary>packaging/copyright names the licence of each package that the program is made with, as the package itself tells it.</summary>
public sealed partial class CopyrightTests
{
    private static readonly string Text = File.ReadAllText(Path.Combine(Suites.Repository, "packaging/copyright"));

    // Analysers and the linker are not in the program.
    private static readonly string[] OfTheBuild = ["Microsoft.CodeAnalysis.BannedApiAnalyzers", "Microsoft.NET.ILLink.Tasks"];

    private static Dictionary<string, string> Rows { get; } = Row().Matches(Text).ToDictionary(m => m.Groups["package"].Value, m => m.Groups["licence"].Value);

    [Fact]
    public void Every_package_stands_there_with_its_licence()
    {
        var packages = Packages().ToList();
        packages.Should().HaveCountGreaterThan(8);
        packages.Where(p => Rows.Where(r => Fits(r.Key, p.Name)).Select(r => r.Value).SingleOrDefault() != p.Licence).Should().BeEmpty();
    }

    [Fact]
    public void No_row_is_of_a_package_that_is_gone() => Rows.Keys.Where(row => !row.EndsWith(".Runtime.linux-x64", StringComparison.Ordinal) && row != "LMDB"
        && !Packages().Any(p => Fits(row, p.Name))).Should().BeEmpty();

    [Fact]
    public void Every_licence_has_its_text() => Rows.Values.Where(licence => !Text.Contains($"\n{licence}\n\n", StringComparison.Ordinal)).Should().BeEmpty();

    private static bool Fits(string row, string package) => row == package || (row.EndsWith('*') && package.StartsWith(row[..^1], StringComparison.Ordinal));

    // What restore has found for the program.
    private static IEnumerable<(string Name, string Licence)> Packages()
    {
        using var assets = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Suites.Repository, "src/SpoolWorker/obj/project.assets.json")));
        var folders = assets.RootElement.GetProperty("packageFolders").EnumerateObject().Select(f => f.Name).ToList();
        foreach (var library in assets.RootElement.GetProperty("libraries").EnumerateObject().Where(l => l.Value.GetProperty("type").ValueEquals("package")))
        {
            var name = library.Name.Split('/')[0];
            if (OfTheBuild.Contains(name)) continue;
            var directory = folders.Select(f => Path.Combine(f, library.Value.GetProperty("path").GetString()!)).First(Directory.Exists);
            yield return (name, Licence(directory));
        }
    }

    private static string Licence(string directory)
    {
        var specification = XDocument.Load(Directory.EnumerateFiles(directory, "*.nuspec").Single());
        var licence = specification.Descendants().Single(e => e.Name.LocalName == "license");
        if (licence.Attribute("type")!.Value == "expression") return licence.Value;
        // LightningDB's is that of LMDB.
        return File.ReadAllText(Path.Combine(directory, licence.Value)).Contains("The OpenLDAP Public License\n  Version 2.8", StringComparison.Ordinal) ? "OLDAP-2.8" : licence.Value;
    }

    [GeneratedRegex(@"^  (?<package>[\w.*-]+)(?: \([\w.]+\))? {2,}(?<licence>MIT|Apache-2\.0|BSD-3-Clause|OLDAP-2\.8) ", RegexOptions.Multiline)]
    private static partial Regex Row();
}
