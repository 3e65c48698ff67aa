// What passes can be told only after their settings are right: what others make of what they do.
using SpoolWorker.Configuration;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Operations.Checks;

/// <summary>Findings about passes.</summary>
internal static class PassChecks
{
    /// <summary>Exim (pdkim, arc.c) takes rsa-sha256 alone in ARC: a chain with an Ed25519 seal fails there.</summary>
    public const string ArcWithEd25519 = "an Ed25519 key; Exim, and most others, fail an ARC chain that is sealed with one";

    public static IEnumerable<Finding> Arc(LoadedConfiguration loaded)
    {
        if (!loaded.Settings.Passes.Contains("arc-seal") || loaded.PassOptions.GetValueOrDefault("arc-seal") is not ArcSealOptions options) yield break;
        foreach (var (key, file) in options.Keys.Select((k, i) => ($"Arc:Seal:Keys:{i}:PrivateKeyFile", k.PrivateKeyFile)).Prepend(("Arc:Seal:PrivateKeyFile", options.PrivateKeyFile)))
        {
            using var secret = PrivateKey.TryLoad(file, out _);
            if (secret is { Type: KeyType.Ed25519 }) yield return ConfigurationKinds.ArcKey.Warning(key, $"{file}: {ArcWithEd25519}", "make one with: spoolworker keygen --type rsa2048");
        }
    }
}
