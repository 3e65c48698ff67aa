// The janitor with all fixes on, run after run without pause, beside Exims and a worker with mail flowing. Nothing is protected by its age: only Exim's lock and the looks
// under it stand between the janitor and mail. Receptions stop half way until it has been round, deliveries are slow and signed by way of -K files.
using System.Globalization;
using System.Text;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Upkeep;
using SpoolWorker.Upkeep.Janitor;

namespace SpoolWorker.EndToEnd.Upkeep;

public sealed class JanitorTests : WorkerScene
{
    private const int Messages = 240, Senders = 8, EachStops = 6;

    // More than Exim keeps in memory of a body before it writes.
    private const int LargeBody = 50_000;

    private static readonly int Count = (int)(Messages * double.Parse(TestVariables.KillLoops ?? "1", CultureInfo.InvariantCulture));

    private readonly List<JobFinding> moved = [];
    private int rounds;

    [EximFact]
    public async Task Beside_flowing_mail_nothing_alive_is_touched()
    {
        var back = Exim("back", EximRole.Deliver);
        var front = Exim("front", EximRole.NamedQueue, c => c with { SplitSpool = true, MainLines = "queue_run_max = 20\nsmtp_accept_max = 100", MoreRouters = Router, MoreTransports = Transport(back.Port) });
        var worker = Worker("named-queue", front.InputDirectory("scan"), front);
        await back.StartDaemon();
        await front.StartDaemon();
        var planted = Plant(front);
        worker.Start();

        using var stop = new CancellationTokenSource();
        var janitor = Task.Run(() => RunWithoutPause(front, back, worker, stop.Token));
        await Task.WhenAll(Enumerable.Range(0, Senders).Select(sender => Task.Run(() => SendAll(front.Port, sender, janitor))));
        await Delivered(back, worker, Count, front);
        var before = rounds;
        await Run.Until(() => rounds > before + 1 || janitor.IsFaulted, () => "the janitor stands still");
        await stop.CancelAsync();
        await janitor;

        Once.Each(Enumerable.Range(0, Count).Select(n => $"number {n}"), back.Mail.Deliveries().Select(d => d.Sample!));
        back.Mail.Deliveries().Should().OnlyContain(d => d.Body.Length > LargeBody || d.Body.StartsWith("Body of ", StringComparison.Ordinal), "each is whole");
        planted.Where(File.Exists).Should().BeEmpty("the janitor did move what is dead, so it can move");
        moved.Select(f => f.Subject).Except(planted).Where(path => !IsDead(path, front.MainLog + back.MainLog)).Should().BeEmpty("all else was alive");
        back.Mail.Deliveries().Should().OnlyContain(d => d.Headers.Any(h => h.StartsWith("DKIM-Signature:", StringComparison.Ordinal)), "each was signed by way of a -K file");
        rounds.Should().BeGreaterThan(Count / Senders);
        worker.Stop().Should().Be(0);
    }

    // An Exim that has delivered removes message log, -D, -H and -J in this order, a worker -H, -J, -D and message log. Without a while between the looks a janitor comes between
    // two of these: what is left then is dead, as its message has been delivered, and it is never the body.
    private static bool IsDead(string path, string log)
    {
        var name = Path.GetFileName(path);
        var isRest = name.EndsWith("-H", StringComparison.Ordinal) || name.EndsWith("-J", StringComparison.Ordinal);
        return (isRest || path.Contains("/msglog/", StringComparison.Ordinal)) && log.Contains($"{(isRest ? name[..^2] : name)} => ", StringComparison.Ordinal);
    }

    private const string Router = """

        onwards:
          driver = manualroute
          route_list = * 127.0.0.1
          self = send
          transport = onwards

        """;

    private string Transport(int port)
    {
        var key = Scene.At("key.pem");
        Run.Program("openssl", "genrsa", "-out", key, "2048").ExitCode.Should().Be(0);
        EximUser.Own(key);
        return $"""
            onwards:
              driver = smtp
              port = {port}
              allow_localhost
              hosts_try_fastopen =
              dkim_domain = from.example
              dkim_selector = test
              dkim_private_key = {key}
              transport_filter = /bin/sh -c "sleep 0.2; exec cat"

            """;
    }

