namespace SpoolWorker.Tests.Documentation;

internal static partial class JsonExamples
{
    /// <summary>Sections of commands that print no views yet.</summary>
    public const string Rest = """
        ## authenticate, spf

        ```json
        {
          "spf": { "result": "pass", "explanation": null, "comment": "mx.example: domain of alice@sender.example designates 127.0.0.1 as permitted sender" },
          "dkim": [],
          "dmarc": { "result": "pass", "policy": "none", "domain": "sender.example", "reason": "" },
          "arc": { "result": "none", "reason": "", "domains": [], "oldestPass": 0 },
          "results": { "spf_result": "pass" },
          "added": [ "Authentication-Results: mx.example;\n\tspf=pass smtp.mailfrom=alice@sender.example" ],
          "removed": []
        }
        ```

        `spf` prints `result`, `explanation`, `identity`, `domain`, `mechanism`, `problem`, `guess` and `header`. Results are the words of RFC 8601.

        ## dcc check

        `answered`, `milliseconds`, `request` (`options`, `ip`, `host`, `helo`, `sender`, `recipients`, `bodyBytes`), `notes`; with an answer `address`,
        `dcc_result`,
        `dcc_recipients`, `dcc_header`, `acts`, `recipients` (`address`, `letter`, `policy`, `disposition`, `reason`), `headersAdded` and `headersRemoved`;
        without one `reason`
        and `disposition`. `--verbose` adds request and answer line by line.

        ## dsn explain

        ```json
        {
          "bounce": true,
          "form": "delivery-status",
          "reportingMta": "mx.r.example",
          "failed": { "messageId": "a@sender.example", "subject": "sample" },
          "recipients": [
            { "address": "bob@r.example", "action": "failed", "permanent": true, "status": "5.1.1", "meaning": "there is no such mailbox", "smtpCode": 550, "reason": "550 5.1.1 User unknown", "remoteMta": "mx.r.example" }
          ]
        }
        ```

        `form` is `delivery-status` (RFC 3464), `none`, or the text it was read from, such as `exim-text`. Also `arrivalDate`, `envelopeId`, `returnedTo`;
        for a recipient `original`, `srs`, `statusWritten`, `remoteAddress`, `greeting`, `heloResponse`,
        `eximDiagnostic`, `lastAttempt` and `retryUntil`. `permanent` is null where it cannot be told.

        ## srs, keygen, table

        | command | fields |
        |---|---|
        | `srs encode`, `srs decode` | `address` (null where there is none), `status`; of several addresses one object a line |
        | `keygen` | `file`, `type`, `name`, `record`, `strings` |
        | `table get` | `key`, `found`, `value` |
        | `table list` | an array of `key`, `value` |
        | `table import` | `rows`, `duplicates` |
        | `table stats` | `entries`, `depth`, `pageSize`, `branchPages`, `leafPages`, `overflowPages`, `freePages`, `mapSize`, `fileSize`, `transaction`, `readers`, `severalValues` |

        Keys and values of tables that are no UTF-8 stand in base64, as `keyBase64` and `valueBase64`.

        """;
}
