// doctor --probe through real Exims and the worker: the way it goes, each place where it can end, and that nothing of it stays.
namespace SpoolWorker.EndToEnd.Doctor;

public sealed class ProbeTests : DoctorScene
{
    // Enough for a busy machine; a message takes a tenth of a second.
    private static readonly string[] Patient = ["--probe", "--within", "60s"];

    private static string Router => Run.Program("dotnet", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), "exim-config", "probe", "--part", "routers").Good;

    [EximFact]
    public async Task It_goes_through_one_exim_with_a_named_queue()
    {
        var (exim, worker) = NamedQueue(Discarding, c => c with { Exim = EximInstance.Program });
        await exim.StartDaemon();
        worker.Start();
        var config = worker.Config with { EximConfig = exim.ConfigFile };
        var found = Doctor(config, Patient);
        found.Names.Should().NotContain(n => n.StartsWith("probe-"), $"{found.Json}{worker.Log}{exim.MainLog}");
        found.Well("probe").Should().ContainSingle().Which.Should().Contain($"sent to 127.0.0.1 {exim.Port}, went through in");
        exim.MainLog.Should().Contain("=> :blackhole: <spoolworker-probe@mail.example> R=spoolworker_probe");
        // This worker is root's, and so is its ledger: another user cannot know.
        DoctorAsExim(config, Patient).Names.Should().Contain("check-incomplete").And.NotContain(n => n.StartsWith("probe-"));
        exim.Mail.Count.Should().Be(0);
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
    }

    [EximFact]
    public async Task It_goes_through_a_worker_of_the_exim_users()
    {
        var (exim, worker) = NamedQueue(Discarding, c => c with { Exim = EximInstance.Program });
        await exim.StartDaemon();
        Directory.CreateDirectory(worker.Config.Root);
        EximUser.Own(worker.Config.Root);
        worker.Under = ["setpriv", $"--reuid={EximUser.Name}", $"--regid={EximUser.Name}", "--clear-groups"];
        worker.Start();
        var config = worker.Config with { EximConfig = exim.ConfigFile };
        foreach (var found in new[] { DoctorAsExim(config, Patient), Doctor(config, Patient) }) found.Well("probe").Should().ContainSingle($"{found.Json}{worker.Log}");
        // The doctor has left nothing of root's in the worker's place.
        Directory.EnumerateFiles(worker.Config.Ledger).Append(worker.Config.Ledger).Where(f => Run.Program("stat", "-c", "%U", f).Output.Trim() != EximUser.Name).Should().BeEmpty();
        await NothingLeft(exim.InputDirectory("scan"), exim, worker);
    }

    [EximFact]
    public async Task It_goes_through_two_exims()
    {
        var front = Exim("front", EximRole.QueueOnly);
        var back = Exim("back", EximRole.Deliver, Discarding);
        var worker = Worker("spool", front.InputDirectory(), back, c => c with { Exim = EximInstance.Program, MessageId = "renew" });
        await front.StartDaemon(queueRunner: false);
        await back.StartDaemon();
        worker.Start();
        var found = Doctor(worker.Config with { EximConfig = back.ConfigFile }, Patient);
        found.Names.Should().NotContain(n => n.StartsWith("probe-"), $"{found.Json}{worker.Log}{back.MainLog}");
        found.Well("probe").Should().ContainSingle().Which.Should().Contain(" as ").And.Contain($"sent to 127.0.0.1 {front.Port}");
        await NothingLeft(front.InputDirectory(), back, worker);
    }

    [EximFact]
    public async Task Without_the_exim_that_receives_it_is_put_into_the_intake()
    {
        var back = Exim("back", EximRole.Deliver, Discarding);
        Directory.CreateDirectory(Scene.At("scan"));
        EximUser.Own(Scene.At("scan"));
        var worker = Worker("queuefile", Scene.At("scan"), back, c => c with { Exim = EximInstance.Program });
        await back.StartDaemon();
        worker.Start();
        Doctor(worker.Config with { EximConfig = back.ConfigFile }, [.. Patient, "--to", "spoolworker-probe@mail.example"]).Well("probe").Should().ContainSingle().Which.Should().Contain("put into the intake");
        await NothingLeft(Scene.At("scan"), back, worker);
    }

    [EximFact]
    public async Task Without_a_worker_it_is_not_taken_and_nothing_of_it_stays()
    {
        var (exim, worker) = NamedQueue(Discarding, c => c with { Exim = EximInstance.Program });
        await exim.StartDaemon();
        Doctor(worker.Config with { EximConfig = exim.ConfigFile }, "--probe", "--within", "2s").Names.Should().Contain("probe-not-taken").And.NotContain("probe-left-behind");
        exim.Queued("scan").Should().BeEmpty();
        exim.Queued().Should().BeEmpty();
    }

    [EximFact]
    public async Task Told_to_stop_it_leaves_nothing_either()
    {
        var (exim, worker) = NamedQueue(Discarding, c => c with { Exim = EximInstance.Program });
        await exim.StartDaemon();
        var words = Words(worker.Config with { EximConfig = exim.ConfigFile }, Patient);
        using var doctor = System.Diagnostics.Process.Start(words[0], words[1..]);
        await Run.Until(() => exim.Queued("scan").Any(), () => exim.MainLog, Run.Patience);
        Native.Signal(doctor.Id, Native.Terminate);
        await doctor.WaitForExitAsync().WaitAsync(Run.Patience);
        doctor.ExitCode.Should().Be(130);
        exim.Queued("scan").Should().BeEmpty();
    }

    [EximFact]
    public async Task Mail_that_goes_past_the_worker_is_told()
    {
        // Its ACLs do not put mail into the queue.
        var exim = Exim("one", EximRole.Deliver, Discarding);
        Directory.CreateDirectory(exim.InputDirectory("scan"));
        var worker = Worker("named-queue", exim.InputDirectory("scan"), exim, c => c with { Exim = EximInstance.Program });
        await exim.StartDaemon();
        worker.Start();
        var found = Doctor(worker.Config with { EximConfig = exim.ConfigFile }, Patient);
        found.Text("probe-past-worker").Should().Contain("the ledger does not know it");
    }

    [EximFact]
    public async Task What_exim_refuses_is_told_in_its_words()
    {
        var (exim, worker) = NamedQueue(c => c with { MainLines = "acl_smtp_mail = deny" }, c => c with { Exim = EximInstance.Program });
        await exim.StartDaemon();
        Doctor(worker.Config with { EximConfig = exim.ConfigFile }, Patient).Text("probe-refused").Should().Contain("MAIL FROM:<>: 550");
        exim.Stop();
        Doctor(worker.Config with { EximConfig = exim.ConfigFile }, [.. Patient, "--smtp", $"127.0.0.1 {exim.Port}"]).Names.Should().Contain("probe-not-sent");
    }

    [EximFact]
    public async Task What_a_pass_holds_is_told_and_deleted()
    {
        var (exim, worker) = NamedQueue(Discarding, c => c with
        {
            Exim = EximInstance.Program,
            Passes = ["rules"],
            Sections = new Dictionary<string, object> { ["Rules"] = new { List = new[] { new { When = "recipients > 0", Then = "hold", Reason = "looks odd" } } } },
        });
        await exim.StartDaemon();
        worker.Start();
        var found = Doctor(worker.Config with { EximConfig = exim.ConfigFile }, Patient);
        found.Text("probe-not-passed").Should().Contain("is held").And.Contain("looks odd");
        found.Names.Should().NotContain("probe-left-behind");
        SpoolListing.Files(worker.Config.Held).Should().BeEmpty();
    }

    [EximFact]
    public async Task What_the_target_does_not_deliver_is_told_and_removed()
    {
        var (exim, worker) = NamedQueue(c => c with { MoreRouters = "later:\n  driver = redirect\n  allow_defer\n  data = :defer: not now\n" }, c => c with { Exim = EximInstance.Program });
        await exim.StartDaemon();
        worker.Start();
        // All of its time is taken, so that a start on a busy machine must not be in it.
        await worker.Until(() => worker.Log.Contains("target ", StringComparison.Ordinal), () => "the worker does not start");
        var found = Doctor(worker.Config with { EximConfig = exim.ConfigFile }, "--probe", "--within", "15s");
        found.Names.Should().Contain("probe-not-delivered").And.NotContain("probe-left-behind");
        exim.Queued().Should().BeEmpty();
    }

    [EximFact]
    public async Task One_whose_answer_was_lost_is_found_by_what_stands_in_it()
    {
        var (exim, worker) = NamedQueue(Discarding, c => c with { Exim = EximInstance.Program });
        await exim.StartDaemon();
        using var relay = new AnswerlessRelay(exim.Port);
        string[] through = ["--probe", "--within", "5s", "--smtp", $"127.0.0.1 {relay.Port}"];
        // No worker runs, so that it stays where it is.
        var found = Doctor(worker.Config with { EximConfig = exim.ConfigFile }, through);
        found.Text("probe-not-taken").Should().Contain("whose answer was lost, is still in its intake");
        found.Names.Should().NotContain("probe-left-behind");
        relay.Swallowed.Should().StartWith("250 OK id=");
        exim.Queued("scan").Should().BeEmpty();
    }

    [EximFact]
    public async Task One_that_is_being_delivered_cannot_be_removed_and_is_told()
    {
        var (exim, worker) = NamedQueue(c => c with
        {
            MoreRouters = "slow:\n  driver = accept\n  transport = slow\n",
            MoreTransports = $"slow:\n  driver = pipe\n  command = /bin/sleep 25\n  user = {EximUser.Name}\n",
        }, c => c with { Exim = EximInstance.Program });
        await exim.StartDaemon();
        worker.Start();
        await worker.Until(() => worker.Log.Contains("target ", StringComparison.Ordinal), () => "the worker does not start");
        var found = Doctor(worker.Config with { EximConfig = exim.ConfigFile }, "--probe", "--within", "10s");
        found.Names.Should().Contain("probe-not-delivered");
        found.Text("probe-left-behind").Should().EndWith("(target) is still there");
    }

    private static EximConfig Discarding(EximConfig config) => config with { MoreRouters = Router };
}
