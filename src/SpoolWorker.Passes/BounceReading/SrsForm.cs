// Reads the address behind an SRS address from its form alone, without secrets: who wrote a bounce need not be who signed. The
// hash is not looked at, so the answer is a reading, not a proof. SRS0 of all programs; SRS1 names the SRS0 of the hop before.
// Nothing here throws.
namespace SpoolWorker.Passes.BounceReading;

/// <summary>SRS addresses by their form.</summary>
public static class SrsForm
{
    // SRS0 and SRS1 and a separator, '=', '+' or '-'
    private const int Prefix = 5;

    /// <summary>The original address; false when it is no SRS address.</summary>
    public static bool TryRead(string address, out string original)
    {
        original = "";
        var at = address.LastIndexOf('@');
        var local = at < 0 ? "" : address[..at].Trim('"');
        if (local.Length <= Prefix || local[4] is not ('=' or '+' or '-')) return false;
        if (local.StartsWith("SRS0", StringComparison.OrdinalIgnoreCase)) return TrySrs0(local[Prefix..], out original);
        // SRS1=hash=host=…, where … is an SRS0 from its separator on
        if (!local.StartsWith("SRS1", StringComparison.OrdinalIgnoreCase)) return false;
        var parts = local[Prefix..].Split('=', 3);
        return parts.Length == 3 && parts[2].Length > 1 && parts[2][0] is '=' or '+' or '-' && TrySrs0(parts[2][1..], out original);
    }

    // hash=time=domain=local
    private static bool TrySrs0(string text, out string original)
    {
        var parts = text.Split('=', 4);
        var fits = parts.Length == 4 && parts[0].Length > 0 && parts[1].Length == 2 && parts[2].Contains('.', StringComparison.Ordinal) && parts[3].Length > 0;
        original = fits ? $"{parts[3]}@{parts[2]}" : "";
        return fits;
    }
}
