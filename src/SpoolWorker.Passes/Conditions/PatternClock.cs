// How long regular expressions may work on one message, whatever the number of rules, values and recipients. They are of the
// kind that takes time in proportion to the text (RegexOptions.NonBacktracking), so nobody can make one explode; the limit
// is for a megabyte of header under hundreds of rules. Not for use by several threads at once.
using System.Text.RegularExpressions;

namespace SpoolWorker.Passes.Conditions;

/// <summary>The patterns of a message's rules took longer than <see cref="PatternClock.Most"/>: what they would have said is unknown.</summary>
public sealed class PatternTimeException()
    : Exception($"the patterns of the conditions took longer than {PatternClock.Most.TotalSeconds:0} seconds on this message");

/// <summary>Time for the patterns of one message, and what they have found.</summary>
/// <param name="most">Other than <see cref="Most"/>.</param>
public sealed class PatternClock(TimeSpan? most = null)
{
    /// <summary>A sane pattern takes some milliseconds for a megabyte; a busy machine ten times that.</summary>
    public static readonly TimeSpan Most = TimeSpan.FromSeconds(5);

    private readonly Dictionary<Condition, bool> _known = [];
    private TimeSpan _spent;

    /// <summary>Whether a text matches.</summary>
    /// <exception cref="PatternTimeException">There is no time left.</exception>
    internal bool IsMatch(Regex pattern, string value)
    {
        if (_spent >= (most ?? Most)) throw new PatternTimeException();
        var started = TimeProvider.System.GetTimestamp();
        try
        {
            return pattern.IsMatch(value);
        }
        catch (RegexMatchTimeoutException)
        {
            throw new PatternTimeException();
        }
        finally
        {
            _spent += TimeProvider.System.GetElapsedTime(started);
        }
    }

    /// <summary>The answer of a condition that is the same for all recipients.</summary>
    internal bool Once(Condition condition, Func<bool> holds)
    {
        if (!_known.TryGetValue(condition, out var known)) _known[condition] = known = holds();
        return known;
    }
}
