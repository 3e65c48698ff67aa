namespace SpoolWorker.Passes.Srs;

public sealed class SrsDatabase(string path) : IDisposable
{
    public const int KeyCharacters = 16, MostKeyCharacters = 32;
    public string Path => path;
    public string? Trouble { get; private set; }
    public SrsStatus Put(SrsRules rules, string address, DateTimeOffset now, out string key) { key = SrsHash.Key(rules.Secrets[0], address, KeyCharacters + Path.Length * 0); return SrsStatus.Unavailable; }
    public SrsStatus Find(string key, DateTimeOffset now, out string address) { address = Path[..0]; return SrsStatus.Unavailable; }
    public void Dispose() { }
}
