// The records of the keys that sign and seal, as everybody finds them in the DNS. Whether a record is of a key is proven by a signature: a public key
// may be published in two forms (RFC 6376, 3.6.1).
using System.Security.Cryptography;
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Operations.Doctor.Records;

/// <summary>Findings about key records.</summary>
internal static class KeyRecordChecks
{
    private sealed record PublishedKey(string Subject, string Domain, string Selector, string File)
    {
        public string Name => $"{Selector}._domainkey.{Domain}";
    }

    public static async ValueTask<IReadOnlyList<Finding>> AllAsync(LoadedConfiguration loaded, IDnsResolver dns, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        // One record may be named by both passes.
        foreach (var key in KeysOf(loaded).DistinctBy(k => (k.Name, k.File)))
        {
            // That it cannot be read is a fault of the configuration.
            if (PrivateKey.TryLoad(key.File, out _) is { } secret) findings.Add(await LookAsync(key, secret, dns, cancellationToken).ConfigureAwait(false));
        }
        return findings;
    }

    private static IEnumerable<PublishedKey> KeysOf(LoadedConfiguration loaded)
    {
        if (loaded.Settings.Passes.Contains("dkim-sign") && loaded.PassOptions.GetValueOrDefault("dkim-sign") is DkimSignOptions sign)
        {
            for (var i = 0; i < sign.Keys.Count; i++) yield return new PublishedKey($"Dkim:Sign:Keys:{i}", sign.Keys[i].Domain, sign.Keys[i].Selector, sign.Keys[i].PrivateKeyFile);
        }
        if (!loaded.Settings.Passes.Contains("arc-seal") || loaded.PassOptions.GetValueOrDefault("arc-seal") is not ArcSealOptions seal) yield break;
        yield return new PublishedKey("Arc:Seal", seal.Domain, seal.Selector, seal.PrivateKeyFile);
        for (var i = 0; i < seal.Keys.Count; i++) yield return new PublishedKey($"Arc:Seal:Keys:{i}", seal.Keys[i].Domain, seal.Keys[i].Selector, seal.Keys[i].PrivateKeyFile);
    }

    private static async ValueTask<Finding> LookAsync(PublishedKey key, PrivateKey secret, IDnsResolver dns, CancellationToken cancellationToken)
    {
        var answer = await dns.TxtAsync(key.Name, cancellationToken).ConfigureAwait(false);
        if (answer.IsTemporary) return RecordKinds.KeyUnknown.Unknown(key.Subject, $"{key.Name}: {answer.Status.Token()}");
        if (answer.Records.Count == 0) return RecordKinds.KeyMissing.Error(key.Subject, $"{key.Name}: {answer.Status.Token()}", $"publish {key.Name} TXT \"v=DKIM1; k={secret.Type.Token()}; p={secret.PublicBase64()}\"");
        var (broken, found) = ("", new List<KeyRecord>());
        foreach (var record in answer.Records)
        {
            if (KeyRecord.TryParse(record, out var reason) is { } read) found.Add(read);
            else broken = reason;
        }
        if (found.Count == 0) return RecordKinds.KeyUnusable.Error(key.Subject, $"{key.Name}: {broken}");
        var ours = found.Find(r => r.Key is { } published && IsOf(secret, published));
        if (ours is null)
            return found.TrueForAll(r => r.IsRevoked) ? RecordKinds.KeyUnusable.Error(key.Subject, $"{key.Name}: revoked (p= is empty)") : RecordKinds.KeyDiffers.Error(key.Subject, $"{key.Name} is not of {key.File}");
        if (!ours.AllowsSha256 || !ours.IsForMail) return RecordKinds.KeyUnusable.Error(key.Subject, $"{key.Name}: {(ours.IsForMail ? "h= does not name sha256" : "s= does not name email")}");
        return ours.IsTesting ? RecordKinds.KeyTesting.Warning(key.Subject, $"{key.Name} says t=y") : Finding.Ok(key.Subject, $"{key.Name} is of {key.File}");
    }

    private static bool IsOf(PrivateKey secret, PublicKey published)
    {
        var digest = SHA256.HashData("spoolworker doctor"u8);
        return secret.Type == published.Type && published.Verify(digest, secret.Sign(digest));
    }
}
