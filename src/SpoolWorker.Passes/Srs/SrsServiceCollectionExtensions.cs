using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SpoolWorker.Passes.Srs;

/// <summary>Registration.</summary>
public static class SrsServiceCollectionExtensions
{
    /// <summary>Makes the pass srs known.</summary>
    public static IServiceCollection AddSrs(this IServiceCollection services) =>
        services.AddPass<SrsOptions>("srs", "Srs", (options, provider) => new SrsPass(options, provider.GetRequiredService<ILogger<SrsPass>>(), provider.GetRequiredService<TimeProvider>()),
            SrsPlan.Faults, PassTraits.NeverSkipped, SrsResults.All);
}

/// <summary>What the pass srs finds. Several values, of several recipients, stand behind one another with commas between.</summary>
internal static class SrsResults
{
    public static readonly NamedResult Status = new("srs_status", "How each address fared: `ok`, `not-needed`, `not-srs`, `malformed`, `wrong-hash`, `short-hash`, `too-old`, `unknown-key`, `too-long` or `unavailable`", "srs") { IsOwnWord = true };
    public static readonly NamedResult OriginalSender = new("srs_orig_sender", "The senders that were rewritten, as they were");
    public static readonly NamedResult OriginalRecipient = new("srs_orig_recipient", "The SRS recipients, as they came");
    public static readonly NamedResult Recipient = new("srs_recipient", "The addresses that were found behind SRS recipients");
    public static readonly NamedResult Key = new("srs_db_key", "The keys of the format `database`");
    public static readonly NamedResult KeyAddress = new("srs_db_address", "The addresses behind those keys");

    public static IReadOnlyList<NamedResult> All { get; } = [Status, OriginalSender, OriginalRecipient, Recipient, Key, KeyAddress];
}
