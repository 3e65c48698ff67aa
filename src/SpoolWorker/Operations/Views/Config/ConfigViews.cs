namespace SpoolWorker.Operations.Views.Config;

/// <summary>A configuration as it is in force.</summary>
internal sealed record ConfigView : View
{
    /// <summary>Where it was read from.</summary>
    public required string Configuration { get; init; }

    /// <summary>Its keys.</summary>
    public required IReadOnlyList<ConfigKeyView> Keys { get; init; }
}

/// <summary>A key with its value.</summary>
internal sealed record ConfigKeyView
{
    /// <summary>Its name; places in lists count from 0.</summary>
    public required string Key { get; init; }

    /// <summary>Its value as it is written in files, an element for each of a list; empty: it is not set. Of a secret it is left out.</summary>
    public IReadOnlyList<string>? Value { get; init; }

    /// <summary>Whether it is not shown, as it is a secret or holds one.</summary>
    public bool Secret { get; init; }

    /// <summary>Where it comes from: a file, <c>environment</c>, <c>command line</c>; left out for a default.</summary>
    public string? From { get; init; }

    /// <summary>What a change of it asks for: <c>reload</c> or <c>restart</c>.</summary>
    public required string Change { get; init; }
}

/// <summary>A key, explained.</summary>
internal sealed record ConfigExplainView : View
{
    /// <summary>Its name; <c>N</c> stands for a place in a list, counted from 0.</summary>
    public required string Key { get; init; }

    /// <summary>What it means.</summary>
    public required string Meaning { get; init; }

    /// <summary>What holds without it, an element for each of a list; empty: nothing.</summary>
    public required IReadOnlyList<string> Default { get; init; }

    /// <summary>What it is counted in, or of what form it is.</summary>
    public required string Unit { get; init; }

    /// <summary>What it may be; left out where its meaning tells.</summary>
    public string? Range { get; init; }

    /// <summary>What a change of it asks for: <c>reload</c> or <c>restart</c>.</summary>
    public required string Change { get; init; }

    /// <summary>The words it takes.</summary>
    public IReadOnlyList<ConfigWordView> Words { get; init; } = [];

    /// <summary>Its values in the configuration: several of a key in a list of sections, none where that list is empty.</summary>
    public IReadOnlyList<ConfigKeyView> Now { get; init; } = [];
}

/// <summary>A word a key takes.</summary>
internal sealed record ConfigWordView
{
    /// <summary>The word.</summary>
    public required string Word { get; init; }

    /// <summary>What it means.</summary>
    public required string Meaning { get; init; }
}
