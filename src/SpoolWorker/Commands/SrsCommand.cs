// spoolworker srs: makes and reads SRS addresses by hand, with the codecs the pass uses. Secrets come from files only: a
// command line is seen by everybody. Each address gets its own answer; one that is refused makes the exit code 65 (75 when
// the database is at fault). Addresses come as UTF-8; from standard input as they are, one a line.
using System.CommandLine;
using System.Text;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Srs;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Commands;

/// <summary>SRS addresses on the command line.</summary>
internal static class SrsCommand
{
    private const string Notes = """
        Without --format, encode makes srs0 and decode takes any; --database adds the form with a key.
        JSON has asked, address (left out where there is none) and status: ok, not-needed, not-srs, malformed, wrong-hash, short-hash, too-old,
        unknown-key, too-long (address given all the same), unavailable.

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
            spoolworker srs decode --secret-file new --secret-file old --jsonl - < addresses
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
            var rewriter = new SrsRewriter(rules, database, name == "encode", options.At(parsed));
            var exitCode = ExitCode.Ok;
            IEnumerable<SrsAnswer> Answers()
            {
                foreach (var address in options.Addresses(parsed))
                {
                    var answer = rewriter.Rewrite(address);
                    yield return answer;
                    if (answer.Status == SrsStatus.Unavailable && database?.Trouble is { } trouble) Console.Error.WriteLine($"spoolworker: {trouble}");
                    if (!answer.IsDone && exitCode != ExitCode.TemporaryFailure) exitCode = answer.Status == SrsStatus.Unavailable ? ExitCode.TemporaryFailure : ExitCode.DataError;
                }
            }
            if (options.Form.Of(parsed) is not OutputForm.Text and var form) ViewOutput.PrintRows(Answers().Select(a => a.View), ViewJson.Default.SrsView, form);
            else foreach (var answer in Answers()) Print(answer);
            return exitCode;
        });
        return command.WithExamples(examples, Notes);
    }

    private static void Print(SrsAnswer answer)
    {
        if (answer.Address is { } address) Console.WriteLine(Shown(address));
        if (answer.Status is not (SrsStatus.Ok or SrsStatus.NotNeeded)) Console.Error.WriteLine($"spoolworker: {Shown(answer.Asked)}: {answer.Status.Token()}: {answer.Status.Sentence()}");
    }

    private static string Shown(string octets) => Printable.Text(Encoding.Latin1.GetBytes(octets));
}
