// spoolworker keygen: a new key for DKIM and ARC. The private half goes into a file of mode 0600 that is never overwritten
// unasked; the public half is printed as the DNS record to publish. Fails with 73 when the file is there, 74 when it
// cannot be written.
using System.CommandLine;
using System.Text;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Engine.Target;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Makes signing keys.</summary>
internal static class KeygenCommand
{
    // RFC 1035, 3.3: a character string has 255 octets at most.
    private const int MaxString = 255;

    private const string Rsa2048 = "rsa2048", Ed25519 = "ed25519";

    public static Command Create()
    {
        var selector = new Option<string>("--selector") { Description = "The selector; a date or number makes changing keys easy", HelpName = "NAME", Required = true };
        var domain = new Option<string>("--domain") { Description = "The domain that will sign", HelpName = "DOMAIN", Required = true };
        var type = new Option<string>("--type") { Description = "rsa2048, or ed25519 (small; for DKIM beside an RSA key, never for ARC: Exim fails such chains)", HelpName = "TYPE", DefaultValueFactory = _ => Rsa2048 };
        type.AcceptOnlyFromAmong(Rsa2048, Ed25519);
        var output = new Option<string>("--out") { Description = "File for the private key (default: SELECTOR.DOMAIN.key)", HelpName = "FILE" };
        var owner = new Option<string?>("--owner") { Description = "User who owns the file: the one the worker runs as (default: whoever runs this)", HelpName = "USER" };
        var group = new Option<string?>("--group") { Description = "Group that may read the file (mode 0640)", HelpName = "GROUP" };
        var force = new Option<bool>("--force") { Description = "Replace a file that is there" };
        var json = CommonOptions.Json();
        var command = new Command("keygen", "Make a key for DKIM and ARC, and print the DNS record to publish") { selector, domain, type, output, owner, group, force, json };
        command.SetAction(parsed =>
        {
            var (name, zone) = (parsed.GetValue(selector)!, TagValues.DomainName(Encoding.UTF8.GetBytes(parsed.GetValue(domain)!.TrimEnd('.'))));
            if (zone is null || !TagValues.IsDomainName($"{name}._domainkey.{zone}"))
            {
                Console.Error.WriteLine($"spoolworker: '{name}._domainkey.{parsed.GetValue(domain)}' is no name for the DNS");
                return ExitCode.Usage;
            }
            uint uid = Posix.Unchanged, gid = Posix.Unchanged;
            if (parsed.GetValue(owner) is { } user && !Places.TryUser(user, out uid)) return Wrong($"--owner {user}: no such user");
            if (parsed.GetValue(group) is { } members && !Places.TryGroup(members, out gid)) return Wrong($"--group {members}: no such group");
            var kind = parsed.GetValue(type) == Ed25519 ? KeyType.Ed25519 : KeyType.Rsa;
            var file = parsed.GetValue(output) ?? $"{name}.{zone}.key";
            var pem = PrivateKey.NewPem(kind);
            var exitCode = Write(file, pem, parsed.GetValue(force), uid, gid);
            if (exitCode != ExitCode.Ok) return exitCode;
            var key = PrivateKey.TryLoad(file, out var fault);
            if (key is null)
            {
                Console.Error.WriteLine($"spoolworker: {file}: {fault}");
                return ExitCode.InputOutput;
            }
            Print(new Published($"{name}._domainkey.{zone}", $"v=DKIM1; k={kind.Token()}; p={key.PublicBase64()}"), Path.GetFullPath(file), parsed.GetValue(type)!, gid != Posix.Unchanged, parsed.GetValue(json));
            return ExitCode.Ok;
        });
        return command.WithExamples("""
            spoolworker keygen --selector 2026a --domain example.com --owner Debian-exim --out /etc/spoolworker/2026a.key
            spoolworker keygen --selector 2026e --domain example.com --type ed25519 --json
            """, """
            EXIT CODES:
              0 made   64 no name for the DNS, no such user or group   73 the file is there already   74 it cannot be written
            """);
    }

    private sealed record Published(string Name, string Text)
    {
        public IEnumerable<string> Strings => Text.Chunk(MaxString).Select(c => new string(c));
    }

    private static int Wrong(string what)
    {
        Console.Error.WriteLine($"spoolworker: {what}");
        return ExitCode.Usage;
    }

    private static int Write(string file, string pem, bool force, uint uid, uint gid)
    {
        const uint ReadWriteOfOwner = 0b110_000_000, ReadOfGroup = 0b100_000;
        // A new file under its name at once, or beside the old one and renamed over it: never half a key.
        var path = force ? $"{file}.{Environment.ProcessId}.new" : file;
        try
        {
            var error = Posix.TryOpen(path, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL, (int)ReadWriteOfOwner, out var handle);
            if (error == Errno.EEXIST)
            {
                Console.Error.WriteLine($"spoolworker: {path} is there already; choose another --out, or say --force");
                return ExitCode.CannotCreate;
            }
            if (error != 0) throw new PosixException(error, "create", path);
            using (handle)
            {
                // The owner first: until then the key is nobody else's to read.
                if (uid != Posix.Unchanged || gid != Posix.Unchanged) Posix.SetOwner(handle!, uid, gid, path);
                Posix.SetMode(handle!, gid == Posix.Unchanged ? ReadWriteOfOwner : ReadWriteOfOwner | ReadOfGroup, path);
                Posix.Write(handle!, Encoding.ASCII.GetBytes(pem + "\n"), 0, path);
                Posix.Sync(handle!, path);
            }
            if (force) Posix.Rename(path, file);
            // Before its public half is published.
            Posix.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            return ExitCode.Ok;
        }
        catch (PosixException e)
        {
            Console.Error.WriteLine($"spoolworker: {e.Message}");
            return e.Errno is Errno.EACCES or Errno.EPERM ? ExitCode.NoPermission : ExitCode.InputOutput;
        }
    }

    private static void Print(Published record, string file, string type, bool isShared, bool json)
    {
        if (json)
        {
            Json.Print(writer =>
            {
                writer.WriteStartObject();
                writer.WriteString("file", file);
                writer.WriteString("type", type);
                writer.WriteString("name", record.Name);
                writer.WriteString("record", record.Text);
                writer.WriteStartArray("strings");
                foreach (var part in record.Strings) writer.WriteStringValue(part);
                writer.WriteEndArray();
                writer.WriteEndObject();
            });
            return;
        }
        Console.WriteLine($"{file}: private key ({type}), readable by its owner{(isShared ? " and its group" : "")} only. Publish:");
        Console.WriteLine();
        Console.WriteLine($"{record.Name}. IN TXT ( {string.Join("\n    ", record.Strings.Select(s => $"\"{s}\""))} )");
    }
}
