// One program and all that it needs, in a directory of its own: a configuration with every pass, spool samples in an intake, a key, a secret, messages. What it says can be
// laid beside what another program says in its own scene: whatever is a matter of the moment or the place is written alike.
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SpoolWorker.EndToEnd.Debian;

/// <summary>Where the daemons listen that passes ask.</summary>
internal sealed record ScannerAddresses(string Clamd, string Dccifd, string Rspamd, string Spamd);

internal sealed partial class ProgramScene : IDisposable
{
    private const string Message = "Received: from client.example ([192.0.2.1])\r\n\tby mx.example with ESMTP; Sun, 29 Nov 2026 10:00:00 +0000\r\nFrom: alice@sender.example\r\nTo: bob@ours.example\r\nSubject: =?iso-8859-2?Q?=E1?= =?koi8-r?B?98HT?=\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=windows-1252\r\n\r\nhello \u0080\r\n";

    private const string Notification = "From: MAILER-DAEMON@far.example\r\nTo: alice@ours.example\r\nSubject: failed\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\nno\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; far.example\r\n\r\nFinal-Recipient: rfc822; bob@far.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 nobody of that name\r\n\r\n--b--\r\n";

    private readonly TempDirectory _directory = new();
    private readonly string[] _command;
    private readonly Dictionary<string, string> _environment;

