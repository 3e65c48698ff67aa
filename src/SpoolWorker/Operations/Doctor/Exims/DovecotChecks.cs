// Dovecot's authentication socket, where an authenticator of the running Exim names one: is it there, may the Exim user connect and nobody else, and
// does it greet as Dovecot does? The client of the protocol speaks first or second, as it likes: Dovecot sends its VERSION at once.
using System.Net.Sockets;
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Passes.Services;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Exims;

/// <summary>Findings about Dovecot's socket.</summary>
internal static class DovecotChecks
{
    private const string Subject = "Target:Exim", Greeting = "VERSION\t1\t";
    private const uint OtherWrite = 0b010, GroupWrite = 0b010_000, OwnerWrite = 0b010_000_000;
    private const int MostGreeting = 256;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    public static async ValueTask<IReadOnlyList<Finding>> AllAsync(EximScene scene, CancellationToken cancellationToken)
    {
        var findings = new List<Finding>();
        if (scene.Command is not { } command || EximProbe.Ask(command, "-bP", "authenticators") is not { } text) return findings;
        foreach (var asked in EximBlocks.Of(text, "authenticator").Where(b => b["driver"] == "dovecot" && b.Has("server_socket")).GroupBy(b => b["server_socket"]))
        {
            var names = string.Join(", ", asked.Select(b => b.Name));
            // An expansion is Exim's to know.
            if (!ServiceAddress.TryParse(asked.Key, out var address, out _)) continue;
            if (asked.Key.StartsWith('/') && Of(asked.Key, names, scene) is { } finding) findings.Add(finding);
            findings.Add(await AskAsync(address, names, cancellationToken).ConfigureAwait(false));
        }
        // What is not there, or is forbidden, need not be told to be silent as well.
        var known = findings.Where(f => f.Kind == EximKinds.DovecotMissing || f.Kind == EximKinds.DovecotAccess).Select(f => f.Subject).ToHashSet();
        return [.. findings.Where(f => f.Kind != EximKinds.DovecotSilent || !known.Contains(f.Subject))];
    }

    private static Finding? Of(string path, string names, EximScene scene)
    {
        var subject = SubjectOf(path);
        if (Posix.TryStatusBehindLinks(path, out var status) is var error and not 0)
            return error == Errno.EACCES ? null : EximKinds.DovecotMissing.Error(subject, $"{path}, which {names} asks, is not there");
        if (!status.IsSocket) return EximKinds.DovecotMissing.Error(subject, $"{path}, which {names} asks, is no socket");
        if ((status.Permissions & OtherWrite) != 0)
            return EximKinds.DovecotOpen.Warning(subject, $"{path}: mode {Convert.ToString(status.Permissions, 8)}, and {names} is Exim's alone");
        // Exim's user and group, as its files show them; its daemon, started as root, has that user's other groups as well (daemon.c).
        if (Posix.TryStatus(scene.Spool + "/.", out var spool) != 0 || spool.Uid == 0) return null;
        var may = (status.Uid == spool.Uid && (status.Permissions & OwnerWrite) != 0) || ((status.Gid == spool.Gid || Places.GroupsOf(spool.Uid).Contains(status.Gid)) && (status.Permissions & GroupWrite) != 0);
        return may ? null : EximKinds.DovecotAccess.Error(subject, $"{path} (uid {status.Uid}, gid {status.Gid}, mode {Convert.ToString(status.Permissions, 8)}) does not let uid {spool.Uid} in, as which Exim runs");
    }

    private static async Task<Finding> AskAsync(ServiceAddress address, string names, CancellationToken cancellationToken)
    {
        var subject = SubjectOf(address.Text);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        try
        {
            using var socket = await address.ConnectAsync(limit.Token).ConfigureAwait(false);
            var (buffer, filled) = (new byte[MostGreeting], 0);
            while (filled < Greeting.Length)
            {
                var read = await socket.ReceiveAsync(buffer.AsMemory(filled), limit.Token).ConfigureAwait(false);
                if (read == 0) break;
                filled += read;
            }
            var said = Encoding.Latin1.GetString(buffer, 0, filled);
            return said.StartsWith(Greeting, StringComparison.Ordinal) ? Finding.Ok(subject, $"Dovecot greets at {address} ({names})")
                : EximKinds.DovecotSilent.Error(subject, $"{address} ({names}) says {(filled == 0 ? "nothing" : $"'{SafeText.Of(said.Split('\n')[0])}'")} in place of VERSION");
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return EximKinds.DovecotSilent.Error(subject, $"{address} ({names}) says nothing within {Patience.TotalSeconds:0} s");
        }
        catch (SocketException e)
        {
            // Who is not the Exim user is refused rightly.
            return e.SocketErrorCode == SocketError.AccessDenied ? Finding.Ok(subject, $"{address} ({names}) is there; this user may not ask it")
                : EximKinds.DovecotSilent.Error(subject, $"{address} ({names}): {address.Explain(e)}");
        }
    }

    private static string SubjectOf(string socket) => $"{Subject} {socket}";
}
