// What a list is asked for beyond its places: which messages, in what order, and what of them is printed.
using System.CommandLine;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Listing;

namespace SpoolWorker.Commands.Listing;

/// <summary>What is printed of the messages.</summary>
internal enum ListShape
{
    /// <summary>A row each.</summary>
    Rows,

    /// <summary>Their ids.</summary>
    Ids,

    /// <summary>How many there are.</summary>
    Count,

    /// <summary>Groups of them.</summary>
    Groups,
}

/// <summary>What was asked for.</summary>
/// <param name="Form">For whom.</param>
/// <param name="Shape">What is printed.</param>
/// <param name="By">Of groups: what they have in common.</param>
/// <param name="Sort">Other than by age; null: as they come, which is the oldest first.</param>
/// <param name="Limit">Most rows.</param>
internal sealed record ListAsked(OutputForm Form, ListShape Shape, ListBy By, ListSort? Sort, int Limit)
{
    /// <summary>Whether rows have to be there before the first is printed.</summary>
    public bool IsOrdered => Shape is ListShape.Rows or ListShape.Ids && (Sort is not null || Limit < int.MaxValue);

    /// <summary>Whether people read rows, with headings and a total.</summary>
    public bool IsTable => Form == OutputForm.Text && Shape == ListShape.Rows;
}

/// <summary>The options.</summary>
internal sealed class ListOptions
{
    private static readonly string[] Sorts = ["age", "size", "sender", "next-try"], Groupings = ["domain", "sender", "reason", "age"];

    private readonly Option<string?> _sort = new("--sort") { Description = "Order within each place: age (oldest first, the default), size, sender or next-try", HelpName = "KEY" };
    private readonly Option<string?> _by = new("--by") { Description = "Count by domain (of recipients), sender (its domain), reason or age, as qshape does", HelpName = "KEY" };
    private readonly Option<bool> _count = new("--count") { Description = "Print how many there are" };
    private readonly Option<bool> _ids = new("--ids") { Description = "Print the ids alone, one a line" };
    private readonly Option<int?> _limit = new("--limit") { Description = "Print the first N rows", HelpName = "N" };
    private readonly OutputFormOptions _form = new("message");

    /// <summary>The condition.</summary>
    public Option<string?> Where { get; } = new("--where") { Description = "Only messages for which this holds: see docs/conditions.md", HelpName = "CONDITION" };

    /// <summary>Lets a command take them.</summary>
    public void AddTo(Command command)
    {
        _sort.AcceptOnlyFromAmong(Sorts);
        _by.AcceptOnlyFromAmong(Groupings);
        foreach (var option in new Option[] { Where, _sort, _by, _count, _ids, _limit }) command.Options.Add(option);
        _form.AddTo(command);
        command.Validators.Add(result =>
        {
            if (new[] { result.GetValue(_by) is not null, result.GetValue(_count), result.GetValue(_ids) }.Count(given => given) > 1) result.AddError("--by, --count and --ids: say one of them");
            if (result.GetValue(_sort) is not null && (result.GetValue(_by) is not null || result.GetValue(_count))) result.AddError("--sort: counts have no order of messages; leave it out, or --by and --count");
            if (result.GetValue(_limit) is < 1) result.AddError("--limit must be 1 or more");
        });
    }

    /// <summary>What was asked for.</summary>
    public ListAsked Of(ParseResult parsed) => new(_form.Of(parsed),
        parsed.GetValue(_by) is not null ? ListShape.Groups : parsed.GetValue(_count) ? ListShape.Count : parsed.GetValue(_ids) ? ListShape.Ids : ListShape.Rows,
        (ListBy)Math.Max(0, Array.IndexOf(Groupings, parsed.GetValue(_by))),
        // As they come: nothing has to wait for the last one.
        parsed.GetValue(_sort) is { } sort and not "age" ? (ListSort)Array.IndexOf(Sorts, sort) : null, parsed.GetValue(_limit) ?? int.MaxValue);

    /// <summary>The word of a grouping.</summary>
    public static string WordOf(ListBy by) => Groupings[(int)by];
}
