using System.Text.Json.Serialization.Metadata;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Checks;
using SpoolWorker.Operations.Views.Config;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Tests.Documentation;

/// <summary>One of each view, as the page shows it.</summary>
internal static partial class JsonExamples
{
    private const string Id = "1xVVht-000477-0i", Received = "2026-11-23T15:11:49.000Z";

    private static MessageView Held => new()
    {
        Place = "held",
        File = $"/var/lib/spoolworker/held/{Id}-H",
        Reason = "bob@r.example: rules: looks odd",
        Id = Id,
        Sender = "alice@sender.example",
        Received = Received,
        Warnings = 0,
        Login = "Debian-exim",
        Uid = 102,
        Gid = 102,
        Frozen = false,
        Body = new BodyView { File = $"/var/lib/spoolworker/held/{Id}-D", Size = 6, Form = "lf", Lines = 1, Locked = false },
        Recipients = [new() { Address = "bob@r.example", State = "pending" }],
        Variables = [new() { Name = "helo_name", Value = "client.test.example", Tainted = true }],
        Headers = [new() { Flag = "F", Deleted = false, Text = "From: Alice <alice@sender.example>\n" }],
        Ledger =
        [
            new()
            {
                Id = Id,
                Intake = "/var/spool/exim4/scan/input",
                FirstSeen = "2026-11-23T15:11:49.112Z",
                Decided = "2026-11-23T15:11:49.140Z",
                Recipients = [new() { Address = "bob@r.example", Outcome = $"held {Id}" }],
                Results = new Dictionary<string, string> { ["spf_result"] = "pass" },
                Failures = 0,
                Deferrals = 0,
                Expires = "2026-12-07T15:11:49.140Z",
            },
        ],
    };

    public static IReadOnlyList<JsonSection> Sections { get; } = [.. OfTheWorker, .. OfMail, .. OfTools];

