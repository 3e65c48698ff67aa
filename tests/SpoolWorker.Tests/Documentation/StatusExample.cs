using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Tests.Documentation;

/// <summary>The status, as the page shows it.</summary>
internal static class StatusExample
{
    private const string Started = "2026-11-23T14:02:11.401Z", Now = "2026-11-23T15:11:49.000Z";

    public static JsonSection Section => new("status", "An object; the control socket's `/v1/status` is the same.", typeof(StatusView), () => ViewJson.Write(View, ViewJson.Default.StatusView, ViewJson.Indented));

    private static StatusView View => new()
    {
        Running = true,
        Time = Now,
        Worker = new() { Version = "1.0.0", Process = 4711, Started = Started, Configuration = "/etc/spoolworker/spoolworker.json", ConfigurationRead = Started, Generation = 2, LastReload = new() { Time = "2026-11-23T15:02:40.118Z", Done = false, Reasons = ["what is wrong"] }, Queued = 2, Committed = 18231, LastScan = "2026-11-23T15:11:46.020Z" },
        Places =
        [
            new() { Place = "intake", Messages = 3, Capped = false, Oldest = "2026-11-23T14:58:02.000Z", OldestAgeSeconds = 827 },
            new() { Place = "held", Messages = 0, Capped = false },
        ],
        Waiting = new() { Deferred = 1, Planned = 0, Frozen = 0, Partial = 0, NextTry = "2026-11-23T15:16:00.000Z" },
        Ledger = new() { Used = 1048576, File = 4194304, Limit = 17179869184 },
        Target = new() { Directory = "/var/spool/exim4/input", Daemon = true, Ignored = 0 },
        Disks = [new() { Place = "ledger", Device = "8:1", Free = 81604378624, Size = 105089261568 }],
        Jobs = [new() { Name = "scan", EverySeconds = 10, Began = "2026-11-23T15:11:46.012Z", Succeeded = "2026-11-23T15:11:46.020Z", Failures = 0 }, new()
        {
            Name = "ocsp", EverySeconds = 3600, Succeeded = "2026-11-23T14:31:12.402Z", Failures = 0, Next = "2026-11-23T15:31:49.000Z",
            Findings = [new() { Subject = "/etc/exim4/exim.crt", Kind = "good", Level = "well", Text = "good until 2026-11-30 12:00Z, to be refreshed from 2026-11-27 00:00Z on" }],
        }],
        Services = [new() { Pass = "dcc", Breaker = "open", Since = "2026-11-23T15:10:02.551Z" }],
        Orders = [OrderExample.Pause],
    };
}
