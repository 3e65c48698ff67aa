namespace SpoolWorker.Passes.Srs;

public sealed class SrsDatabase
{
    public const int KeyCharacters = 16, MostKeyCharacters = 32;
    public SrsStatus Put(SrsRules rules, string address, DateTimeOffset now, out string key) { key = SrsHash.Key(rules.Secrets[0], address, KeyCharacters); return SrsStatus.Unavailable; }
    public SrsStatus Find(string key, DateTimeOffset now, out string address) { address = ""; return SrsStatus.Unavailable; }
}
