using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SpoolWorker.Commands;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Control;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Hosting;
using SpoolWorker.Operations.Reloading;
using SpoolWorker.Passes.Signing.Keys;

namespace SpoolWorker.Tests.Reloading;

/// <summary>The worker's own host in this process, over a file that is changed.</summary>
internal sealed class ReloadRig : IDisposable
{
    private readonly TempDirectory _directory = new();
    private readonly HangUp _hangUp = new();

    public ReloadRig()
    {
        Directory.CreateDirectory(At("intake/input"));
        Directory.CreateDirectory(At("spool/input"));
        Key("one.key");
        Secret("one.secret", "the first secret");
        Write();
        Current = new CurrentConfiguration(Read());
        Current.Loaded.Faults.Should().BeEmpty();
        Host = RunCommand.BuildHost(new WorkerStart(Current, new ConfigurationSource(Read, CommonOptions.Known()), _hangUp), ControlSockets.None, once: false);
    }

    public IHost Host { get; }

    public CurrentConfiguration Current { get; }

    public SpoolEngine Engine => Host.Services.GetRequiredService<SpoolEngine>();

    public Reloader Reloader => Host.Services.GetRequiredService<Reloader>();

    public string File => At("worker.json");

    public string At(string name) => _directory.At(name);

    /// <summary>Writes the file: mail is signed and its sender rewritten.</summary>
    public void Write(Action<JsonObject>? change = null, string name = "one")
    {
        var file = new JsonObject
        {
            ["Intakes"] = new JsonArray(new JsonObject { ["Path"] = At("intake/input"), ["Kind"] = "spool" }),
            ["Target"] = new JsonObject { ["Path"] = At("spool/input"), ["Wake"] = "none", ["EximVersion"] = "4.96" },
            ["Ledger"] = new JsonObject { ["Path"] = At("ledger"), ["MapSize"] = 64 << 20 },
            ["Held"] = new JsonObject { ["Path"] = At("held") },
            ["Corrupt"] = new JsonObject { ["Path"] = At("corrupt") },
            ["Passes"] = new JsonArray("srs", "dkim-sign"),
            ["Srs"] = new JsonObject { ["Secrets"] = new JsonArray(At($"{name}.secret")), ["Alias"] = $"{name}.example", ["LocalDomains"] = new JsonArray("ours.example") },
            ["Dkim"] = new JsonObject { ["Sign"] = new JsonObject { ["Keys"] = new JsonArray(new JsonObject { ["Domain"] = "sender.example", ["Selector"] = name, ["PrivateKeyFile"] = At($"{name}.key") }) } },
            // Not in Passes, and not this host's.
            ["DsnInfo"] = new JsonObject { ["MainLog"] = new JsonArray(At("mainlog")) },
            ["Logging"] = new JsonObject { ["LogLevel"] = new JsonObject { ["Default"] = "None" } },
        };
        change?.Invoke(file);
        System.IO.File.WriteAllText(File, file.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    public void Key(string name)
    {
        System.IO.File.WriteAllText(At(name), PrivateKey.NewPem(KeyType.Ed25519));
        System.IO.File.SetUnixFileMode(At(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Secret(string name, string secret)
    {
        System.IO.File.WriteAllText(At(name), secret);
        System.IO.File.SetUnixFileMode(At(name), UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    /// <summary>Reads the file as the worker does.</summary>
    public LoadedConfiguration Read() => ConfigurationLoader.Load(ConfigurationFile.Find(File), [], CommonOptions.Known());

    /// <summary>A reloader of this worker that reads in another way.</summary>
    public Reloader Reading(Func<LoadedConfiguration> read) => ActivatorUtilities.CreateInstance<Reloader>(Host.Services, new ConfigurationSource(read, CommonOptions.Known()));

    public Task<ReloadResult> ReloadAsync() => Reloader.ReloadAsync(null, CancellationToken.None).WaitAsync(TimeSpan.FromSeconds(30));

    public void Dispose()
    {
        Host.Dispose();
        _hangUp.Dispose();
        _directory.Dispose();
    }
}
