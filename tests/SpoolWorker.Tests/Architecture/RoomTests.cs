// What only some rooms of the program may use. The libraries are held by the compiler: BannedSymbols.txt in their folders.
namespace SpoolWorker.Tests.Architecture;

public sealed class RoomTests
{
    // Folder, with what is below it, to the reason. Mail itself goes by descriptor, through SpoolWorker.Spool.
    private static readonly Dictionary<string, string> FilesByName = new()
    {
        ["SpoolWorker.Commands"] = "files that the operator names, and a directory made for a trial",
        ["SpoolWorker.Configuration"] = "the configuration and what is named in it",
        ["SpoolWorker.Engine.Intakes"] = "/proc, for who holds a lock",
        ["SpoolWorker.Engine.Target"] = "places as the operator named them; /proc",
        ["SpoolWorker.Ledger"] = "the native library, before it is loaded",
        ["SpoolWorker.LogFollowing"] = "names of rotated logs",
        ["SpoolWorker.Upkeep"] = "certificates, which are links where certbot keeps them",
        ["SpoolWorker.Operations"] = "what the settings name, tables that the operator names, what lies near a mistyped path, Exim's logs, /proc",
    };

    private static readonly string[] Files = ["File", "Directory", "FileInfo", "DirectoryInfo", "FileStream"];

    [Fact]
    public void Only_commands_print() =>
        Users("SpoolWorker", Calls("Console")).Where(f => !IsIn(f, "SpoolWorker.Commands") && f.Path != "SpoolWorker/Program.cs").Select(f => f.Path).Should().BeEmpty();

    [Fact]
    public void Commands_write_no_json_but_views() =>
        SourceTree.Files.Where(f => IsIn(f, "SpoolWorker.Commands") && (f.Names.Contains("Utf8JsonWriter") || f.Names.Contains("JsonSerializer"))).Select(f => f.Path).Should().BeEmpty("docs/json.md is one contract");

    [Fact]
    public void Files_are_opened_by_name_only_where_it_is_said_why() =>
        Users("SpoolWorker", Calls(Files)).Where(f => !FilesByName.Keys.Any(room => IsIn(f, room))).Select(f => f.Path).Should().BeEmpty();

    [Fact]
    public void No_room_is_named_that_opens_nothing() =>
        FilesByName.Keys.Where(room => !Users("SpoolWorker", Calls(Files)).Any(f => IsIn(f, room))).Should().BeEmpty();

    private static bool IsIn(SourceFile file, string room) => file.Folder == room || file.Folder.StartsWith(room + ".", StringComparison.Ordinal);

    private static IEnumerable<SourceFile> Users(string project, Func<string, bool> uses) => SourceTree.Files
        .Where(f => f.Path.StartsWith(project + "/", StringComparison.Ordinal) && uses(File.ReadAllText(Path.Combine(Suites.Repository, "src", f.Path))));

    // Static members, and constructors; a property named Directory has others.
    private static Func<string, bool> Calls(params string[] types)
    {
        var members = types.SelectMany(type => Type.GetType($"System.IO.{type}") is { } io ? io.GetMembers().Where(m => m.DeclaringType == io).Select(m => m.Name).Distinct().Select(m => $"{type}.{m}(")
            .Append($"new {type}(") : [$"{type}."]).ToList();
        return text => text.Split('\n').Any(line => members.Any(m => Stands(line, m)));
    }

    private static bool Stands(string line, string what)
    {
        var at = line.IndexOf(what, StringComparison.Ordinal);
        var comment = line.IndexOf("//", StringComparison.Ordinal);
        return at >= 0 && (comment < 0 || at < comment) && (at == 0 || !(char.IsLetterOrDigit(line[at - 1]) || line[at - 1] is '_' or '"'));
    }
}
