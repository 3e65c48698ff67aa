namespace SpoolWorker.Operations.Views.Mail;

/// <summary>One check of SPF.</summary>
internal sealed record SpfView : View
{
    /// <summary><c>none</c>, <c>neutral</c>, <c>pass</c>, <c>fail</c>, <c>softfail</c>, <c>temperror</c> or <c>permerror</c> (RFC 7208, 2.6).</summary>
    public required string Result { get; init; }

    /// <summary>The domain's own words on a fail.</summary>
    public string? Explanation { get; init; }

    /// <summary>Whose domain it is: <c>mailfrom</c> or <c>helo</c>.</summary>
    public required string Identity { get; init; }

    /// <summary>The domain that was checked.</summary>
    public string? Domain { get; init; }

    /// <summary>What matched, as published; <c>default</c> when nothing did.</summary>
    public string? Mechanism { get; init; }

    /// <summary>What is wrong, for an error.</summary>
    public string? Problem { get; init; }

    /// <summary>Whether <c>Spf:Guess</c> was evaluated in place of the published record.</summary>
    public required bool Guess { get; init; }

    /// <summary>The header line that tells it, folded as it would be sent.</summary>
    public required string Header { get; init; }
}
