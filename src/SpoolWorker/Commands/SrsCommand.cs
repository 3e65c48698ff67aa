// spoolworker srs: makes and reads SRS addresses by hand, with the codecs the pass uses. Secrets come from files only: a
// command line is seen by everybody. Each address gets its own answer; one that is refused makes the exit code 65 (75 when
// the database is at fault). Addresses come as UTF-8; from standard input as they are, one a line.
using System.CommandLine;
using System.Text;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Commands;

/// <summary>SRS addresses on the command line.</summary>
internal static class SrsCommand
{
    private const string Notes = """
        Without --format, encode makes srs0 and decode takes any; --database adds the form with a key.
        JSON has address (null where there is none) and status, of several addresses one object a line: ok, not-needed, not-srs, malformed, wrong-hash,
        short-hash, too-old, unknown-key, too-long (address given all the same), unavailable.

        EXIT CODES:
          0 rewritten   64 usage   65 refused   66 a secret cannot be read   75 the database cannot be used
        """;

    public static Command Create()
    {
        var command = new Command("srs", "Make and read SRS addresses");
        command.Subcommands.Add(Direction("encode", "The address to send from in place of a foreign sender", """
            spoolworker srs encode --secret-file /etc/exim4/srs.secret --domain fwd.example alice@sender.example
            spoolworker srs encode --format exim --secret-file F --domain fwd.example --at 1795446709 --json 'j.doe@sender.example'
            spoolworker srs encode --format database --database /var/lib/spoolworker/srs.lmdb --secret-file F --domain fwd.example alice@sender.example
            """));
        command.Subcommands.Add(Direction("decode", "The address behind an SRS address", """
            spoolworker srs decode --secret-file F 'SRS0=Zm5k=JM=sender.example=alice@fwd.example'
            spoolworker srs decode --secret-file new --secret-file old --json - < addresses
            """));
        return command.WithExamples("spoolworker srs encode --help\nspoolworker srs decode --help");
    }

    private static Command Direction(string name, string description, string examples)
    {
        var options = new SrsCommandOptions(name == "encode");
        var command = new Command(name, description);
        options.AddTo(command);
        command.SetAction(parsed =>
        {
            if (options.Rules(parsed) is not { } rules) return ExitCode.NoInput;
            using var database = options.Database(parsed, rules);
            var (encoder, decoder) = (new SrsEncoder(rules, database), new SrsDecoder(rules, database));
            var now = options.At(parsed);
            var exitCode = ExitCode.Ok;
            foreach (var address in options.Addresses(parsed))
            {
                string answer;
                SrsStatus status;
                var done = name == "encode" ? encoder.TryEncode(address, now, out answer, out status) : decoder.TryDecode(address, now, out answer, out status);
                Print(done || status == SrsStatus.TooLong ? answer : null, address, status, options.IsJson(parsed), options.AreSeveral(parsed));
                if (status == SrsStatus.Unavailable && database?.Trouble is { } trouble) Console.Error.WriteLine($"spoolworker: {trouble}");
                if (!done && exitCode != ExitCode.TemporaryFailure) exitCode = status == SrsStatus.Unavailable ? ExitCode.TemporaryFailure : ExitCode.DataError;
            }
            return exitCode;
        });
        return command.WithExamples(examples, Notes);
    }

    private static void Print(string? answer, string address, SrsStatus status, bool json, bool several)
    {
        if (json)
        {
            Json.Print(writer =>
            {
                writer.WriteStartObject();
                if (answer is null) writer.WriteNull("address");
                else writer.WriteString("address", Printable.Json(Encoding.Latin1.GetBytes(answer)));
                writer.WriteString("status", status.Token());
                writer.WriteEndObject();
            }, indented: !several);
            return;
        }
        if (answer is not null) Console.WriteLine(Printable.Text(Encoding.Latin1.GetBytes(answer)));
        if (status is not (SrsStatus.Ok or SrsStatus.NotNeeded)) Console.Error.WriteLine($"spoolworker: {Printable.Text(Encoding.Latin1.GetBytes(address))}: {status.Token()}: {status.Sentence()}");
    }
}
