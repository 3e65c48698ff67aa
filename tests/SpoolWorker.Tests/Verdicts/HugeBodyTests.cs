using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Services;
using SpoolWorker.Passes.Verdicts;
using SpoolWorker.Passes.Verdicts.Clamd;
using SpoolWorker.Passes.Verdicts.Policy;
using SpoolWorker.Passes.Verdicts.Rspamd;
using SpoolWorker.Passes.Verdicts.Spamd;
using SpoolWorker.Spool;
using SpoolWorker.StandIns;
using SpoolWorker.Tests.Commands;
using SpoolWorker.Tests.Engine;
using static SpoolWorker.Tests.Verdicts.VerdictScene;

namespace SpoolWorker.Tests.Verdicts;

/// <summary>A body of 5 GB in a sparse -D: streamed where the settings say so, and what is counted about it is right beyond 2 and 4 GiB. Engines that swallow it are stand-ins: Debian's
/// refuse it by their own limits, or would read it into memory.</summary>
public sealed class HugeBodyTests : IDisposable
{
    private const long Huge = 5L << 30, Large = 160L << 20;

    private readonly TempDirectory _directory = new(isForAll: true);

    public void Dispose() => _directory.Dispose();

    private string Socket => _directory.At("engine");

    private static PairFactory Pair => new() { WireFormat = true, Body = "Hello\r\n"u8.ToArray(), Recipients = ["a@r.example"] };

    // Its bytes are NUL; nothing of it is on the disk.
    private static void Put(string directory, long size)
    {
        Pair.In(directory);
        using var data = File.OpenWrite($"{directory}/{Pair.BodyName}");
        data.SetLength(size);
    }

    private async Task<PassResult> AskAsync(VerdictPass pass, long size = Huge)
    {
        Put(_directory.At("input"), size);
        using var directory = new SpoolDirectory(_directory.At("input"));
        SpoolPair.Claim(directory, Pair.MessageId, out var claimed, out var error).Should().Be(ClaimResult.Claimed, $"{error}");
        using var pair = claimed!;
        HeaderFileReader.TryRead(pair.HeaderBytes, pair.Id, out var header, out error).Should().BeTrue($"{error}");
        return await pass.RunAsync(new PassContext(header!, new PairBody(pair, header!.IsWireFormat), header.Pending, 1, new Dictionary<string, string>(), TimeProvider.System.GetUtcNow()), CancellationToken.None);
    }

    private static VerdictPass Pass(string engine, string address, long maxSize) => engine switch
    {
        "clamd" => new ClamdPass(new ClamdOptions { Address = [address], MaxSize = maxSize }.Patient(), TimeProvider.System),
        "spamd" => new SpamdPass(new SpamdOptions { Address = [address], MaxSize = maxSize, SkipLocal = false }.Patient(), TimeProvider.System),
        _ => new RspamdPass(new RspamdOptions { Url = [address], MaxSize = maxSize, SkipLocal = false }.Patient(), TimeProvider.System),
    };

    [Theory]
    [InlineData("clamd")]
    [InlineData("spamd")]
    [InlineData("rspamd")]
    public async Task It_is_streamed_by_a_worker_whose_heap_is_a_part_of_it_and_comes_out_as_long_as_it_was(string engine)
    {
        using var play = new Playground();
        var size = TestVariables.IsHuge ? Huge : Large;
        var sink = new Sink(engine);
        await using var daemon = new ScriptedDaemon(Socket, sink.ServeAsync);
        Put(play.Intake, size);
        var section = $"{char.ToUpperInvariant(engine[0])}{engine[1..]}";
        string[] settings = [$"--Passes={engine}", $"--{section}:{(engine == "rspamd" ? "Url" : "Address")}:0={Socket}", $"--{section}:MaxSize=0", $"--{section}:SkipLocal=false", $"--{section}:Timeout=30m"];

        var ended = (ProgramCall.SpoolWorker(["run", "--once", .. settings, .. play.Settings]) with
        {
            WorkingDirectory = play.Path,
            // 48 MiB for the whole managed heap.
            Environment = new Dictionary<string, string> { ["DOTNET_GCHeapHardLimit"] = "0x3000000" },
            Deadline = TimeSpan.FromMinutes(20),
        }).Run();

        ended.ExitCode.Should().Be(0, ended.Error);
        sink.Fault.Should().BeEmpty();
        sink.Bytes.Should().Be(size - Pair.MessageId.BodyOffset + Head.Length, "header lines, an empty line and the body");
        EngineRig.Names(play.Intake).Should().BeEmpty(ended.Error);
        new FileInfo($"{play.Target}/{Pair.BodyName}").Length.Should().Be(size);
    }

    private static string Head => "To: bob@r.ex\r\nSubject: a test\r\n\r\n";

