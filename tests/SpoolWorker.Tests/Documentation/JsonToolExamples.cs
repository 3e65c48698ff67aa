using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views.Tables;
using SpoolWorker.Operations.Views.Tools;

namespace SpoolWorker.Tests.Documentation;

internal static partial class JsonExamples
{
    private const string Record = "v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";

    // Commands that need no message.
    private static IReadOnlyList<JsonSection> OfTools =>
    [
        Row("srs encode, srs decode", "An array, or a line for each address, as it comes.", ViewJson.Default.SrsView, new SrsView
        {
            Asked = "SRS0=athw=JM=sender.example=alice@fwd.example",
            Address = "alice@sender.example",
            Status = "ok",
        }),
        Object("keygen", "An object.", ViewJson.Default.KeyView, new KeyView
        {
            File = "/etc/spoolworker/2026e.key",
            Type = "ed25519",
            Name = "2026e._domainkey.example.com",
            Record = Record,
            Strings = [Record],
        }),
        Object("job run", "An object.", ViewJson.Default.JobRunView, new JobRunView
        {
            Name = "ocsp",
            DryRun = false,
            TookSeconds = 0.214,
            Findings =
            [
                new() { Subject = "/etc/exim4/exim.crt", Kind = "good", Level = "well", Text = "refreshed from http://ocsp.example/: good until 2026-11-30 12:00Z" },
                new() { Subject = "7 more", Kind = "body-alone", Level = "well", Text = "-D without -H", Since = "2026-11-11T08:00:00.000Z", Count = 7 },
            ],
        }),
        Row("hints show", "An array, or a line for each database.", ViewJson.Default.HintsView, new HintsView
        {
            Spool = "/var/spool/exim4",
            Name = "retry",
            Bytes = 12288,
            Records = 3,
            AgeSeconds = 2592000,
            Rows =
            [
                new()
                {
                    Key = "T:mx.example:192.0.2.1", Records = 3, FirstFailed = "2026-11-22T09:00:00.000Z", LastTry = "2026-11-23T15:01:12.000Z", NextTry = "2026-11-23T17:01:12.000Z",
                    Expired = false, Error = "Connection refused",
                },
            ],
        }),
        Object("exim-config", "An object.", ViewJson.Default.WiringView, new WiringView
        {
            Wiring = "named-queue",
            About = "what it does and what else has to be done\n",
            Acl = "spoolworker_rcpt:\n  accept  queue = scan\n",
        }),
        Object("init", "An object.", ViewJson.Default.InitView, new InitView
        {
            Done = "shown",
            Form = "unsplit",
            Intake = "/var/spool/exim4/scan/input",
            Files =
            [
                new InitFileView { Path = "/etc/exim4/exim4.conf.localmacros", Fate = "changed", Owner = "root:root", Mode = "0644", Added = "SPOOLWORKER_QUEUE = scan\n" },
                new InitFileView { Path = "/etc/spoolworker/spoolworker.json", Fate = "kept", Owner = "root:Debian-exim", Mode = "0640", Note = "it is there and stays as it is" },
            ],
            Commands = ["/usr/sbin/update-exim4.conf"],
            Records = [new InitRecordView { Name = "2026e._domainkey.example.com", Record = Record }],
            Notes = ["Exim's daemon does not run; it reads its configuration when it is started."],
        }),
        Object("table get", "An object.", ViewJson.Default.TableAnswerView, new TableAnswerView { Key = "example.com", Found = true, Value = "mx.example.com" }),
        Row("table list", "An array, or a line for each row. Bytes that are no UTF-8 stand in base64, here and in `table get`: what was read can be written back.", ViewJson.Default.TableRowView,
            new TableRowView { Key = "example.com", Value = "mx.example.com" }),
        Object("table put", "An object.", ViewJson.Default.TableWrittenView, new TableWrittenView { Written = 1 }),
        Object("table delete", "An object.", ViewJson.Default.TableDeletedView, new TableDeletedView { Deleted = 2 }),
        Object("table import", "An object.", ViewJson.Default.TableImportView, new TableImportView { Rows = 1200, Duplicates = 1 }),
        Object("table stats", "An object.", ViewJson.Default.TableStatisticsView, new TableStatisticsView
        {
            Entries = 1200,
            Depth = 2,
            PageSize = 4096,
            BranchPages = 1,
            LeafPages = 24,
            OverflowPages = 0,
            FreePages = 3,
            MapSize = 1048576,
            FileSize = 122880,
            Transaction = 7,
            Readers = 0,
            SeveralValues = false,
        }),
    ];
}
