// Files and sockets the configuration names, used by whoever runs this and not yet by the worker: root may use everything.
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dkim;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Operations.Doctor.Host;

/// <summary>Findings about files the worker must read.</summary>
internal static class FileChecks
{
    public static IEnumerable<Finding> All(LoadedConfiguration loaded, Registrations known)
    {
        if (WorkerUser.Of(loaded.Settings) is not { Uid: > 0 } user) yield break;
        foreach (var (subject, path) in Files(loaded, known).Where(f => f.Path.StartsWith('/') && File.Exists(f.Path)))
        {
            if (user.Obstacle(path) is { } obstacle) yield return HostKinds.FileUnreadable.Error(subject, $"uid {user.Uid}, as which the worker runs, cannot {(WorkerUser.IsSocket(path) ? "connect to" : "read")} {path}{(obstacle == path ? "" : $", as {obstacle} does not let it pass")}");
        }
    }

    private static IEnumerable<(string Subject, string Path)> Files(LoadedConfiguration loaded, Registrations known)
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
            if (known.Passes.FirstOrDefault(p => p.Name == name) is not { } pass || loaded.PassOptions.GetValueOrDefault(name) is not { } options) continue;
            foreach (var service in pass.Services(options)) yield return ($"{pass.Section}:{service.Key}", service.Address);
        }
    }
}
