// What every test with Exim and the worker shares: a directory of its own, the Exims and workers in it, all ended and removed whatever happens,
// and the two questions asked at the end: did everything arrive once, and is nothing left lying about?
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace SpoolWorker.EndToEnd;

public abstract class WorkerScene : IAsyncLifetime
{
    private readonly List<IDisposable> started = [];

    internal TempDirectory Scene { get; } = new(isForAll: true);

    public Task InitializeAsync() => Task.CompletedTask;

    public virtual Task DisposeAsync()
    {
        // the worker before the Exims: last started, first ended
        foreach (var one in Enumerable.Reverse(started))
        {
            one.Dispose();
        }

        Scene.Dispose();
        return Task.CompletedTask;
    }

    internal EximInstance Exim(string name, EximRole role, Func<EximConfig, EximConfig>? change = null)
    {
        var exim = EximInstance.Create(Scene, name, role, change);
        started.Add(exim);
        return exim;
    }

    internal WorkerProcess Worker(string kind, string intake, EximInstance target, Func<WorkerConfig, WorkerConfig>? change = null)
    {
        var config = new WorkerConfig(Scene.At("worker"), kind, intake, target.InputDirectory());
        var worker = new WorkerProcess(change?.Invoke(config) ?? config);
        started.Add(worker);
        return worker;
    }

    /// <summary>The wiring with a named queue: one Exim that receives into 'scan' and delivers from its main queue.</summary>
    internal (EximInstance Exim, WorkerProcess Worker) NamedQueue(Func<EximConfig, EximConfig>? change = null, Func<WorkerConfig, WorkerConfig>? worker = null)
    {
        var exim = Exim("one", EximRole.NamedQueue, change);
        return (exim, Worker("named-queue", exim.InputDirectory("scan"), exim, worker));
    }

    /// <summary>A certificate that an Exim signed itself, with its key, in one file.</summary>
    internal string Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var own = new CertificateRequest("CN=mail.example", key, HashAlgorithmName.SHA256).CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(30));
        var file = Scene.At("tls.pem");
        File.WriteAllText(file, own.ExportCertificatePem() + "\n" + key.ExportPkcs8PrivateKeyPem() + "\n");
        EximUser.Own(file);
        return file;
    }

    internal static async Task Delivered(EximInstance target, WorkerProcess worker, int count, TimeSpan? deadline = null) =>
        await worker.Until(() => target.Mail.Count >= count, () => $"{target.Mail.Count} of {count} deliveries\n{target.MainLog}{target.PanicLog}", deadline);

    /// <summary>Nothing in the intake, nothing half made in the target, no message held or found corrupt. Ends when it is so: the worker clears the intake after the requeue.</summary>
    internal static async Task NothingLeft(string intake, EximInstance target, WorkerProcess worker)
    {
        await Run.Until(
            () => SpoolListing.Files(intake).Count == 0 && SpoolListing.Files(target.InputDirectory()).Count == 0,
            () => $"left in the intake: {Show(intake)}; in the target: {Show(target.InputDirectory())}\n{worker.Log}\n{target.MainLog}",
            TimeSpan.FromSeconds(10));
        SpoolListing.Files(worker.Config.Held).Should().BeEmpty("nothing was to be held: {0}", worker.Log);
        SpoolListing.Files(worker.Config.Corrupt).Should().BeEmpty("nothing was corrupt");
        target.PanicLog.Should().BeEmpty();
    }

    /// <summary>Exim writes msglog/&lt;id&gt; beside the intake at reception and would remove it only after a delivery of its own from there.</summary>
    internal static async Task NoMessageLogsLeft(string intake)
    {
        var logs = Path.Combine(Path.GetDirectoryName(intake)!, "msglog");
        await Run.Until(() => SpoolListing.Files(logs).Count == 0, () => $"left in {logs}: {Show(logs)}", TimeSpan.FromSeconds(5));
    }

    private static string Show(string input) => string.Join(' ', SpoolListing.Files(input).Take(20));
}
