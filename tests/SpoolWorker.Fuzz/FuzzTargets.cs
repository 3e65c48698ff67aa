using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Signing;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Fuzz;

// The targets as plain methods, so that the unit tests replay the corpus through the very same code. A target throws when a guarantee is
// broken and returns otherwise.

/// <summary>All fuzz targets by the name of their corpus folder.</summary>
public static class FuzzTargets
{
    /// <summary>Name to target.</summary>
    public static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new Dictionary<string, Action<byte[]>>
    {
        ["header-file"] = HeaderFileRoundTrip,
        ["tag-list"] = TagListReading,
        ["spf-record"] = SpfTargets.Record,
        ["spf-macro"] = SpfTargets.Macro,
        ["table"] = TableTargets.Table,
    };

    /// <summary>
    /// Any bytes: no exception, and what is accepted is written as the same bytes. Then every edit on it must be readable again and change
    /// what it names.
    /// </summary>
    private static void HeaderFileRoundTrip(byte[] input)
    {
        if (!HeaderFileReader.TryRead(input, default, out var header, out var error))
        {
            Require(error.Offset >= 0 && error.Offset <= input.Length, "the offset of an error lies in the file");
            return;
        }

        Require(HeaderFileWriter.ToArray(header).AsSpan().SequenceEqual(input), "what was accepted is written as it was");
        var done = header.Pending.Select(recipient => recipient.Address).ToList();
        var edited = Read(header.WithDone(done).WithVariable("aclm_fuzz", input.AsMemory(0, 10), tainted: true)
            .WithHeaderOnTop(HeaderLine.Create("X-Fuzz: 1\n")));
        Require(edited.Pending.IsEmpty && done.All(address => edited.NonRecipients.Contains(address.Span)), "whoever is done is not pending");
        Require(edited.NonRecipients.Count == header.NonRecipients.Count + done.Count, "the tree holds what it held");
        Require(edited.Find("aclm_fuzz")!.Value.Span.SequenceEqual(input.AsSpan(0, 10)), "a variable keeps its value");
        Require(edited.Headers.Length == header.Headers.Length + 1, "one header line was added");

        var routed = Read(header.WithRecipients(header.Recipients.Select(recipient => recipient.WithErrorsTo(header.Sender))));
        Require(routed.Recipients.Zip(header.Recipients).All(pair =>
            pair.First.Address.Span.SequenceEqual(pair.Second.Address.Span) && pair.First.Orcpt.Span.SequenceEqual(pair.Second.Orcpt.Span)
            && pair.First.DsnFlags == pair.Second.DsnFlags && pair.First.Parent == pair.Second.Parent
            && pair.First.ErrorsTo.Span.SequenceEqual(header.Sender.Span)), "a return path changes nothing else of a recipient");
    }

    /// <summary>
    /// Any bytes as a tag list, a key record and a DKIM signature: no exception; tags lie in the text one after another, no two have one name;
    /// a list with one more tag of a name it has is refused.
    /// </summary>
    private static void TagListReading(byte[] input)
    {
        _ = KeyRecord.TryParse(input, out _);
        _ = DkimSignature.Read(new HeaderLine(' ', (byte[])[.. "DKIM-Signature:"u8, .. input, (byte)'\n']), 0, DateTimeOffset.UnixEpoch, TimeSpan.Zero);
        if (!TagList.TryParse(input, out var list, out var error))
        {
            Require(error.Offset >= 0 && error.Offset <= input.Length && error.Reason.Length > 0, "an error has a reason and an offset in the text");
            return;
        }

        var at = 0;
        foreach (var tag in list.Tags)
        {
            Require(tag.NameStart >= at && tag.NameLength > 0 && tag.HoleStart > tag.NameStart && tag.ValueStart >= tag.HoleStart && tag.ValueStart + tag.ValueLength <= tag.HoleEnd,
                "name, equals sign and value follow each other");
            Require(input[tag.HoleStart - 1] == '=' && (tag.HoleEnd == input.Length || input[tag.HoleEnd] == ';'), "a value stands between an equals sign and a semicolon");
            Require(list.TryFind(list.Name(tag), out var found) && found == tag, "a tag is found by its name");
            _ = TagValues.QuotedPrintable(list.Value(tag));
            _ = TagValues.DomainName(list.Value(tag));
            _ = HeaderSelection.IsValid(list.Value(tag));
            at = tag.HoleEnd;
        }

        byte[] doubled = [.. input, (byte)';', .. list.Name(list.Tags[0]), (byte)'='];
        Require(!TagList.TryParse(doubled, out _, out _), "no name comes twice");
    }

    private static HeaderFile Read(HeaderFile written) =>
        HeaderFileReader.TryRead(HeaderFileWriter.ToArray(written), written.Id, out var header, out var error)
            ? header
            : throw new InvalidOperationException($"an edited header file is refused: {error}");

    internal static void Require(bool holds, string guarantee)
    {
        if (!holds)
        {
            throw new InvalidOperationException($"broken: {guarantee}");
        }
    }
}
