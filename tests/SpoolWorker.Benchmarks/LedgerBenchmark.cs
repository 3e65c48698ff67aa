// What many finished messages cost: bytes a message, looking for a message that is not known (the usual case), the start, a day that goes, and
// the engine beside one with an empty ledger. Times are those of the processor unless they are called wall: other programs may run.
using System.CommandLine;
using System.Diagnostics;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Ledger;
using SpoolWorker.Ledger.Store;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks;

/// <summary>The ledger benchmark.</summary>
internal static class LedgerBenchmark
{
    // As many as make dirty pages of some 60 MB.
    private const int Portion = 250_000;

    private const int Lookups = 20_000;

    // What is written is a row of 24 bytes, as for intakes of Exim's own, or of 32 bytes a recipient, as for queuefile, and one more for its copy by a rule.
    private static readonly (string Name, Remembered Form, string[] Recipients)[] Forms =
        [("message", Remembered.AsMessage, []), ("recipient", Remembered.ByRecipient, [Recipient]), ("recipient, copy", Remembered.ByRecipient, [Recipient, Archive])];

    public static Command Create()
    {
        var days = CommonOptions.Number("--days", "Days that are kept", 14);
        var perDay = CommonOptions.Number("--messages", "Finished messages a day", 1_000_000);
        var pairs = CommonOptions.Number("--pairs", "Pairs in each run of the engine; 0: none", 10_000);
        var rounds = CommonOptions.Number("--rounds", "Runs of the engine with each ledger; the median counts", 5);
        var command = new Command("ledger", """
            Finished messages in the ledger: bytes, lookups, start, forgetting a day, and the engine beside an empty one

            Examples:
              ledger                                     14 days of a million
              ledger --messages 50000 --pairs 2000       a quick look
            """) { days, perDay, pairs, rounds, CommonOptions.Directory, CommonOptions.Keep, CommonOptions.Json };
        command.SetAction(parsed => Run(parsed.GetValue(days), parsed.GetValue(perDay), parsed.GetValue(pairs), parsed.GetValue(rounds),
            parsed.GetValue(CommonOptions.Directory)!, parsed.GetValue(CommonOptions.Keep), parsed.GetValue(CommonOptions.Json)));
        return command;
    }

    private static int Run(int days, int perDay, int pairs, int rounds, string directory, bool keep, bool json)
    {
        using var work = new WorkDirectory(directory, keep);
        var today = new DateTimeOffset(DateTime.UtcNow.Date, TimeSpan.Zero);
        var report = new Report("ledger", $"{days} days of {perDay} finished messages, one recipient each; wall times only where it says so",
            new("rows", "rows"), new("megabytes", "MB", "0"), new("bytesPerMessage", "bytes/msg", "0.0"), new("putMicroseconds", "put us", "0.0"), new("newMicroseconds", "look: new us", "0.0"),
            new("oldMicroseconds", "look: old us", "0.0"), new("knownMicroseconds", "look: known us", "0.0"), new("startMilliseconds", "start wall ms", "0"), new("dropMilliseconds", "drop a day ms", "0.0"),
            new("dropWallMilliseconds", "wall ms", "0.0"), new("engineRatio", "engine CPU, empty/full", "0.00"), new("engineRateRatio", "rate full/empty", "0.00"));
        foreach (var (name, form, recipients) in Forms)
        {
            var options = new LedgerOptions { Path = Path.Combine(work.Fresh($"ledger-{name.Replace(", ", "-", StringComparison.Ordinal)}"), "ledger"), Keep = TimeSpan.FromDays(days) };
            var put = Fill(options, (form, recipients), today, days, perDay);
            var size = new FileInfo(MessageLedger.FileOf(options)).Length;
            Report.Progress($"{name}: {size / 1e6:0} MB");
            work.Settle();
            var start = Stopwatch.StartNew();
            var ledger = MessageLedger.OpenForWorker(options, today);
            ledger.Open();
            var started = start.Elapsed.TotalMilliseconds;
            double[] looks = [Look(ledger, today, i => (today.AddHours(1), i + perDay)), Look(ledger, today, i => (today.AddDays(-days), i + perDay)),
                Look(ledger, today, i => (today.AddDays(-(i % days)), (int)(i * 7919L % perDay)))];
            ledger.Dispose();
            // Before a day goes: it is the full one that is compared.
            var (ratio, rate) = pairs > 0 && form == Remembered.AsMessage ? Engines(work, options, pairs, rounds) : (double.NaN, double.NaN);
            var (drop, dropWall) = Drop(options, today);
            report.Add(name, size / 1e6, size / (double)((long)days * perDay), put, looks[0], looks[1], looks[2], started, drop, dropWall, ratio, rate);
        }
        report.Notes.Add("look: new: of an id of today, as new mail has; old: of an unknown id older than all days; known: of one that is there. A drop is LMDB's transaction with its sync.");
        report.Print(json, work.Root);
        return 0;
    }

