// spoolworker keygen: a new key for DKIM and ARC. The private half goes into a file of mode 0600 that is never overwritten
// unasked; the public half is printed as the DNS record to publish. Fails with 73 when the file is there, 74 when it
// cannot be written.
using System.CommandLine;
using System.Text;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Keys;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Passes.Signing.Tags;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Makes signing keys.</summary>
internal static class KeygenCommand
{
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
        var form = new OutputFormOptions();
        var command = new Command("keygen", "Make a key for DKIM and ARC, and print the DNS record to publish") { selector, domain, type, output, owner, group, force };
        form.AddTo(command);
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
            var file = new KeyFile(parsed.GetValue(output) ?? $"{name}.{zone}.key", parsed.GetValue(force), uid, gid);
            if (KeyMaker.Make(kind, $"{name}._domainkey.{zone}", file, out var trouble) is not { } made) return ExitCode.Told(trouble!);
            if (form.Of(parsed) == OutputForm.Text) Print(made, file, parsed.GetValue(type)!);
            else ViewOutput.Print(made.ViewWith(file, parsed.GetValue(type)!), ViewJson.Default.KeyView);
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

    private static int Wrong(string what)
    {
        Console.Error.WriteLine($"spoolworker: {what}");
        return ExitCode.Usage;
    }

    private static void Print(KeyToPublish key, KeyFile file, string type)
    {
        Console.WriteLine($"{Path.GetFullPath(file.Path)}: private key ({type}), readable by its owner{(file.IsShared ? " and its group" : "")} only. Publish:");
        Console.WriteLine();
        Console.WriteLine($"{key.Name}. IN TXT ( {string.Join("\n    ", key.Strings.Select(s => $"\"{s}\""))} )");
    }
}
