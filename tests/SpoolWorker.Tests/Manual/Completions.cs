using System.Text;

namespace SpoolWorker.Tests.Manual;

/// <summary>Completion scripts of three shells, from the tree of commands. Nothing is run to complete a word.</summary>
internal static class Completions
{
    private const string Note = "# Written from the program: SPOOLWORKER_WRITE_DOCS=1 dotnet test tests/SpoolWorker.Tests --filter FullyQualifiedName~Manual";

    /// <summary>The command that a line has come to, as a path: groups and their commands are words of it.</summary>
    private static string Paths { get; } = string.Join('|', CommandTree.Nodes.Skip(1).Select(n => n.Path));

    /// <summary>bash; files are what it offers itself where the script has nothing.</summary>
    public static string Bash()
    {
        var text = new StringBuilder($$"""
            {{Note}}
            _spoolworker() {
              local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} path= words= i
              for ((i = 1; i < COMP_CWORD; i++)); do
                case "$path/${COMP_WORDS[i]}" in
                  {{Paths}}) path=$path/${COMP_WORDS[i]} ;;
                esac
              done
              case "$path $prev" in

            """);
        foreach (var (node, option) in WithValue())
            text.Append($"    {string.Join('|', option.Names.Select(n => $"\"{node.Path} {n}\""))}) words=\"{string.Join(' ', option.Words)}\" ;;\n");
        text.Append("    *)\n      case \"$path\" in\n");
        foreach (var node in CommandTree.Nodes)
            text.Append($"        \"{node.Path}\") words=\"{string.Join(' ', node.Below.Select(b => b.Word).Concat(node.Options.SelectMany(o => o.Names)))}\" ;;\n");
        text.Append("""
                  esac ;;
              esac
              mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
            }
            complete -o bashdefault -o default -F _spoolworker spoolworker

            """);
        return text.ToString();
    }

    /// <summary>zsh, for its directory of site functions.</summary>
    public static string Zsh()
    {
        var text = new StringBuilder($$"""
            #compdef spoolworker
            {{Note}}
            _spoolworker() {
              local word where=
              for word in ${words[2,CURRENT-1]}; do
                case "$where/$word" in
                  ({{Paths}}) where=$where/$word ;;
                esac
              done
              case "$where" in

            """);
        foreach (var node in CommandTree.Nodes)
        {
            text.Append($"    (\"{node.Path}\")\n      _arguments \\\n");
            foreach (var option in node.Options)
            {
                var value = option.Value.Length == 0 ? "" : $":{ZshText(option.Value)}:{(option.Words.Count > 0 ? $"({string.Join(' ', option.Words)})" : "_files")}";
                foreach (var name in option.Names) text.Append($"        '{name}[{ZshText(option.Description)}]{value}' \\\n");
            }
            var below = node.Below.Count == 0 ? "_files" : node.Below[0].Meaning.Length == 0 ? $"({string.Join(' ', node.Below.Select(b => b.Word))})"
                : $"(({string.Join(' ', node.Below.Select(b => $"{b.Word}\\:\"{ZshText(b.Meaning)}\""))}))";
            text.Append($"        '*:{(node.IsGroup ? "command" : "argument")}:{below}' ;;\n");
        }
        return text.Append("""
              esac
            }
            _spoolworker "$@"

            """).ToString();
    }

    /// <summary>fish.</summary>
    public static string Fish()
    {
        var text = new StringBuilder($$"""
            {{Note}}
            function __spoolworker_at
                set -l where ''
                for word in (commandline -opc)[2..]
                    switch "$where/$word"
                        case {{Paths.Replace('|', ' ')}}
                            set where "$where/$word"
                    end
                end
                test "$where" = "$argv[1]"
            end

            """);
        foreach (var node in CommandTree.Nodes)
        {
            var at = $"complete -c spoolworker -n '__spoolworker_at \"{node.Path}\"'";
            // Where words are to follow, files are not.
            foreach (var (word, meaning) in node.Below) text.Append($"{at} -f -a '{word}'{FishText(meaning)}\n");
            foreach (var option in node.Options)
            {
                var names = string.Concat(option.Names.Select(n => n.StartsWith("--", StringComparison.Ordinal) ? $" -l {n[2..]}" : $" -s {n[1..]}"));
                var value = option.Value.Length == 0 ? "" : option.Words.Count > 0 ? $" -x -a '{string.Join(' ', option.Words)}'" : " -r";
                text.Append($"{at}{names}{value}{FishText(option.Description)}\n");
            }
        }
        return text.ToString();
    }

    private static IEnumerable<(CommandNode Node, CommandOption Option)> WithValue() => CommandTree.Nodes.SelectMany(n => n.Options.Where(o => o.Value.Length > 0).Select(o => (n, o)));

    // Within single quotes and brackets of _arguments.
    private static string ZshText(string text) => text.Replace("\\", "", StringComparison.Ordinal).Replace("'", "'\\''", StringComparison.Ordinal).Replace("[", "\\[", StringComparison.Ordinal)
        .Replace("]", "\\]", StringComparison.Ordinal).Replace(":", "\\:", StringComparison.Ordinal).Replace("\"", "", StringComparison.Ordinal).Replace("`", "", StringComparison.Ordinal)
        .Replace("$", "\\$", StringComparison.Ordinal);

    private static string FishText(string text) => text.Length == 0 ? "" : $" -d '{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("'", "\\'", StringComparison.Ordinal)}'";
}
