using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace SpoolWorker.Http;

/// <summary>What a peer may do.</summary>
public enum CallLevel
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>Look.</summary>
    Read,

    /// <summary>Look and change.</summary>
    Operate,
}

/// <summary>Who is at the other end of a Unix socket, as it was when it connected: the kernel says so, not the peer.</summary>
/// <param name="ProcessId">Its process.</param>
/// <param name="Uid">Its effective user.</param>
/// <param name="Groups">Its effective group and its supplementary ones.</param>
public sealed record Peer(int ProcessId, uint Uid, IReadOnlyList<uint> Groups)
{
    // asm-generic/socket.h
    private const int SOL_SOCKET = 1, SO_PEERCRED = 17, SO_PEERGROUPS = 59;

    // linux/limits.h, NGROUPS_MAX; most have a few.
    private const int MostGroups = 65536, UsualGroups = 64;

    // struct ucred: pid, uid, gid.
    private const int CredentialBytes = 12;

    /// <summary>Asks the kernel.</summary>
    /// <exception cref="SocketException">It is not a connected Unix socket.</exception>
    public static Peer Of(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        var credentials = new byte[CredentialBytes];
        socket.GetRawSocketOption(SOL_SOCKET, SO_PEERCRED, credentials);
        var numbers = MemoryMarshal.Cast<byte, uint>(credentials);
        return new Peer((int)numbers[0], numbers[1], [numbers[2], .. GroupsOf(socket)]);
    }

    private static uint[] GroupsOf(Socket socket)
    {
        foreach (var most in new[] { UsualGroups, MostGroups })
        {
            var bytes = new byte[most * sizeof(uint)];
            try
            {
                var length = socket.GetRawSocketOption(SOL_SOCKET, SO_PEERGROUPS, bytes);
                return MemoryMarshal.Cast<byte, uint>(bytes.AsSpan(0, length)).ToArray();
            }
            catch (SocketException) when (most == UsualGroups)
            {
                // ERANGE: it has more.
            }
            catch (SocketException)
            {
                // A kernel before 4.13 does not tell: its effective group is all there is to go by.
            }
        }
        return [];
    }
}
