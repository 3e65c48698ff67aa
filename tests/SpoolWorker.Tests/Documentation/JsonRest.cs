namespace SpoolWorker.Tests.Documentation;

internal static partial class JsonExamples
{
    /// <summary>Sections of commands that print no views yet.</summary>
    public const string Rest = """
        ## show

        An array: an id may lie in several places.

        ```json
        [
          {
            "place": "held",
            "file": "/var/lib/spoolworker/held/1xVVht-000477-0i-H",
            "reason": "bob@r.example: rules: looks odd",
            "id": "1xVVht-000477-0i",
            "sender": "alice@sender.example",
            "received": 1795446709,
            "frozen": false,
            "body": { "file": "/var/lib/spoolworker/held/1xVVht-000477-0i-D", "size": 6, "form": "lf", "lines": 1, "locked": "no" },
            "recipients": [ { "address": "bob@r.example", "state": "pending" } ],
            "nonRecipients": [],
            "variables": [ { "name": "helo_name", "value": "client.test.example", "tainted": true } ],
            "headers": [ { "flag": "F", "deleted": false, "text": "From: Alice <alice@sender.example>\n" } ],
            "ledger": null
          }
        ]
        ```

        Also `warnings`, `login`, `uid` and `gid`. A recipient may have `errorsTo`, `orcpt`, `dsnFlags` and `parent`, a variable a `quoter`. A `-H` that
        cannot be read has `error` with `kind`,
        `offset` and `reason` in place of what would be in it.

        ## trace

        ```json
        {
          "query": "1xVVht-000477-0i",
          "messages": [ { "id": "1xVVht-000477-0i", "found": "asked for" } ],
          "events": [
            { "time": "2026-11-23T15:11:49.000Z", "id": "1xVVht-000477-0i", "source": "exim", "kind": "arrived", "text": "from alice@sender.example P=esmtp S=365" },
            { "time": "2026-11-23T15:11:50.000Z", "id": "1xVVht-000477-0i", "source": "exim", "kind": "delivered", "address": "bob@r.example", "text": "=> bob@r.example R=r T=t" }
          ]
        }
        ```

        Sorted by time. Times are in UTC; `source` is `exim` or `worker`.

        ## release, forget

        ```json
        { "released": "1xVVht-000477-0i", "id": "1xVVht-000477-0i", "directory": "/var/spool/exim4/input", "recipients": [ "bob@r.example" ] }
        ```

        `id` is the one it has in the target. `forget` prints an array of the ledger's records that are gone.

        ## try

        ```json
        {
          "milliseconds": 1139,
          "counts": { "requeued": 23, "bounced": 1, "left": 1 },
          "messages": [
            {
              "sample": "valid/01-4.96-acl-vars", "id": "1xVVhu-00047F-1k", "passes": [ "authenticate", "rules" ], "outcome": "requeued", "reason": "", "recipients": 1,
              "results": { "spf_result": "pass", "dmarc_result": "pass" },
              "where": [ "spool/input/1xVVhu-00047F-1k-H" ]
            }
          ]
        }
        ```

        `results` is what the passes found, under the names that [rules](passes/rules.md#conditions) use.

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