    [Theory]
    [InlineData("spamd", (1L << 31) - 1)]
    [InlineData("spamd", 1L << 31)]
    [InlineData("spamd", (1L << 32) + 1)]
    [InlineData("spamd", Huge)]
    [InlineData("rspamd", (1L << 31) + 1)]
    [InlineData("rspamd", (1L << 32) - 1)]
    [InlineData("rspamd", Huge)]
    public async Task Its_length_is_told_right_beyond_two_and_four_gibibytes(string engine, long size)
    {
        var asked = "";
        // It hangs up behind the head.
        await using var daemon = new ScriptedDaemon(Socket, async (socket, token) => asked = await ScriptedDaemon.ReadAsync(socket, text => text.Contains("\r\n\r\n", StringComparison.Ordinal), token));

        var result = await AskAsync(Pass(engine, Socket, maxSize: 0), size);

        result.UnavailableReason.Should().NotBeNull("no answer came");
        asked.Split("\r\n").Single(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase)).Split(' ')[1].Should()
            .Be((size - Pair.MessageId.BodyOffset + Head.Length).ToString(CultureInfo.InvariantCulture));
    }

    [EngineFact("clamd")]
    public async Task Clamd_refuses_it_before_any_of_it_is_sent_and_that_counts_as_too_large()
    {
        using var engine = new RealClamd();

        var result = await AskAsync(Pass("clamd", engine.Address, maxSize: 0));

        result.Results["virus_skipped"].Should().Contain("StreamMaxLength");
        result.Recipients.Single().Disposition.Kind.Should().Be(DispositionKind.Hold, "Clamd:OnTooLarge");
    }

    [EngineFact("rspamd")]
    public async Task Rspamd_hangs_up_on_it_and_the_message_waits()
    {
        using var engine = new RealRspamd();

        (await AskAsync(Pass("rspamd", engine.Address, maxSize: 0))).UnavailableReason.Should().Contain("is its max_message below Rspamd:MaxSize?");
    }

    [Theory]
    [InlineData("clamd", DispositionKind.Hold)]
    [InlineData("spamd", DispositionKind.Continue)]
    [InlineData("rspamd", DispositionKind.Continue)]
    public async Task Nobody_is_asked_about_it_unless_the_settings_say_so(string engine, DispositionKind kind)
    {
        // Nobody listens there.
        var result = await AskAsync(engine switch
        {
            "clamd" => new ClamdPass(new ClamdOptions { Address = [Socket] }, TimeProvider.System),
            "spamd" => new SpamdPass(new SpamdOptions { Address = [Socket], SkipLocal = false }, TimeProvider.System),
            _ => new RspamdPass(new RspamdOptions { Url = [Socket], SkipLocal = false }, TimeProvider.System),
        });

        result.UnavailableReason.Should().BeNull();
        result.Recipients.Single().Disposition.Kind.Should().Be(kind);
        result.Results.Values.Should().ContainSingle(text => text.Contains(" bytes are above ", StringComparison.Ordinal));
    }

    /// <summary>Reads a message as the engine would, counts it, and finds nothing in it.</summary>
    private sealed class Sink(string engine)
    {
        private readonly byte[] _buffer = new byte[256 * 1024];

        public long Bytes { get; private set; }

        public string Fault { get; private set; } = "";

        public async Task ServeAsync(Socket socket, CancellationToken token)
        {
            await using var stream = new NetworkStream(socket);
            switch (engine)
            {
                case "clamd":
                    await ChunksAsync(stream, token);
                    break;
                case "spamd":
                    // To the half-close: that the length was right is all it says.
                    var told = await HeadAsync(stream, token);
                    var came = await SkipAsync(stream, long.MaxValue, token);
                    (Bytes, Fault) = (came, came == told ? "" : $"{told} were told, and {came} came");
                    await stream.WriteAsync("SPAMD/1.1 0 EX_OK\r\nSpam: False ; 0.0 / 5.0\r\n\r\n"u8.ToArray(), token);
                    break;
                default:
                    Bytes = await SkipAsync(stream, await HeadAsync(stream, token), token);
                    var body = "{\"action\":\"no action\",\"score\":0,\"symbols\":{}}"u8.ToArray();
                    await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes($"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n"), .. body], token);
                    break;
            }
            socket.Shutdown(SocketShutdown.Send);
        }

        // Byte by byte, so that nothing of the message is read with it.
        private static async Task<long> HeadAsync(NetworkStream stream, CancellationToken token)
        {
            var head = new StringBuilder();
            for (var one = new byte[1]; !head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal); head.Append((char)one[0])) await stream.ReadExactlyAsync(one, token);
            return long.Parse(head.ToString().Split("\r\n").Single(line => line.StartsWith("Content-Length: ", StringComparison.OrdinalIgnoreCase)).Split(' ')[1], CultureInfo.InvariantCulture);
        }

        private async Task ChunksAsync(NetworkStream stream, CancellationToken token)
        {
            var command = new byte["zINSTREAM\0".Length];
            await stream.ReadExactlyAsync(command, token);
            var length = new byte[sizeof(int)];
            long came = 0;
            while (true)
            {
                await stream.ReadExactlyAsync(length, token);
                var chunk = BinaryPrimitives.ReadUInt32BigEndian(length);
                if (chunk == 0) break;
                var read = await SkipAsync(stream, chunk, token);
                came += read;
                // The question whether it takes so much, behind which nothing comes.
                if (read < chunk) return;
            }
            Bytes = came;
            await stream.WriteAsync("stream: OK\0"u8.ToArray(), token);
        }

        private async Task<long> SkipAsync(NetworkStream stream, long most, CancellationToken token)
        {
            long came = 0;
            for (int n; came < most && (n = await stream.ReadAsync(_buffer.AsMemory(0, (int)Math.Min(_buffer.Length, most - came)), token)) > 0;) came += n;
            return came;
        }
    }
}
