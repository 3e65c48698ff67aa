// The digest as the configuration has it: read for the worker and for `list --jobs`, and looked through at start.
using System.Text;
using MimeKit;
using SpoolWorker.Calendar;
using SpoolWorker.Options;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Configuration;

/// <summary>A summary of held mail that is sent by the clock.</summary>
/// <param name="Times">When.</param>
/// <param name="To">To whom.</param>
/// <param name="Where">Which mail: the condition as it was written; empty: all.</param>
internal sealed record DigestPlan(CronTimes Times, IReadOnlyList<MailboxAddress> To, string Where);

/// <summary>Reads <c>Digest</c>.</summary>
internal static class DigestReader
{
    /// <summary>The schedule's name.</summary>
    public const string Name = "digest";

    // Some operators; a list has an address of its own.
    private const int MostAddresses = 50;

    // More often nobody reads them, and a mailbox fills. How many runs are looked at: a day's at that pace.
    private static readonly TimeSpan LeastApart = TimeSpan.FromMinutes(10);
    private const int LookedAt = 144;

    /// <summary>The digest; null when none is wanted. Nothing may be wrong with it.</summary>
    public static DigestPlan? Plan(Settings settings)
    {
        var digest = settings.Digest;
        if (digest.To.Count == 0) return null;
        return new DigestPlan(PassHoursReader.Cron(settings.Schedule, digest.Cron), [.. digest.To.Select(MailboxAddress.Parse)], digest.Where);
    }

    /// <summary>What is wrong with it, each with its key.</summary>
    public static IEnumerable<string> Faults(Settings settings, IReadOnlyList<PassRegistration> known)
    {
        var digest = settings.Digest;
        if (digest.To.Count == 0)
        {
            if (digest.Cron.Length > 0) yield return "Digest:To: empty, so nobody gets a digest. Name at least one address, or take Digest:Cron out";
            yield break;
        }
        if (digest.To.Count > MostAddresses) yield return $"Digest:To: {digest.To.Count} addresses; name at most {MostAddresses}, or a mailing list";
        for (var i = 0; i < digest.To.Count; i++)
        {
            if (!IsAddress(digest.To[i])) yield return $"Digest:To:{i} = '{digest.To[i]}': must be an address in ASCII, such as postmaster@example.org";
        }
        if (digest.From.Length > 0 && !IsAddress(digest.From))
            yield return $"Digest:From = '{digest.From}': must be an address in ASCII, such as Held mail <postmaster@example.org>";
        if (digest.Where.Length > 0 && !Condition.TryParse(digest.Where, ConditionNames.OfMail(() => known), out _, out var error))
            yield return $"Digest:Where = '{digest.Where}': {error}";
        if (!PassHoursReader.TryCron(settings.Schedule, digest.Cron, out var times, out var fault))
            yield return $"Digest:Cron = '{digest.Cron}': {fault}";
        else if (Apart(times, TimeProvider.System.GetUtcNow()) is { } apart && apart < LeastApart)
            yield return $"Digest:Cron = '{digest.Cron}': comes {Duration.Text(apart)} after the one before; a digest comes "
                + $"each {Duration.Text(LeastApart)} at most";
    }

    // The envelope has no other than ASCII where Exim was not built or told to take it.
    private static bool IsAddress(string text) => Ascii.IsValid(text) && MailboxAddress.TryParse(text, out var address)
        && address.Address.IndexOf('@', StringComparison.Ordinal) is > 0 and var at
        && at < address.Address.Length - 1 && !address.Address.AsSpan().ContainsAny(" \t\r\n");

    private static TimeSpan? Apart(CronTimes times, DateTimeOffset now)
    {
        TimeSpan? least = null;
        var before = times.After(now);
        for (var i = 0; i < LookedAt && before is { } from && times.After(from) is { } next; i++)
        {
            if (least is null || next - from < least) least = next - from;
            before = next;
        }
        return least;
    }
}