    private static IReadOnlyList<JsonSection> OfTheWorker =>
    [
        StatusExample.Section,
        OrderExample.Section,
        Object("reload", "An object, also when it is refused; the control socket's `/v1/reload` is the same.", ViewJson.Default.ReloadView, new ReloadView
        {
            Reloaded = false,
            Generation = 3,
            Configuration = "/etc/spoolworker/spoolworker.json",
            Reasons = ["Engine:Workers = '8': needs a restart, it is '4' in the worker that runs"],
            Error = "not reloaded, and nothing changed: Engine:Workers = '8': needs a restart, it is '4' in the worker that runs",
        }),
        Row("list --jobs, job list", "An array, or a line for each schedule, each pass with hours and each job.", ViewJson.Default.ScheduleView, new ScheduleView
        {
            Name = "mornings",
            Kind = "reprocess",
            When = "0 0 6 * * ?",
            Of = "held",
            Where = "reason = *DNS*",
            Next = "2026-11-24T05:00:00.000Z",
            Last = "2026-11-23T05:00:00.114Z",
            Messages = 3,
            TookSeconds = 0.012,
        }),
        Row("list", "An array, or a line for each message.", ViewJson.Default.MessageRow, new MessageRow
        {
            Place = "intake",
            Directory = "/var/spool/exim4/scan/input",
            Id = Id,
            State = "deferred",
            Received = Received,
            AgeSeconds = 65,
            Size = 365,
            Sender = "alice@sender.example",
            Recipients = [new() { Address = "bob@r.example", State = "pending" }],
            Pending = 1,
            NextTry = "2026-11-23T15:16:00.000Z",
            Reason = "dcc: no answer",
        }),
        Row("list --ids", "An array, or a line for each message.", ViewJson.Default.ListedIdView, new ListedIdView { Place = "intake", Id = Id }),
        Object("list --count", "An object.", ViewJson.Default.ListTotalView, new ListTotalView { Messages = 3, RecipientCount = 7, Pending = 6, Size = 24_310 }),
        Row("list --by", "An array, or a line for each group: the largest first, ages in their order.", ViewJson.Default.ListGroupView, new ListGroupView
        {
            By = "domain",
            Key = "r.example",
            Count = 6,
            Size = 20_100,
            OldestSeconds = 700,
            Ages = [new() { UnderMinutes = 5, Count = 4 }, new() { UnderMinutes = 10, Count = 0 }, new() { UnderMinutes = 20, Count = 2 }],
        }),
        Row("show", "An array, or a line for each place: an id may lie in several.", ViewJson.Default.MessageView, Held),
        Object("trace", "An object; `--jsonl` prints the `events`.", ViewJson.Default.TraceView, new TraceView
        {
            Query = Id,
            Messages = [new() { Id = Id, Found = "asked for" }],
            Events =
            [
                new() { Time = "2026-11-23T15:11:49.000Z", Id = Id, Source = "exim", Kind = "arrived", Text = "from alice@sender.example P=esmtp S=365" },
                new() { Time = "2026-11-23T15:11:50.000Z", Id = Id, Source = "exim", Kind = "delivered", Address = "bob@r.example", Text = "=> bob@r.example R=r T=t" },
            ],
            Cut = false,
        }),
        Row("release", "An array, or a line for each message. `retry`, `hold`, `bounce`, `delete` and `redirect` print the same.", ViewJson.Default.VerbView, new VerbView
        {
            Verb = "release",
            Id = Id,
            Place = "held",
            Directory = "/var/lib/spoolworker/held",
            Done = true,
            Result = "requeued",
            NewId = Id,
            Recipients = [new() { Address = "bob@r.example" }],
            Number = 17,
        }),
        Row("hold --new", "An array, or a line for each standing hold; with `--list` all of them, else the one that was made or removed.", ViewJson.Default.StandingHoldView, new StandingHoldView
        {
            Number = 3,
            Condition = "sender_domain = spam.example",
            Reason = "a flood",
            Actor = "alice as root",
            Uid = 0,
            Time = Received,
            Ends = "2026-11-23T17:11:49.000Z",
            Ended = false,
        }),
        Row("explain", "An array, or a line for each place the message lies in.", ViewJson.Default.ExplainView, new ExplainView
        {
            Id = Id,
            Place = "held",
            Directory = "/var/lib/spoolworker/held",
            Judged = Received,
            Passes = [new() { Pass = "rules", Milliseconds = 0.2, Decided = "hold", Found = new Dictionary<string, string>() }],
            RecipientResults = [new() { Recipients = ["bob@r.example"], Results = new Dictionary<string, string> { ["spamd_score"] = "7.25" } }],
            Recipients = [new() { Address = "bob@r.example", Outcome = "pending" }],
            Reason = "bob@r.example: rules: looks odd",
            Next = "nothing by itself: it is held by rules; still to come: srs, arc-seal",
            LetGo = [$"spoolworker release {Id}"],
        }),
        Object("inject", "An object.", ViewJson.Default.InjectView, new InjectView
        {
            Id = Id,
            Directory = "/var/spool/exim4/scan/input",
            Sender = "alice@sender.example",
            Recipients = [new() { Address = "bob@r.example" }],
        }),
        Row("audit", "An array, or a line for each verb.", ViewJson.Default.AuditView, new AuditView
        {
            Number = 18,
            Verb = "delete",
            Id = Id,
            Directory = "/var/lib/spoolworker/held",
            Time = Received,
            Actor = "alice as root",
            Uid = 0,
            Reason = "spam",
            State = "done",
            Result = "deleted",
            Executed = Received,
            Recipients = [new() { Address = "bob@r.example" }],
            Sender = "alice@sender.example",
            Headers = "From: Alice <alice@sender.example>\n",
        }),
        Row("forget", "An array, or a line for each: the records that are gone.", ViewJson.Default.RecordView, Held.Ledger[0]),
        Object("try", "An object; `--jsonl` prints the `messages`.", ViewJson.Default.TrialView, new TrialView
        {
            TookSeconds = 1.139,
            Counts = new Dictionary<string, int> { ["bounced"] = 1, ["requeued"] = 23 },
            Messages =
            [
                new()
                {
                    Sample = "valid/01-4.96-acl-vars",
                    Id = "1xVVhu-00047F-1k",
                    Passes = ["authenticate", "rules"],
                    Outcome = "requeued",
                    Recipients = [new() { Address = "bob@r.example" }],
                    Results = new Dictionary<string, string> { ["spf_result"] = "pass", ["dmarc_result"] = "pass" },
                    Where = ["spool/input/1xVVhu-00047F-1k-H"],
                },
            ],
        }),
        Object("check-config", "An object; `--jsonl` prints the `findings`.", ViewJson.Default.CheckView, new CheckView
        {
            Configuration = "/etc/spoolworker/spoolworker.json",
            Findings = [new FindingView { Name = "exim-not-listening", Severity = "warning", Subject = "Target:Wake", Text = "what was found", Cure = "what to do" }],
        }),
        Object("config show", "An object.", ViewJson.Default.ConfigView, new ConfigView
        {
            Configuration = "/etc/spoolworker/spoolworker.json",
            Keys =
            [
                new() { Key = "Engine:Workers", Value = ["4"], From = "environment", Change = "restart" },
                new() { Key = "Srs:Config", Secret = true, From = "/etc/spoolworker/spoolworker.json", Change = "reload" },
            ],
        }),
        Row("config explain", "An array, or a line for each key.", ViewJson.Default.ConfigExplainView, new ConfigExplainView
        {
            Key = "Srs:Direction",
            Meaning = "Which way addresses are rewritten.",
            Default = ["both"],
            Unit = "word",
            Range = "forward, reverse, both",
            Change = "reload",
            Words = [new() { Word = "both", Meaning = "Both (Exim: reverseandforward)." }],
            Now = [new() { Key = "Srs:Direction", Value = ["forward"], From = "/etc/spoolworker/spoolworker.json", Change = "reload" }],
        }),
        Object("doctor", "An object; `--jsonl` prints the `findings`. [Doctor](doctor.md) lists the names.", ViewJson.Default.DoctorView, new DoctorView
        {
            Verdict = "WARNING",
            Configuration = "/etc/spoolworker/spoolworker.json",
            Findings =
            [
                new FindingView { Name = "exim-not-listening", Severity = "warning", Subject = "Target:Wake", Text = "what was found", Cure = "what to do" },
                new FindingView { Name = "folder-open", Severity = "warning", Subject = "Held:Path", Text = "what was found", Cure = "what to do", Fixed = "what was done" },
                new FindingView { Name = "clock-unsynchronized", Severity = "warning", Subject = "clock", Text = "what was found", Cure = "what to do", Acknowledged = Known },
                new FindingView { Severity = "ok", Subject = "Dns:Servers", Text = "the system's name servers: answers" },
            ],
        }),
        Row("doctor ack", "An array, or a line for each: what was acknowledged, with `--list` all that is.", ViewJson.Default.AcknowledgementView, Known),
        Object("version", "An object.", ViewJson.Default.VersionView, new VersionView { Version = "1.0.0" }),
    ];

    private static AcknowledgementView Known => new()
    {
        Name = "clock-unsynchronized",
        Subject = "clock",
        Note = "the host keeps it",
        Actor = "alice as root",
        Time = "2026-11-23T15:11:49.000Z",
        Until = "2027-02-21T15:11:49.000Z",
    };

    private static JsonSection Object<T>(string command, string says, JsonTypeInfo<T> type, T example)
        where T : View => new(command, says, typeof(T), () => ViewJson.Write(example, type, ViewJson.Indented));

    private static JsonSection Row<T>(string command, string says, JsonTypeInfo<T> type, T example)
        where T : View => Object(command, says, type, example);
}
