// What a setting may be, declared once beside its default; the reader of the configuration holds every value against it, and
// a test sees to it that no number and no time is without one.
using System.Globalization;

namespace SpoolWorker.Passes.Ranges;

/// <summary>A range of a setting.</summary>
public abstract class SettingRangeAttribute : Attribute
{
    /// <summary>Zero is taken too, though it lies below the least: it turns something off.</summary>
    public bool OrZero { get; init; }

    /// <summary>What is wrong with a value, as a sentence; null when it is in the range.</summary>
    public string? FaultOf(object value) => IsWithin(value) ? null : $"must be {Range}";

    /// <summary>The range as faults and documentation have it.</summary>
    public string Range => $"{(OrZero ? $"{Zero} or " : "")}{Bounds}";

    /// <summary>The value of zero as it is written.</summary>
    protected abstract string Zero { get; }

    /// <summary>The range in words.</summary>
    protected abstract string Bounds { get; }

    /// <summary>Whether a value of the setting's type is allowed.</summary>
    protected abstract bool IsWithin(object value);
}

/// <summary>Range of a whole number, both ends included.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class NumberRangeAttribute(long least, long most) : SettingRangeAttribute
{
    /// <summary>The smallest that is taken.</summary>
    public long Least => least;

    /// <summary>The largest that is taken.</summary>
    public long Most => most;

    /// <summary>What is counted, for the documentation.</summary>
    public string Unit { get; init; } = "";

    /// <inheritdoc/>
    protected override string Zero => "0";

    /// <inheritdoc/>
    protected override string Bounds => string.Create(CultureInfo.InvariantCulture, $"{least} to {most}");

    /// <inheritdoc/>
    protected override bool IsWithin(object value) => Convert.ToInt64(value, CultureInfo.InvariantCulture) is var number && ((number >= least && number <= most) || (OrZero && number == 0));
}

/// <summary>Range of a time, both ends included; written as in <see cref="Duration"/>.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TimeRangeAttribute(string least, string most) : SettingRangeAttribute
{
    /// <summary>The shortest that is taken, as it is written.</summary>
    public string Least => least;

    /// <summary>The longest that is taken, as it is written.</summary>
    public string Most => most;

    /// <inheritdoc/>
    protected override string Zero => "0s";

    /// <inheritdoc/>
    protected override string Bounds => $"{least} to {most}";

    /// <inheritdoc/>
    protected override bool IsWithin(object value) => value is TimeSpan time && ((time >= Of(least) && time <= Of(most)) || (OrZero && time == TimeSpan.Zero));

    private static TimeSpan Of(string text) => Duration.TryParse(text, out var time, out var error) ? time : throw new InvalidOperationException($"{text}: {error}");
}

/// <summary>A section that may be written as one value: that of the property named here.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ShortFormAttribute(string property) : Attribute
{
    /// <summary>The property.</summary>
    public string Property => property;
}

/// <summary>The setting is a path, or a list of them. A relative one of the configuration file is taken from that file's directory.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class PathSettingAttribute : Attribute;

/// <summary>The setting, or all of a class of them, is read at the start only: a reload that would change it is refused.</summary>
[AttributeUsage(AttributeTargets.Property | AttributeTargets.Class)]
public sealed class NeedsRestartAttribute : Attribute;

/// <summary>The setting is a secret, or holds one: it is shown nowhere.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SecretSettingAttribute : Attribute;
