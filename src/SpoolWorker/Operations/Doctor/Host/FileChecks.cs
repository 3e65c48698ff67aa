// Files the configuration names, read by whoever runs this and not yet by the worker: root may read everything.
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Operations.Doctor.Host;

/// <summary>Findings about files the worker must read.</summary>
internal static class FileChecks
{
    public static IEnumerable<Finding> All(LoadedConfiguration loaded)
    {
        if (WorkerUser.Of(loaded.Settings) is not { Uid: > 0 } user) yield break;
        foreach (var (subject, path) in Files(loaded).Where(f => f.Path.StartsWith('/') && File.Exists(f.Path)))
        {
            if (user.Obstacle(path) is { } obstacle) yield return HostKinds.FileUnreadable.Error(subject, $"uid {user.Uid}, as which the worker runs, cannot read {path}{(obstacle == path ? "" : $", as {obstacle} does not let it pass")}");
        }
    }

    private static IEnumerable<(string Subject, string Path)> Files(LoadedConfiguration loaded)
    {
        yield return ("configuration", loaded.Source);
        foreach (var name in loaded.Settings.PassNames.Distinct())
        {
            var files = loaded.PassOptions.GetValueOrDefault(name) switch
            {
                DkimSignOptions sign => sign.Keys.Select((k, i) => ($"Dkim:Sign:Keys:{i}:PrivateKeyFile", k.PrivateKeyFile)),
                ArcSealOptions seal => seal.Keys.Select((k, i) => ($"Arc:Seal:Keys:{i}:PrivateKeyFile", k.PrivateKeyFile)).Prepend(("Arc:Seal:PrivateKeyFile", seal.PrivateKeyFile)),
                SrsOptions srs => srs.Secrets.Select((s, i) => ($"Srs:Secrets:{i}", s)),
                _ => [],
            };
            foreach (var file in files) yield return file;
        }
    }
}
