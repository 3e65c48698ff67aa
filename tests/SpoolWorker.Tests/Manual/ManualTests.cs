using System.Diagnostics;
using SpoolWorker.Tests.Documentation;

namespace SpoolWorker.Tests.Manual;

/// <summary>Manual pages and completions are as the program has them, and their readers take them without a word.</summary>
public sealed class ManualTests
{
    /// <summary>Set to 1, the tests write the files in place of comparing them.</summary>
    private const string Write = "SPOOLWORKER_WRITE_DOCS";

    private static readonly Dictionary<string, Func<string>> Files = new()
    {
        ["packaging/man/spoolworker.1"] = CommandManual.Make,
        ["packaging/man/spoolworker.conf.5"] = SettingManuals.Configuration,
        ["packaging/man/spoolworker-passes.7"] = SettingManuals.Passes,
        ["packaging/completions/spoolworker.bash"] = Completions.Bash,
        ["packaging/completions/_spoolworker"] = Completions.Zsh,
        ["packaging/completions/spoolworker.fish"] = Completions.Fish,
    };

    public static TheoryData<string> Names => [.. Files.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void The_file_is_as_the_program_has_it(string name)
    {
        var made = Files[name]();
        var path = Path.Combine(DocumentationFiles.Root, name);
        if (TestVariables.WritesDocs) File.WriteAllText(path, made);
        File.ReadAllText(path).Should().Be(made, $"{name} is written by these tests with {Write}=1");
    }

    [Theory]
    [InlineData("spoolworker.1", "MANWIDTH=80 man --warnings -E UTF-8 -l")]
    [InlineData("spoolworker.conf.5", "MANWIDTH=80 man --warnings -E UTF-8 -l")]
    [InlineData("spoolworker-passes.7", "MANWIDTH=80 man --warnings -E UTF-8 -l")]
    [InlineData("spoolworker.bash", "bash -n")]
    [InlineData("_spoolworker", "zsh -n")]
    [InlineData("spoolworker.fish", "fish -n")]
    public void Its_reader_has_nothing_to_say(string name, string reader)
    {
        var path = Path.Combine(DocumentationFiles.Root, name.EndsWith(".bash", StringComparison.Ordinal) || name.EndsWith(".fish", StringComparison.Ordinal) || name[0] == '_' ? "packaging/completions" : "packaging/man", name);
        var (code, _, errors) = Sh($"{reader} {path} > /dev/null");
        errors.Should().BeEmpty();
        code.Should().Be(0);
    }

    [Theory]
    [InlineData("spoolworker tab", "table")]
    [InlineData("spoolworker table im", "import")]
    [InlineData("spoolworker list --sor", "--sort")]
    [InlineData("spoolworker list --held --sort ag", "age")]
    [InlineData("spoolworker exim-config named", "named-queue")]
    public void Words_are_completed(string line, string word)
    {
        var completions = Path.Combine(DocumentationFiles.Root, "packaging/completions");
        var last = line.Split(' ').Length - 1;
        Sh($"bash -c 'source {completions}/spoolworker.bash; COMP_WORDS=({line}) COMP_CWORD={last}; _spoolworker; printf \"%s\\n\" \"${{COMPREPLY[@]}}\"'").Output.Trim().Should().Be(word);
        Sh($"fish --no-config -c 'source {completions}/spoolworker.fish; complete -C\"{line}\"'").Output.Split('\n')[0].Split('\t')[0].Should().Be(word);
        // zsh completes for a line editor only: what the script gives to _arguments is looked at.
        Sh($"zsh -fc '_arguments() {{ print -rl -- \"$@\" }}; words=({line}); CURRENT={last + 1}; source {completions}/_spoolworker'").Output.Should().Contain(word);
    }

    private static (int Code, string Output, string Errors) Sh(string command)
    {
        // fish makes directories at home, wherever that is said to be, and reads those of whoever runs the tests.
        using var home = new TempDirectory();
        var start = new ProcessStartInfo("/bin/sh", ["-c", command]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["HOME"] = home;
        foreach (var name in start.Environment.Keys.Where(k => k.StartsWith("XDG_", StringComparison.Ordinal)).ToList()) start.Environment.Remove(name);
        using var shell = Process.Start(start)!;
        var errors = shell.StandardError.ReadToEndAsync();
        var output = shell.StandardOutput.ReadToEnd();
        shell.WaitForExit();
        return (shell.ExitCode, output, errors.GetAwaiter().GetResult());
    }
}
