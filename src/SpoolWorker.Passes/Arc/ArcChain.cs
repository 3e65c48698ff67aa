// Gathers the ARC header lines of a message into sets and judges their structure (RFC 8617, 5.2, steps 1 to 3): no key is
// fetched and nothing is hashed for a chain that is malformed. Lines that cannot be read do not stop the gathering, so that
// the highest instance and the domains are known of a broken chain too; the first fault found is the reason. No exception.
using System.Text;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Arc;

/// <summary>The three header lines of one instance.</summary>
internal sealed class ArcSet
{
    public HeaderLine? Results { get; set; }

    public HeaderLine? Signature { get; set; }

    public TagList? SignatureTags { get; set; }

    public HeaderLine? Seal { get; set; }

    public TagList? SealTags { get; set; }
}

/// <summary>A fault with its place.</summary>
internal readonly record struct ArcFault(ArcReason Reason, int Instance, ArcField Field)
{
    public bool IsSet => Reason != ArcReason.None;
}

/// <summary>All sets of a message.</summary>
internal sealed class ArcChain
{
    // Most chains have one or two sets.
    private ArcSet?[] _sets = new ArcSet?[2];

    private ArcChain()
    {
    }

    /// <summary>The highest instance number found, even one that is out of range.</summary>
    public int Highest { get; private set; }

    /// <summary>The first fault of the structure.</summary>
    public ArcFault Fault { get; private set; }

    /// <summary>Whether the newest seal reports a failed chain.</summary>
    public bool IsClosed { get; private set; }

    /// <summary>The set of an instance from 1 on. Complete for each instance when there is no fault.</summary>
    public ArcSet this[int instance] => _sets[instance - 1]!;

    /// <summary>Reads the chain of a message; null when it has no ARC header line.</summary>
    public static ArcChain? Read(ReadOnlySpan<HeaderLine> headers, int maxSets)
    {
        ArcChain? chain = null;
        foreach (var line in headers)
        {
            if (FieldOf(line) is { } field) (chain ??= new ArcChain()).Add(line, field);
        }
        chain?.Judge(maxSets);
        return chain;
    }

    /// <summary>A chain of one set, as the seal of a failed chain sees it.</summary>
    public static ArcChain Of(int instance, ArcSet set)
    {
        var chain = new ArcChain { Highest = instance };
        chain.SetOf(instance);
        chain._sets[instance - 1] = set;
        return chain;
    }

    /// <summary>The d= of each seal, joined by colons, with empty elements where there is none.</summary>
    public string Domains()
    {
        var domains = new string[Math.Min(Highest, _sets.Length)];
        for (var i = 0; i < domains.Length; i++) domains[i] = _sets[i]?.SealTags is { } tags ? Domain(tags) : "";
        return string.Join(':', domains);
    }

    /// <summary>Which of the three fields a line is; null for none. Deleted lines are no part of the message.</summary>
    public static ArcField? FieldOf(HeaderLine line)
    {
        var text = line.Text.Span;
        if (line.IsDeleted || text.Length < 5 || (text[0] | 0x20) != 'a' || text[3] != '-') return null;
        var name = line.Name;
        return Ascii.EqualsIgnoreCase(name, "ARC-Seal"u8) ? ArcField.Seal
            : Ascii.EqualsIgnoreCase(name, "ARC-Message-Signature"u8) ? ArcField.Signature
            : Ascii.EqualsIgnoreCase(name, "ARC-Authentication-Results"u8) ? ArcField.Results : null;
    }

    private static string Domain(TagList tags) => tags.TryValue("d"u8, out var value) && TagValues.DomainName(value) is { } domain ? domain : "";

    private void Add(HeaderLine line, ArcField field)
    {
        var value = line.Text[^line.Value.Length..];
        TagList? tags = null;
        var instance = 0;
        bool hasInstance;
        if (field == ArcField.Results)
        {
            hasInstance = ArcInstance.TryOfResults(value.Span, out instance);
        }
        else
        {
            if (!TagList.TryParse(value, out tags, out _))
            {
                Fail(ArcReason.TagListInvalid, 0, field);
                return;
            }
            hasInstance = tags.TryValue("i"u8, out var number);
            if (hasInstance) instance = ArcInstance.Parse(number);
        }
        Highest = Math.Max(Highest, instance);
        if (instance is 0 or > ArcInstance.Max)
        {
            Fail(hasInstance ? ArcReason.InstanceInvalid : ArcReason.InstanceMissing, 0, field);
            return;
        }
        var set = SetOf(instance);
        var isTwice = field switch
        {
            ArcField.Results => set.Results is not null,
            ArcField.Signature => set.Signature is not null,
            _ => set.Seal is not null,
        };
        if (isTwice)
        {
            Fail(ArcReason.DuplicateHeader, instance, field);
            return;
        }
        switch (field)
        {
            case ArcField.Results:
                set.Results = line;
                break;
            case ArcField.Signature:
                (set.Signature, set.SignatureTags) = (line, tags);
                break;
            default:
                (set.Seal, set.SealTags) = (line, tags);
                break;
        }
    }

    /// <summary>The set of an instance, made when it is not there.</summary>
    public ArcSet SetOf(int instance)
    {
        if (instance > _sets.Length) Array.Resize(ref _sets, Math.Min(Math.Max(instance, 2 * _sets.Length), ArcInstance.Max));
        return _sets[instance - 1] ??= new ArcSet();
    }

    private void Judge(int maxSets)
    {
        // Step 1: too many. Step 2: the newest seal says it all. Only then the rest.
        if (Highest > maxSets) Fault = new ArcFault(Highest > ArcInstance.Max ? ArcReason.InstanceInvalid : ArcReason.TooManySets, 0, ArcField.Seal);
        if (Highest <= _sets.Length && Highest > 0 && _sets[Highest - 1]?.SealTags is { } newest && newest.TryValue("cv"u8, out var value) && value.SequenceEqual("fail"u8))
        {
            IsClosed = true;
            Fault = new ArcFault(ArcReason.ChainFailedBefore, Highest, ArcField.Seal);
        }
        for (var instance = 1; instance <= Highest && !Fault.IsSet; instance++) Judge(instance, instance <= _sets.Length ? _sets[instance - 1] : null);
    }

    private void Judge(int instance, ArcSet? set)
    {
        if (set is null)
        {
            Fail(ArcReason.InstanceGap, instance, ArcField.Seal);
            return;
        }
        if (set.Results is null) Fail(ArcReason.HeaderMissing, instance, ArcField.Results);
        if (set.Signature is null) Fail(ArcReason.HeaderMissing, instance, ArcField.Signature);
        if (set.SealTags is null)
        {
            Fail(ArcReason.HeaderMissing, instance, ArcField.Seal);
            return;
        }
        // Step 3 C; 4.1.3 for h=.
        if (!set.SealTags.TryValue("cv"u8, out var value)) Fail(ArcReason.TagMissing, instance, ArcField.Seal);
        else if (!value.SequenceEqual(instance == 1 ? "none"u8 : "pass"u8)) Fail(ArcReason.ChainValueWrong, instance, ArcField.Seal);
        if (set.SealTags.Has("h"u8)) Fail(ArcReason.SealHasHeaderList, instance, ArcField.Seal);
    }

    private void Fail(ArcReason reason, int instance, ArcField field)
    {
        if (!Fault.IsSet) Fault = new ArcFault(reason, instance, field);
    }
}