    // In the order a worker finishes them: by day, at random within it. Returns us a message.
    private static double Fill(LedgerOptions options, (Remembered Form, string[] Recipients) what, DateTimeOffset today, int days, int perDay)
    {
        MessageLedger.Open(options).Dispose();
        using var store = LmdbStore.Open(new StorePlan("ledger", MessageLedger.FileOf(options), options.MapSize, "", LedgerTables.Most, 16, ""));
        using var tables = store.Write(transaction => LedgerTables.Open(transaction, LedgerUser.Worker, store.Path));
        var before = Resources.Self();
        for (var day = days - 1; day >= 0; day--)
        {
            for (var from = 0; from < perDay; from += Portion)
            {
                store.Write(transaction =>
                {
                    for (var i = from; i < Math.Min(from + Portion, perDay); i++) tables.Days.TryPut(transaction, Entry(Id(today.AddDays(-day), i), what.Form, what.Recipients), today.AddDays(-day).AddHours(2).ToUnixTimeMilliseconds());
                });
            }
        }
        return Cpu(before) / ((double)days * perDay);
    }

    private static double Look(MessageLedger ledger, DateTimeOffset today, Func<int, (DateTimeOffset Time, int Number)> which)
    {
        var ids = Enumerable.Range(0, Lookups).Select(which).Select(w => Id(w.Time, w.Number)).ToList();
        // Once for what .NET compiles, and for the pages to be in memory.
        foreach (var id in ids) ledger.Find(Intake, id, Asked);
        var before = Resources.Self();
        foreach (var id in ids) ledger.Find(Intake, id, Asked);
        return Cpu(before) / Lookups;
    }

    private static (double Cpu, double Wall) Drop(LedgerOptions options, DateTimeOffset today)
    {
        using var ledger = MessageLedger.Open(options);
        var now = today.AddDays(1).AddMinutes(1);
        var last = ledger.LastDueDay(now.AddDays(1)) ?? throw new InvalidOperationException("no day is due");
        var before = Resources.Self();
        var watch = Stopwatch.StartNew();
        ledger.DropDays(last, now.AddDays(1));
        var wall = watch.Elapsed.TotalMilliseconds;
        return (Cpu(before) / 1000, wall);
    }

    private static (double Cpu, double Rate) Engines(WorkDirectory work, LedgerOptions full, int pairs, int rounds)
    {
        var figures = new[] { new List<RunFigures>(), new List<RunFigures>() };
        for (var round = 0; round < rounds; round++)
        {
            foreach (var which in round % 2 == 0 ? new[] { 0, 1 } : [1, 0])
            {
                var run = new RunDirectory(work.Fresh($"engine-{which}"));
                new PairFactory().Fill(run.Intake, pairs);
                run.Configure(new { Workers = 8 });
                if (which == 1) Directory.Move(full.Path, $"{run.Root}/ledger");
                work.Settle();
                var ended = ChildProcess.Run(ChildProcess.Self(EngineRun.Name, run.Root), run.Log, "/dev/null");
                if (which == 1) Directory.Move($"{run.Root}/ledger", full.Path);
                var one = ended.ExitCode == 0 ? RunFigures.Load(run.Result) : throw new InvalidOperationException($"the engine ended with {ended.ExitCode}: see {run.Log}");
                if (run.Fault(pairs) is { Length: > 0 } fault) throw new InvalidOperationException(fault);
                figures[which].Add(one);
                Report.Progress($"round {round + 1}  {(which == 1 ? "full " : "empty")} {one.Rate,8:0} messages/s {(one.User + one.System) / one.Messages * 1e6,6:0} us CPU a message");
            }
        }
        return (Statistics.Median(figures[0].Select(f => (f.User + f.System) / f.Messages)) / Statistics.Median(figures[1].Select(f => (f.User + f.System) / f.Messages)),
            Statistics.Median(figures[1].Select(f => f.Rate)) / Statistics.Median(figures[0].Select(f => f.Rate)));
    }

    private const string Intake = "/var/spool/exim4/input/in", Recipient = "bob@r.example", Archive = "archive@r.example";

    private static readonly AskedMessage Asked = new("0123456789abcdef", "", [Recipient]);

    private static LedgerEntry Entry(MessageId id, Remembered form, string[] recipients) => new()
    {
        Intake = Intake,
        Id = id.ToString(),
        Fingerprint = Asked.Fingerprint,
        Remembered = form,
        Done = recipients.ToDictionary(r => r, _ => ""),
        Copies = recipients.Contains(Archive) ? [Archive] : null,
    };

    private static MessageId Id(DateTimeOffset time, int number) =>
        MessageId.TryParse($"{Base62(time.ToUnixTimeSeconds(), 6)}-{Base62(number, 6)}-00".AsSpan(), out var id) ? id : throw new InvalidOperationException("no id");

    private static string Base62(long number, int length)
    {
        const string Digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        return string.Create(length, number, (chars, n) =>
        {
            for (var i = chars.Length - 1; i >= 0; i--, n /= Digits.Length) chars[i] = Digits[(int)(n % Digits.Length)];
        });
    }

    private static double Cpu(CpuTime before)
    {
        var used = Resources.Self() - before;
        return (used.User + used.System) * 1e6;
    }
}
