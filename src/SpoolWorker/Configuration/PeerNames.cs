using SpoolWorker.Engine.Target;

namespace SpoolWorker.Configuration;

/// <summary>Users and groups as settings name them: <c>alice</c>, <c>1000</c>, <c>@adm</c>, <c>@4</c>.</summary>
internal static class PeerNames
{
    private const char GroupSign = '@';

    /// <summary>What is wrong with one; null: nothing.</summary>
    public static string? FaultOf(string name) => TryNumber(name, out _, out _) ? null : name.StartsWith(GroupSign) ? "no such group" : $"no such user; a group has {GroupSign} before it";

    /// <summary>Its number.</summary>
    public static bool TryNumber(string name, out uint number, out bool isGroup)
    {
        isGroup = name.StartsWith(GroupSign);
        return isGroup ? Places.TryGroup(name[1..], out number) : Places.TryUser(name, out number);
    }
}
