// Who types. Under sudo the user who called it is told beside the one it became, as sudo says it: only root can make that up.
using SpoolWorker.Engine.Target;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands.Verbs;

/// <summary>The operator.</summary>
internal static class Actor
{
    /// <summary>The user's name, as in <c>root</c> or <c>alice as root</c>.</summary>
    public static string Name => Posix.EffectiveUser == 0 && Environment.GetEnvironmentVariable("SUDO_USER") is { Length: > 0 and <= 64 } caller && caller.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.')
        ? $"{caller} as {Places.UserName(Posix.EffectiveUser)}" : Places.UserName(Posix.EffectiveUser);
}
