using System.Text.RegularExpressions;

namespace SpoolWorker.Tests.Architecture;

/// <summary>A file below src: its folder as a namespace, the types it declares and the names it uses.</summary>
internal sealed record SourceFile(string Path, string Folder, string Namespace, IReadOnlySet<string> Usings, IReadOnlyList<string> Types, IReadOnlySet<string> Names);

/// <summary>One folder's use of another, and by what.</summary>
internal sealed record Arrow(string From, string To, string By);

/// <summary>The sources as text: enough to see who uses whom, without a compiler.</summary>
internal static partial class SourceTree
{
    /// <summary>All files below src, but for what the build makes.</summary>
    public static IReadOnlyList<SourceFile> Files { get; } =
        [.. Directory.EnumerateFiles(System.IO.Path.Combine(Suites.Repository, "src"), "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal)
            && !f.Contains("/bin/", StringComparison.Ordinal)).Order(StringComparer.Ordinal).Select(Read)];

    /// <summary>Folder to folder, each with the file and the type it goes by.</summary>
    public static IReadOnlyList<Arrow> Arrows()
    {
        var declared = Files.SelectMany(f => f.Types.Select(type => (Type: type, f.Folder))).ToLookup(d => d.Type, d => d.Folder);
        return [.. from file in Files
                   from name in file.Names
                   from folder in declared[name]
                   where folder != file.Folder && Sees(file, folder)
                   select new Arrow(file.Folder, folder, $"{System.IO.Path.GetFileName(file.Path)} uses {name}")];
    }

    private static bool Sees(SourceFile file, string folder) => file.Usings.Contains(folder) || file.Namespace.StartsWith(folder + ".", StringComparison.Ordinal);

    private static SourceFile Read(string path)
    {
        var text = File.ReadAllText(path);
        var relative = System.IO.Path.GetRelativePath(System.IO.Path.Combine(Suites.Repository, "src"), path);
        var folder = System.IO.Path.GetDirectoryName(relative)!.Replace('/', '.');
        var usings = UsingLine().Matches(text).Select(m => m.Groups[1].Value).ToHashSet();
        var space = NamespaceLine().Match(text);
        var code = Strings().Replace(Comments().Replace(space.Success ? text[(space.Index + space.Length)..] : text, ""), "\"\"");
        var types = Declarations().Matches(code).Select(m => m.Groups[1].Value).ToList();
        // A property may have the name of a type; what follows a dot is a member.
        var members = Properties().Matches(code).Select(m => m.Groups[1].Value).ToHashSet();
        var names = Names().Matches(code).Select(m => m.Value).Except(members).Except(types).ToHashSet();
        return new SourceFile(relative, folder, space.Success ? space.Groups[1].Value : folder, usings, types, names);
    }

    [GeneratedRegex(@"^using (?:static )?([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex UsingLine();

    [GeneratedRegex(@"^namespace ([\w.]+);", RegexOptions.Multiline)]
    private static partial Regex NamespaceLine();

    [GeneratedRegex(@"//[^\n]*")]
    private static partial Regex Comments();

    [GeneratedRegex("\"(?:[^\"\\\\\\n]|\\\\.)*\"")]
    private static partial Regex Strings();

    [GeneratedRegex(@"^(?:public |internal |file )?(?:static |sealed |abstract |readonly |partial |ref |unsafe )*(?:class|record struct|record class|record|struct|enum|interface) (\w+)", RegexOptions.Multiline)]
    private static partial Regex Declarations();

    [GeneratedRegex(@"\s([A-Z]\w*)(?: => | \{ (?:get|private|init|set)| = )")]
    private static partial Regex Properties();

    [GeneratedRegex(@"(?<![.\w])[A-Z]\w*")]
    private static partial Regex Names();
}
