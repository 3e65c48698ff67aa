using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views.Mail;

namespace SpoolWorker.Tests.Documentation;

internal static partial class JsonExamples
{
    private const string SpfComment = "mx.example: domain of alice@sender.example designates 192.0.2.1 as permitted sender";

    // Commands that look at one message.
    private static IReadOnlyList<JsonSection> OfMail =>
    [
        Object("authenticate", "An object.", ViewJson.Default.AuthenticationView, new AuthenticationView
        {
            Spf = new() { Result = "pass", Comment = SpfComment },
            Dkim = [new() { Domain = "sender.example", Selector = "s1", Result = "pass", Identity = "@sender.example", Algorithm = "rsa-sha256", Testing = false, AsReceived = false }],
            Dmarc = new() { Result = "pass", Policy = "none", Domain = "sender.example" },
            Arc = new() { Result = "none", OldestPass = 0 },
            Results = new Dictionary<string, string> { ["spf_result"] = "pass", ["dmarc_result"] = "pass" },
            Added = ["Authentication-Results: mx.example;\n\tspf=pass smtp.mailfrom=alice@sender.example"],
        }),
        Object("spf", "An object.", ViewJson.Default.SpfView, new SpfView
        {
            Result = "pass",
            Identity = "mailfrom",
            Domain = "sender.example",
            Mechanism = "ip4:192.0.2.1",
            Guess = false,
            Header = $"Received-SPF: pass ({SpfComment})\n\tclient-ip=192.0.2.1",
        }),
        Object("dcc check", "An object.", ViewJson.Default.DccView, new DccView
        {
            Answered = true,
            TookSeconds = 0.012,
            Request = new() { Options = "header query grey-query", Ip = "192.0.2.1", Helo = "mail.sender.example", Sender = "alice@sender.example", Recipients = [new() { Address = "bob@r.example" }], BodySize = 6 },
            Daemon = "127.0.0.1 10045",
            Results = new Dictionary<string, string> { ["dcc_result"] = "R", ["dcc_recipients"] = "R", ["dcc_header"] = "X-DCC-example-Metrics: mx.example 1170; bulk Body=many" },
            Acts = true,
            Recipients = [new() { Address = "bob@r.example", Letter = "R", Policy = "bounce", Disposition = "bounce", Reason = "bulk mail" }],
            Added = ["X-DCC-example-Metrics: mx.example 1170; bulk Body=many"],
        }),
        Object("dsn explain", "An object.", ViewJson.Default.BounceView, new BounceView
        {
            Bounce = true,
            Form = "delivery-status",
            ReportingMta = "mx.r.example",
            Arrived = Received,
            Failed = new() { MessageId = "a@sender.example", Subject = "sample" },
            Recipients =
            [
                new()
                {
                    Address = "bob@r.example",
                    Action = "failed",
                    Permanent = true,
                    Status = "5.1.1",
                    Meaning = "there is no such mailbox",
                    SmtpCode = 550,
                    Reason = "550 5.1.1 User unknown",
                    RemoteMta = "mx.r.example",
                },
            ],
        }),
    ];
}
