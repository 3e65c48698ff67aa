// --json and --jsonl, the same for every command that has them: --json prints one array or one object, --jsonl an object a line, as
// the rows come. A command without rows has --json alone.
using System.CommandLine;

namespace SpoolWorker.Commands.Parsing;

/// <summary>For whom a command prints.</summary>
internal enum OutputForm
{
    /// <summary>For people.</summary>
    Text,

    /// <summary>One value for programs.</summary>
    Json,

    /// <summary>A row a line for programs.</summary>
    JsonLines,
}

/// <summary>The options that choose the form.</summary>
/// <param name="rows">What a line of --jsonl is, as in "message"; null for a command that prints one object.</param>
internal sealed class OutputFormOptions(string? rows = null)
{
    private readonly Option<bool> _json = new("--json") { Description = "Print JSON for programs" };
    private readonly Option<bool> _lines = new("--jsonl") { Description = $"Print JSON for programs, a {rows} a line" };

    /// <summary>Lets a command take them.</summary>
    public void AddTo(Command command)
    {
        command.Options.Add(_json);
        if (rows is null) return;
        command.Options.Add(_lines);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_json) && result.GetValue(_lines)) result.AddError("--json and --jsonl: say one of them");
        });
    }

    /// <summary>What was asked for.</summary>
    public OutputForm Of(ParseResult parsed) => parsed.GetValue(_json) ? OutputForm.Json : rows is not null && parsed.GetValue(_lines) ? OutputForm.JsonLines : OutputForm.Text;
}