    // One of each kind that has a file of its own, so that the janitor is seen to move.
    private static List<string> Plant(EximInstance exim)
    {
        const string Id = "1aaaaa-000477-0i", Other = "1aaaab-000477-0i", Third = "1aaaac-000477-0i";
        var input = exim.InputDirectory("scan");
        var logs = Path.Combine(Path.GetDirectoryName(input)!, "msglog");
        List<string> files = [$"{input}/{Id}-D", $"{input}/{Other}-H", $"{input}/{Third}-J", $"{input}/hdr.{Third}", $"{input}/{Third}-4711-K", $"{logs}/{Id}"];
        foreach (var directory in new[] { Path.GetDirectoryName(input)!, input, logs })
        {
            Directory.CreateDirectory(directory);
            EximUser.Own(directory);
        }
        foreach (var file in files)
        {
            File.WriteAllText(file, $"{Path.GetFileName(file)}\n");
            EximUser.Own(file);
        }
        return files;
    }

    private async Task RunWithoutPause(EximInstance front, EximInstance back, WorkerProcess worker, CancellationToken stop)
    {
        var settings = new Settings
        {
            Intakes = [new IntakeOptions { Path = front.InputDirectory("scan"), Kind = IntakeKind.NamedQueue }],
            Target = { Path = front.InputDirectory(), EximVersion = "4.97" },
            Held = { Path = worker.Config.Held },
            Corrupt = { Path = worker.Config.Corrupt },
            Ledger = { Path = worker.Config.Ledger },
        };
        var options = new JanitorOptions { Fix = [.. JanitorKinds.Movable], Listed = 50, Spools = [front.InputDirectory("scan"), front.SpoolDirectory, back.SpoolDirectory, settings.Held.Path] };
        var job = new JanitorJob(options, new JobSurroundings(settings, TimeProvider.System)) { LeastAge = TimeSpan.Zero, BetweenLooks = TimeSpan.Zero };
        while (!stop.IsCancellationRequested)
        {
            moved.AddRange((await job.RunAsync(isDry: false, default)).Where(f => f.Kind == JanitorJob.Moved));
            Interlocked.Increment(ref rounds);
        }
    }

    private void SendAll(int port, int sender, Task janitor)
    {
        using var client = new SmtpClient(port);
        for (var n = sender; n < Count; n += Senders) client.Send(n / Senders % EachStops == 0 ? Stopping(n, janitor) : MessageSamples.Numbered(n, "a@to.example"));
    }

    // Half of it lies in -D, there is no -H, and only the lock says that somebody is at it.
    private SmtpMessage Stopping(int n, Task janitor)
    {
        var text = new StringBuilder();
        while (text.Length <= LargeBody) text.Append(CultureInfo.InvariantCulture, $"Body of {n} {text.Length} 0123456789012345678901234567890123456789012345678901234567890123456789\r\n");
        var body = text.ToString();
        return MessageSamples.Message($"number {n}", body) with
        {
            Midway = () =>
            {
                var before = Volatile.Read(ref rounds);
                SpinWait.SpinUntil(() => Volatile.Read(ref rounds) > before + 2 || janitor.IsCompleted, Run.Patience).Should().BeTrue("the janitor goes round");
            },
        };
    }

    // One that the janitor looked at in the very moment in which Exim wanted it waits for the next queue run, as any does that another Exim has in hand.
    private static async Task Delivered(EximInstance back, WorkerProcess worker, int count, EximInstance front)
    {
        await worker.Until(
            () =>
            {
                if (back.Mail.Count >= count) return true;
                // A queue of thousands, each delivery of which is slow.
                foreach (var exim in new[] { front, back }) Run.Program(TimeSpan.FromMinutes(1 + count / 100), EximInstance.Program, "-C", exim.ConfigFile, "-qff");
                return back.Mail.Count >= count;
            },
            () => $"{back.Mail.Count} of {count} deliveries\n{front.MainLog}{front.PanicLog}{back.MainLog}{back.PanicLog}",
            TimeSpan.FromMinutes(1 + count / 200));
    }
}
