using System.Text;
using Microsoft.Extensions.Logging;
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;

namespace SpoolWorker.Tests.Engine;

/// <summary>How Exim is told of requeued messages: datagrams, how many at once, again, and what cannot be told.</summary>
public sealed class WakerTests : IDisposable
{
    private readonly TempDirectory _root = new();
    private readonly LogLines _log = new();

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("4.96", 16, false)]
    [InlineData("4.99", 23, true)]
    [InlineData("4.99", 23, false)]
    [InlineData("", 23, false)]
    [InlineData("", 16, false)]
    public async Task A_hundred_messages_are_asked_for_one_by_one_and_no_more_at_once_than_there_are_runners(string version, int idBytes, bool longIds)
    {
        using var exim = new EximDaemonStandIn(Spool(), idBytes);
        await using var waker = Waker(version);
        for (var i = 0; i < 100; i++) Put(waker, longIds ? PairFactory.LongId(i) : PairFactory.ShortId(i));

        await EngineRig.UntilAsync(() => Left() == 0, $"all are delivered; left {Left()}, datagrams {exim.Datagrams}");

        exim.WholeQueues.Should().Be(0, "from 4.98 on an empty id is ignored, and before it a whole queue is run");
        exim.Dropped.Should().BeLessThan(20, "what comes while all runners work is lost");
        waker.Ignored.Should().Be(0);
    }

    // `run --once` ends as soon as all is asked for, and nobody asks again.
    [Theory]
    [InlineData("", 23)]
    [InlineData("", 16)]
    [InlineData("4.99", 23)]
    public async Task Whoever_ends_has_asked_in_a_form_that_the_daemon_knows(string version, int idBytes)
    {
        using var exim = new EximDaemonStandIn(Spool(), idBytes);
        await using (var waker = Waker(version))
        {
            for (var i = 0; i < 3; i++) Put(waker, PairFactory.ShortId(i));
        }

        await EngineRig.UntilAsync(() => Left() == 0, $"all are delivered; left {Left()}, datagrams {exim.Datagrams}");
    }

    [Fact]
    public async Task What_Exim_has_not_begun_is_asked_for_again()
    {
        using var exim = new EximDaemonStandIn(Spool(), 23) { Busy = 3 };
        await using var waker = Waker("4.99");
        Put(waker, PairFactory.LongId(1));
        Put(waker, PairFactory.LongId(2));

        await EngineRig.UntilAsync(() => Left() == 0, "both are delivered");

        exim.Datagrams.Should().BeInRange(5, 8);
    }

    [Fact]
    public async Task A_short_id_that_a_daemon_cannot_be_asked_for_is_left_to_the_command()
    {
        using var exim = new EximDaemonStandIn(Spool(), 23) { Execs = true };
        // Stands in for exim -Mc.
        var script = $"{_root}/exim";
        File.WriteAllText(script, $"#!/bin/sh\n[ \"$1\" = -Mc ] || exit 0\nshift\necho $# >> {_root}/calls\nfor id; do rm {_root}/spool/input/$id-H {_root}/spool/input/$id-D; done\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await using var waker = new EximWaker(new TargetOptions { Path = $"{_root}/spool/input", Exim = script }, new EximVersion(4, 99), TimeProvider.System, new Logger<EximWaker>(_log));
        for (var i = 0; i < 30; i++) Put(waker, PairFactory.ShortId(i));
        Put(waker, PairFactory.LongId(1));

        await EngineRig.UntilAsync(() => Left() == 0, $"all are delivered; left {Left()}");

        File.ReadAllLines($"{_root}/calls").Should().OnlyContain(n => int.Parse(n, System.Globalization.CultureInfo.InvariantCulture) <= 5, "a process works its ids one after another");
        exim.Datagrams.Should().BeLessThan(25, "what one short id has taught is not learnt again by each");
        waker.Ignored.Should().Be(0);
    }

    [Fact]
    public async Task A_daemon_that_runs_no_queue_is_said_once_and_what_it_ignores_is_counted()
    {
        using var exim = new EximDaemonStandIn(Spool(), 23) { RunsQueue = false };
        await using var waker = Waker("4.99");
        for (var i = 0; i < 30; i++) Put(waker, PairFactory.LongId(i));

        await EngineRig.UntilAsync(() => waker.Ignored == 30, $"all are given up; {waker.Ignored} so far");
        for (var i = 30; i < 40; i++) Put(waker, PairFactory.LongId(i));
        await EngineRig.UntilAsync(() => waker.Ignored == 40, $"so are later ones; {waker.Ignored} so far");

        _log.Count("starts no queue run").Should().Be(1);
        exim.Datagrams.Should().BeLessThan(60, "it is not asked for every message again and again");
        exim.RunsQueue = true;
        Put(waker, PairFactory.LongId(50));
        await EngineRig.UntilAsync(() => !File.Exists($"{_root}/spool/input/{PairFactory.LongId(50)}-H"), "it runs the queue now");
        await EngineRig.UntilAsync(() => _log.Count("starts queue runs for requeued messages again") == 1, "and that is said");
    }

    [Fact]
    public async Task A_spool_whose_socket_cannot_have_a_name_is_said_once_and_does_not_end_the_waker()
    {
        var deep = $"{_root}/{new string('d', 100)}";
        Directory.CreateDirectory($"{deep}/input");
        await using (var waker = new EximWaker(new TargetOptions { Path = $"{deep}/input" }, new EximVersion(4, 99), TimeProvider.System, new Logger<EximWaker>(_log)))
        {
            for (var i = 0; i < 3; i++)
            {
                new PairFactory { Id = PairFactory.LongId(i) }.In($"{deep}/input");
                waker.Committed($"{deep}/input", PairFactory.Parse(PairFactory.LongId(i)));
            }
            await EngineRig.UntilAsync(() => _log.Count("longer than the name of a socket") > 0, "it is said");
        }
        _log.Count("longer than the name of a socket").Should().Be(1);
    }

    [Fact]
    public async Task Messages_are_asked_for_when_a_daemon_is_there_again()
    {
        Spool();
        await using var waker = Waker("4.99");
        Put(waker, PairFactory.LongId(1));
        await EngineRig.UntilAsync(() => _log.Count("no daemon listens") == 1, "it is said");
        using var exim = new EximDaemonStandIn(Spool(), 23);

        await EngineRig.UntilAsync(() => Left() == 0, "it is delivered");

        _log.Count("no daemon listens").Should().Be(1);
    }

    [Theory]
    [InlineData("1xVVht-000477-0i", "4.96", 1, "1xVVht-000477-0i")]
    [InlineData("1xVVht-000477-0i", "4.96", 2, "1xVVht-000477-0i")]
    [InlineData("1xVVht-000477-0i", "4.97", 1, "1xVVht-000477-0i-H")]
    [InlineData("1xVVht-000477-0i", "", 1, "1xVVht-000477-0i")]
    [InlineData("1xVVht-000477-0i", "", 2, "1xVVht-000477-0i-H")]
    [InlineData("1xVVht-000000004A7-2elJ", "4.99", 1, "1xVVht-000000004A7-2elJ")]
    [InlineData("1xVVht-000000004A7-2elJ", "", 2, "1xVVht-000000004A7-2elJ")]
    public void A_datagram_names_a_message_as_the_daemon_looks_for_it(string id, string version, int asks, string expected)
    {
        var datagram = EximNotifier.Datagram(PairFactory.Parse(id), Version(version), asks);

        datagram[0].Should().Be(1);
        Encoding.ASCII.GetString(datagram, 1, datagram.Length - 1).TrimEnd('\0').Should().Be(expected);
        datagram.Should().HaveCount(25, "the name of a queue is looked for behind that");
        datagram[^1].Should().Be(0);
    }

    [Theory]
    [InlineData(88, true)]
    [InlineData(89, false)]
    public void A_socket_can_be_named_after_a_spool_of_up_to_88_bytes(int bytes, bool can)
    {
        var end = EximNotifier.EndPointOf("/" + new string('s', bytes - 1));

        (end is not null).Should().Be(can);
    }

    [Theory]
    [InlineData("Name:\tspoolworker\nNoNewPrivs:\t0\nSeccomp:\t0\n", true)]
    [InlineData("Name:\tspoolworker\nNoNewPrivs:\t1\nSeccomp:\t2\n", false)]
    [InlineData("Name:\tspoolworker\n", false)]
    public void Exims_command_is_only_run_where_it_may_gain_privileges(string status, bool may)
    {
        EximCommand.HasNewPrivileges(status).Should().Be(may);
        var command = EximCommand.Of(new TargetOptions { Path = Spool(), Exim = "/bin/true" }, new WakeCounts(), _ => { }, status, out var reason);
        (command is not null).Should().Be(may);
        if (!may) reason.Should().Contain("NoNewPrivs");
    }

    [Fact]
    public void A_command_that_fills_standard_error_is_answered_at_once()
    {
        var script = $"{_root}/exim";
        File.WriteAllText(script, "#!/bin/sh\nhead -c 1000000 /dev/zero >&2\necho 'Exim version 4.97 #2 built'\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        EximVersion.Of(new TargetOptions { Path = Spool(), Exim = script }).Should().Be(new EximVersion(4, 97));
    }

    [Fact]
    public async Task A_command_that_never_answers_is_ended_with_its_children()
    {
        var script = $"{_root}/exim";
        File.WriteAllText(script, $"#!/bin/sh\nsleep 1000 & echo $! > {_root}/child\nwait\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);

        AskedCommand.Ask(script, [], TimeSpan.FromSeconds(2)).Should().BeNull();

        var child = int.Parse(File.ReadAllText($"{_root}/child"), System.Globalization.CultureInfo.InvariantCulture);
        await EngineRig.UntilAsync(() => IsGone($"/proc/{child}/stat"), "nobody waits for it any more");
    }

    private static bool IsGone(string status)
    {
        try
        {
            // A zombie waits only for its new parent to look.
            return File.ReadAllText(status).Contains(") Z ", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return true;
        }
    }

    private static EximVersion? Version(string text) => EximVersion.TryParse(text, out var version) ? version : null;

    private string Spool()
    {
        Directory.CreateDirectory($"{_root}/spool/input");
        return $"{_root}/spool";
    }

    private EximWaker Waker(string version) => new(new TargetOptions { Path = $"{_root}/spool/input" }, Version(version), TimeProvider.System, new Logger<EximWaker>(_log));

    private void Put(EximWaker waker, string id)
    {
        new PairFactory { Id = id }.In($"{_root}/spool/input");
        waker.Committed($"{_root}/spool/input", PairFactory.Parse(id));
    }

    private int Left() => Directory.EnumerateFiles($"{_root}/spool/input", "*-H").Count();
}