    /// <param name="command">The program.</param>
    /// <param name="dns">Its name server.</param>
    /// <param name="scanners">Its daemons.</param>
    public ProgramScene(string[] command, string dns, ScannerAddresses scanners)
    {
        _command = command;
        _environment = new() { ["SPOOLWORKER_CONFIG"] = At("worker.json"), ["LC_ALL"] = "C", ["TZ"] = "UTC" };
        foreach (var folder in new[] { "intake/input", "spool/input", "spool/db", "spool/msglog" }) _directory.Create(folder);
        // Two samples have one id: the later one is taken, whole.
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Sources.Folder, "spool-samples/valid"), "1*-?", SearchOption.AllDirectories).Order(StringComparer.Ordinal))
            File.Copy(file, At($"intake/input/{Path.GetFileName(file)}"), overwrite: true);
        File.WriteAllText(At("secret"), "a secret of the tests\n");
        File.SetUnixFileMode(At("secret"), UnixFileMode.UserRead);
        File.WriteAllText(At("message.eml"), Message, System.Text.Encoding.Latin1);
        File.WriteAllText(At("own.eml"), "From: alice@ours.example\nTo: bob@far.example\nSubject: signed\n\nhello\n");
        File.WriteAllText(At("notification.eml"), Notification);
        File.WriteAllText(At("virus.eml"), $"From: mallory@sender.example\nTo: bob@ours.example\nSubject: look\n\n{RealClamd.EicarText}\n");
        File.WriteAllText(At("spam.eml"), $"From: mallory@sender.example\nTo: bob@ours.example\nSubject: buy\n\n{RealSpamd.Gtube}");
        File.WriteAllText(At("wrapped.eml"), $"From: alice@sender.example\nTo: bob@ours.example\nSubject: wrapped\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: application/ms-tnef; name=winmail.dat\nContent-Transfer-Encoding: base64\n\n"
            + Convert.ToBase64String(Winmail.Of(Winmail.Attachment("HOLID~1.EXE", "holiday.exe", "MZ"u8.ToArray()))) + "\n--b\nContent-Type: text/plain\nContent-Disposition: attachment; filename=\"=?windows-1251?B?9ODp6y5leGU=?=\"\n\nhello\n--b--\n");
        File.WriteAllText(At("mainlog"), "");
        File.WriteAllText(At("table.csv"), "a,1\nb,2\n");
        File.WriteAllText(At("worker.json"), JsonSerializer.Serialize(Configuration(dns, scanners, At("mainlog"))));
        Call("keygen", "--selector", "s1", "--domain", "ours.example", "--out", "key.pem").ExitCode.Should().Be(0);
    }

    /// <summary>Runs it: the command line, exit code, output and errors, alike for all scenes.</summary>
    public string Say(params string[] words)
    {
        var (code, output, error) = Call(words);
        return Alike($"$ {string.Join(' ', words)}\n{output}[errors]\n{error}[exit code] {code}");
    }

    public ProgramResult Call(params string[] words) => (new ProgramCall(_command[0], [.. _command[1..], .. words]) { WorkingDirectory = _directory.Path, Environment = _environment }).Run();

    public System.Diagnostics.Process Start(params string[] words)
    {
        var start = new System.Diagnostics.ProcessStartInfo(_command[0], [.. _command[1..], .. words]) { WorkingDirectory = _directory.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in _environment) start.Environment[name] = value;
        return System.Diagnostics.Process.Start(start)!;
    }

    public string At(string name) => _directory.At(name);

    /// <summary>The header files in a folder.</summary>
    public IReadOnlyList<string> Headers(string folder) => [.. Directory.EnumerateFiles(At(folder), "*-H").Select(f => Alike(File.ReadAllText(f, System.Text.Encoding.Latin1))).Order(StringComparer.Ordinal)];

    public void Dispose() => _directory.Dispose();

    private static Dictionary<string, object> Configuration(string dns, ScannerAddresses scanners, string log)
    {
        var key = new { Domain = "ours.example", Selector = "s1", PrivateKeyFile = "key.pem" };
        return new()
        {
            ["Intakes"] = new[] { new { Path = "intake/input", Kind = "named-queue" } },
            ["Target"] = new { Path = "spool/input", Wake = "none", EximVersion = "4.96" },
            ["Passes"] = new[] { "authenticate", "clamd", "dcc", "rspamd", "spamd", "srs", "rules", "dsn-info", "dsn", "dkim-sign", "arc-seal" },
            ["Authenticate"] = new { AuthservId = "mx.example" },
            ["Clamd"] = new { Address = scanners.Clamd },
            ["Dcc"] = new { Address = scanners.Dccifd, SkipLocal = false },
            ["Rspamd"] = new { Url = scanners.Rspamd, SkipLocal = false },
            ["Spamd"] = new { Address = scanners.Spamd, SkipLocal = false, Report = true, Levels = new[] { new { Score = "5", Then = "hold" } } },
            ["Srs"] = new { Secrets = "secret", Alias = "srs.example", LocalDomains = "ours.example" },
            ["Rules"] = new { List = new object[] { new { When = "attachment_name = holiday.exe", Then = "tag", Header = "X-Wrapped: yes" }, new { When = "attachment_name = \u0444\u0430\u0439\u043b.exe", Then = "tag", Header = "X-Cyrillic: yes" }, new { When = "recipients > 2", Then = "hold" }, new { When = "size > 0", Then = "tag", Header = "X-Looked-At: yes" } } },
            ["DsnInfo"] = new { MainLog = log },
            ["Dkim"] = new { Sign = new { Keys = new[] { key } } },
            ["Arc"] = new { Seal = new { AdmdId = "mx.example", key.Domain, key.Selector, key.PrivateKeyFile } },
            ["Dns"] = new { Servers = new[] { dns } },
            ["Engine"] = new { Workers = 1 },
            ["Ledger"] = new { Path = "ledger" },
            ["Held"] = new { Path = "held" },
            ["Corrupt"] = new { Path = "corrupt" },
            ["Control"] = new { Socket = "control.sock" },
            ["Metrics"] = new { TextFile = "metrics.prom" },
            ["Schedule"] = new { Reprocess = new[] { new { Name = "later", Cron = "0 0 6 * * ?", Of = "held" } } },
            ["Logging"] = new { Console = new { FormatterName = "json" } },
        };
    }

    /// <summary>Without places, times, processes, ids that were made, and what a signature makes of its time.</summary>
    public string Alike(string text)
    {
        text = Progress().Replace(text.Replace(_directory.Path, "<scene>", StringComparison.Ordinal), "");
        text = Signature().Replace(text, m => $"{m.Groups["tag"].Value}<...>");
        text = Commit().Replace(Moment().Replace(text, "<time>"), "+<commit>");
        return Columns().Replace(Number().Replace(Made().Replace(text, "<id>"), "<number>"), "  ");
    }

    [GeneratedRegex(@"\b(?<tag>b=|t=)[A-Za-z0-9+/=\s]+")]
    private static partial Regex Signature();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?([.,]\d+)?(Z|[+-]\d\d:?\d\d)?|\w{3}, +\d+ \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}|\b(\d\d-\d\d )?\d\d:\d\d\b")]
    private static partial Regex Moment();

    // Told where something takes long.
    [GeneratedRegex(@"^spoolworker: messages: \d+ of \d+\n", RegexOptions.Multiline)]
    private static partial Regex Progress();

    // Behind a version; a package that was made before is of an earlier one.
    [GeneratedRegex(@"\+[0-9a-f]{8,40}\b")]
    private static partial Regex Commit();

    // Seconds and milliseconds; numbers of processes, inodes and bytes free are long.
    [GeneratedRegex(@"\b\d+([.,]\d+)?(?= ?(ms|s|m|h|d|K|M|G|T|KiB|MiB|GiB)\b)|\b\d{5,}\b|(?<=process )\d+|(?<=""(milliseconds|ms|pid|process|seconds|tookSeconds|age|ageSeconds)"": ?)[\d.]+")]
    private static partial Regex Number();

    // As wide as what stands in them.
    [GeneratedRegex(" {2,}")]
    private static partial Regex Columns();

    [GeneratedRegex(@"\b1[x-z][A-Za-z0-9]{4}-[A-Za-z0-9]{6,11}-[A-Za-z0-9]{2,4}\b")]
    private static partial Regex Made();
}
