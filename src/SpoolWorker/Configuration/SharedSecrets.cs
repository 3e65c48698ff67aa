// A secret that stands in the configuration file itself is as secret as the file. Those that files of their own hold are checked by their passes.
using SpoolWorker.Passes;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Configuration;

/// <summary>Secrets that everybody on the host can read in the configuration file.</summary>
internal static class SharedSecrets
{
    /// <summary>What is wrong, each with its key and without the secret.</summary>
    /// <param name="options">The settings of passes, by pass.</param>
    /// <param name="file">The configuration file.</param>
    /// <param name="isOfFile">Whether a key's value is the file's, not the environment's or the command line's.</param>
    public static IEnumerable<string> Faults(IReadOnlyDictionary<string, PassOptions> options, ConfigurationFile file, Func<string, bool> isOfFile)
    {
        if (!options.TryGetValue("srs", out var srs) || !SrsConfig.HoldsSecret(((SrsOptions)srs).Config) || !isOfFile("Srs:Config")) yield break;
        if (SrsSecrets.IsReadableByOthers(file.Source))
            yield return $"Srs:Config: its first field is a secret, and everybody on this host can read {file.Source} (chmod o= it), or leave the field empty and name a file in Srs:Secrets";
    }
}
