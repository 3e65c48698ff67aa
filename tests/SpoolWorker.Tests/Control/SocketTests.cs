using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using SpoolWorker.Configuration;
using SpoolWorker.Control;
using SpoolWorker.Http;
using SpoolWorker.Options;
using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Control;

/// <summary>The socket's file: whose it is, and what is done about what lies in its place.</summary>
public sealed class SocketTests : IDisposable
{
    private readonly TempDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void One_that_a_dead_worker_left_is_replaced_and_a_live_one_is_not()
    {
        var path = Path.Combine(_folder, "s");
        using (var dead = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified))
        {
            dead.Bind(new UnixDomainSocketEndPoint(path));
            // As a process that is killed: its file stays.
            File.Move(path, path + ".kept");
        }
        File.Move(path + ".kept", path);

        ListeningSocket.TryBindUnix(path, 0b110_110_110, out var socket, out var fault).Should().Be(SocketFault.None, fault);
        using (socket)
        {
            File.GetUnixFileMode(path).Should().HaveFlag(UnixFileMode.OtherWrite);
            ListeningSocket.TryBindUnix(path, 0, out _, out fault).Should().Be(SocketFault.Taken);
            fault.Should().Contain("another process listens");
        }
    }

    [Fact]
    public void What_is_no_socket_is_left_alone()
    {
        var path = Path.Combine(_folder, "s");
        File.WriteAllText(path, "precious");
        ListeningSocket.TryBindUnix(path, 0, out _, out var fault).Should().Be(SocketFault.Impossible);
        fault.Should().Contain("is no socket");
        File.ReadAllText(path).Should().Be("precious");
        ListeningSocket.TryBindUnix(Path.Combine(_folder, new string('a', 120)), 0, out _, out fault).Should().Be(SocketFault.Impossible);
        fault.Should().Contain("107 bytes");
    }

    [Fact]
    public void A_directory_that_others_may_change_is_refused()
    {
        var open = Directory.CreateDirectory(Path.Combine(_folder, "open"));
        File.SetUnixFileMode(open.FullName, (UnixFileMode)0b111_111_111);
        Bind(Path.Combine(open.FullName, "s"), isSet: true, out var fault, out var kind).Should().BeNull();
        (kind, fault).Should().Match<(SocketFault Kind, string Fault)>(f => f.Kind == SocketFault.NotPermitted && f.Fault.Contains("may write", StringComparison.Ordinal));
    }

    [Fact]
    public void The_usual_one_may_be_missing_and_one_that_is_set_may_not()
    {
        var path = Path.Combine(_folder, "not-there/s");
        using var sockets = Bind(path, isSet: false, out var fault, out _);
        (fault, sockets!.IsNone).Should().Be(("", true));
        sockets.Missing.Should().Contain("is not there");
        Bind(path, isSet: true, out fault, out _).Should().BeNull();
        fault.Should().StartWith($"Control:Socket = '{path}': ").And.Contain("is not there");
    }

    [Fact]
    public void Only_the_worker_can_connect_unless_others_are_named()
    {
        using (Bind(Path.Combine(_folder, "s"), isSet: true, out _, out _)) File.GetUnixFileMode(Path.Combine(_folder, "s")).Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        using (Bind(Path.Combine(_folder, "t"), isSet: true, out _, out _, "@0")) File.GetUnixFileMode(Path.Combine(_folder, "t")).Should().HaveFlag(UnixFileMode.OtherWrite);
    }

    [Theory]
    [InlineData(0, "", "Operate")]
    [InlineData(1000, "", "Operate")]
    [InlineData(1001, "", "Operate")]
    [InlineData(1002, "1002,50", "Operate")]
    [InlineData(1003, "", "Read")]
    [InlineData(1004, "60", "Read")]
    [InlineData(1005, "70", "None")]
    [InlineData(1006, "", "Operate")]
    public void Peers_have_levels_by_user_and_group(uint uid, string groups, string level)
    {
        var levels = new PeerLevels(new ControlOptions { Operators = ["1001", "@50"], Readers = ["1003", "@60", "1001"], Console = "1006" }, own: 1000);
        levels.Of(new Peer(1, uid, [.. groups.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(uint.Parse)])).ToString().Should().Be(level);
        levels.IsConsole(uid).Should().Be(uid == 1006);
    }

    private static ControlSockets? Bind(string path, bool isSet, out string fault, out SocketFault kind, params string[] readers)
    {
        var root = new ConfigurationBuilder().AddInMemoryCollection(isSet ? [new("Control:Socket", path)] : []).Build();
        var settings = new Settings { Control = new ControlOptions { Socket = path, Readers = [.. readers] } };
        return ControlSockets.Bind(new LoadedConfiguration(root, settings, new Dictionary<string, PassOptions>(), new Dictionary<Type, object>(), "a test", []), out fault, out kind);
    }
}
