// Who may do what at the control socket, by uid and groups.
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Http;
using SpoolWorker.Options;

namespace SpoolWorker.Control;

/// <summary>Users and groups of the settings, as numbers.</summary>
internal sealed class PeerLevels
{
    private readonly uint _own;
    private readonly uint? _console;
    private readonly (HashSet<uint> Users, HashSet<uint> Groups) _operators, _readers;

    /// <param name="options">Names; each is known (<see cref="PeerNames"/>).</param>
    /// <param name="own">The worker's user.</param>
    public PeerLevels(ControlOptions options, uint own)
    {
        _own = own;
        _console = options is { Console: { Length: > 0 } name } && Places.TryUser(name, out var console) ? console : null;
        _operators = Numbers(options.Operators);
        _readers = Numbers(options.Readers);
    }

    /// <summary>Whether others than root and the worker's user may ask.</summary>
    public bool HasOthers => _console is not null || new[] { _operators, _readers }.Any(who => who.Users.Count + who.Groups.Count > 0);

    public CallLevel Of(Peer peer) => peer.Uid == 0 || peer.Uid == _own || peer.Uid == _console || IsAmong(peer, _operators) ? CallLevel.Operate
        : IsAmong(peer, _readers) ? CallLevel.Read : CallLevel.None;

    public bool IsConsole(uint uid) => uid == _console;

    private static bool IsAmong(Peer peer, (HashSet<uint> Users, HashSet<uint> Groups) who) => who.Users.Contains(peer.Uid) || peer.Groups.Any(who.Groups.Contains);

    private static (HashSet<uint> Users, HashSet<uint> Groups) Numbers(IEnumerable<string> names)
    {
        var who = (Users: new HashSet<uint>(), Groups: new HashSet<uint>());
        foreach (var name in names)
        {
            if (PeerNames.TryNumber(name, out var number, out var isGroup)) (isGroup ? who.Groups : who.Users).Add(number);
        }
        return who;
    }
}
