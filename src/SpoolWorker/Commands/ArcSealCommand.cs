// spoolworker arc-seal: what the pass of that name does, for one message and a key given by hand. The message with the
// new set on top goes to standard output, byte for byte the same below it; on any failure nothing is written there. Its chain
// is verified first, with keys from the DNS.
using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Commands.Input;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Sealing;
using SpoolWorker.Passes.Arc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Seals one message.</summary>
internal static class ArcSealCommand
{
    private const string Examples = """
        spoolworker arc-seal message.eml --admd mx.example.org --domain example.org --selector arc --key arc.pem > sealed.eml
        spoolworker arc-seal - --admd mx.example.org --domain example.org --selector arc --key arc.pem --options expire=+604800 < message.eml
        spoolworker arc-seal /var/spool/exim4/input/1xVVht-000477-0i-H --admd mx.example.org --domain example.org --selector arc --key arc.pem
        """;

    private const string Notes = """
        All Authentication-Results lines of the authserv-id given with --admd go into the set; a message without one cannot be sealed.
        A chain that does not verify is sealed as failed; one that an earlier hop has sealed as failed is closed, and the message is
        written as it is.

        EXIT CODES:
          0 sealed, or the chain is closed   64 wrong usage   65 no results of ours, or no instance left   66 no such file
          74 read or write error   75 a key of the chain cannot be fetched now   77 not permitted   78 the key cannot be used
        """;

    public static Command Create(CommonOptions common)
    {
        var file = new Argument<string>("file") { Description = "Message, a -H file with its -D beside it, or - for standard input" };
        var admd = new Option<string>("--admd") { Description = "Our authserv-id, as in our Authentication-Results lines", HelpName = "ID", Required = true };
        var domain = new Option<string>("--domain") { Description = "Domain of the key (d=)", HelpName = "DOMAIN", Required = true };
        var selector = new Option<string>("--selector") { Description = "Selector of the key (s=)", HelpName = "NAME", Required = true };
        var key = new Option<string>("--key") { Description = "PEM file of an RSA key; Exim fails chains that are sealed with Ed25519", HelpName = "FILE", Required = true };
        var options = new Option<string[]>("--options") { Description = "timestamps (the default), no-timestamps, expire[=[+]SECONDS], joined by commas", HelpName = "LIST" };
        var dns = CheckServices.Dns();
        var command = new Command("arc-seal", "Add an ARC set to a message") { file, admd, domain, selector, key, options, dns };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (!SealTimes.TryParse(parsed.GetValue(options) ?? [], out var times, out var error)) return Fail(ExitCode.Usage, $"--options: {error}");
            if (ArcSealOptions.FaultOfAdmd(parsed.GetValue(admd)!) is { } badAdmd) return Fail(ExitCode.Usage, $"--admd {parsed.GetValue(admd)}: {badAdmd}");
            foreach (var name in new[] { domain, selector })
            {
                if (ArcSealOptions.FaultOfName(parsed.GetValue(name)!) is { } badName) return Fail(ExitCode.Usage, $"{name.Name} {parsed.GetValue(name)}: {badName}");
            }
            if (PrivateKey.TryLoad(parsed.GetValue(key)!, out var fault) is not { } privateKey) return Fail(ExitCode.Config, $"--key {parsed.GetValue(key)}: {fault}");
            await using var services = CheckServices.Build(common, parsed, parsed.GetValue(dns) ?? [], out var exitCode);
            if (services is null) return exitCode;
            using var message = MessageFile.Open(parsed.GetValue(file)!, out exitCode);
            if (message is null) return exitCode;
            try
            {
                var sealer = new ArcSealer(parsed.GetValue(admd)!, times, ArcSealOptions.DefaultNames);
                var signer = new SealKey(parsed.GetValue(domain)!, parsed.GetValue(selector)!, privateKey);
                var made = await new HandSealer(services.GetRequiredService<ArcOptions>(), services.GetRequiredService<ArcVerifier>(), services.GetRequiredService<IDnsResolver>(),
                    services.GetRequiredService<KeyCache>(), services.GetRequiredService<TimeProvider>()).SealAsync(message.Header, message.Body, sealer, signer, cancellationToken).ConfigureAwait(false);
                if (made.BrokenChain is { } broken) await Console.Error.WriteLineAsync($"spoolworker: the chain does not verify: {broken}").ConfigureAwait(false);
                if (made.Trouble is { } trouble) return ExitCode.Told(trouble);
                Write(message, made.Lines);
                return ExitCode.Ok;
            }
            catch (IOException e)
            {
                return Fail(ExitCode.InputOutput, e.Message);
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static void Write(MessageFile file, IEnumerable<HeaderLine> lines)
    {
        using var output = new BufferedStream(Console.OpenStandardOutput(), 64 * 1024);
        file.CopyTo(output, lines);
    }

    private static int Fail(int exitCode, string message)
    {
        Console.Error.WriteLine($"spoolworker: {message}");
        return exitCode;
    }
}
