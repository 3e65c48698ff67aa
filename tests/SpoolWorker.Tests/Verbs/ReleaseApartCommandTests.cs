using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Verbs;

/// <summary>release of messages whose recipients are to get different header lines, as an operator types it, where no worker runs and beside one.</summary>
public sealed class ReleaseApartCommandTests : IDisposable
{
    private const string A = "a@r.example", B = "b@r.example", C = "c@r.example";
    private static readonly string[] Marks =
    [
        "--Passes:0=rules", "--Rules:List:0:When=recipient = a@*", "--Rules:List:0:Then=tag", "--Rules:List:0:Subject=[A]", "--Rules:List:1:When=recipient = b@*", "--Rules:List:1:Then=tag", "--Rules:List:1:Subject=[B]",
    ];

    private readonly Playground _play = new();

    public void Dispose() => _play.Dispose();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task One_release_counts_the_message_once_and_tells_of_each_part(bool beside)
    {
        _play.RunConfigured("hold", "--new", "--where", "sender", "--reason", "first").ExitCode.Should().Be(0);
        var ids = new[] { Pair(1, A, B, C), Pair(2, A) };
        if (beside) _play.StartConfigured(["run", .. Marks]);
        else _play.RunConfigured(["run", "--once", .. Marks]).ExitCode.Should().Be(0);
        await EngineRig.UntilAsync(() => EngineRig.Names(_play.Held).Count(name => name.EndsWith("-H", StringComparison.Ordinal)) == 2 && EngineRig.Names(_play.Intake).Length == 0, "both are held");

        var dry = _play.RunConfigured(["release", "--where", "sender", "--dry-run", .. Marks]);
        dry.Output.Should().EndWith("would release 2 of 2 messages\n").And.Subject.Split('\n').Should().HaveCount(4);
        var ran = _play.RunConfigured(["release", "--where", "sender", "--yes", .. Marks]);

        (ran.ExitCode, ran.Error).Should().Be((0, ""));
        ran.Output.Should().EndWith("released 2 of 2 messages\n");
        var lines = ran.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines.Count(l => l.StartsWith($"released {ids[0]}: requeued", StringComparison.Ordinal)).Should().Be(3);
        lines.Count(l => l.StartsWith($"released {ids[1]}: requeued", StringComparison.Ordinal)).Should().Be(1);
        Pending(_play.Target).Should().BeEquivalentTo(A, B, C, A);
        await EngineRig.UntilAsync(() => EngineRig.Names(_play.Held).Length == 0, "held/ is empty");
        var audit = _play.RunConfigured("audit", ids[0], "--json").Json.EnumerateArray().Where(r => r.GetProperty("verb").GetString() == "release").ToList();
        audit.Select(r => r.GetProperty("recipients").EnumerateArray().Single().GetProperty("address").GetString()).Should().Equal(A, B, C);
        audit.Select(r => r.GetProperty("actor").GetString()).Distinct().Should().ContainSingle().Which.Should().NotBeNullOrEmpty();
    }

    [Fact]
    public void As_json_each_part_has_its_id_recipients_and_number()
    {
        _play.RunConfigured("hold", "--new", "--where", "sender", "--reason", "first").ExitCode.Should().Be(0);
        var id = Pair(1, A, B, C);
        _play.RunConfigured(["run", "--once", .. Marks]).ExitCode.Should().Be(0);

        var rows = _play.RunConfigured(["release", id, "--json", .. Marks]).Json.EnumerateArray().ToList();

        rows.Select(r => r.GetProperty("recipients").EnumerateArray().Single().GetProperty("address").GetString()).Should().Equal(A, B, C);
        rows.Select(r => r.GetProperty("newId").GetString()).Should().BeEquivalentTo(EngineRig.Pairs(_play.Target).Select(p => p.Id.ToString()));
        rows.Select(r => r.GetProperty("number").GetInt64()).Should().BeInAscendingOrder().And.OnlyHaveUniqueItems();
    }

    private string Pair(int n, params string[] recipients)
    {
        _ = (_play.Target, _play.Held);
        return new PairFactory { Id = PairFactory.ShortId(n), Sender = "sender@s.example", Recipients = recipients }.In(_play.Intake).Id;
    }

    private static IEnumerable<string> Pending(string directory) => EngineRig.Pairs(directory).SelectMany(p => p.Pending);
}
