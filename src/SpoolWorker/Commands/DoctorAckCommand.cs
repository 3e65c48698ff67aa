// spoolworker doctor ack: says of a finding that it is known, for a while, with a note; lists and takes back.
using System.CommandLine;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Commands.Verbs;
using SpoolWorker.Configuration;
using SpoolWorker.Operations;
using SpoolWorker.Operations.Doctor;
using SpoolWorker.Operations.Doctor.Acknowledging;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Checks;
using SpoolWorker.Passes.Conditions;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Commands;

/// <summary>Acknowledges findings.</summary>
internal static class DoctorAckCommand
{
    private const string UsualTime = "30d";

    // Nothing is known for ever: whoever said so has left.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(3650);

    private const string Notes = """
        What is acknowledged is shown, and does not count in the exit code of doctor. It lies beside the ledger: run it as root or as the worker's user.

        EXIT CODES:
          0 done   64 wrong usage   66 it is not acknowledged   74 writing failed   75 another writes now   77 not permitted   78 configuration
        """;

    public static Command Create(CommonOptions common)
    {
        var name = new Argument<string?>("name") { Description = "The finding's name, as doctor prints it", Arity = ArgumentArity.ZeroOrOne };
        var subject = new Option<string?>("--subject") { Description = "Of this setting alone, as doctor prints it before the colon", HelpName = "SETTING" };
        var time = new Option<string>("--for") { Description = "How long", HelpName = "TIME", DefaultValueFactory = _ => UsualTime };
        var note = new Option<string?>("--note") { Description = "Why it is let be", HelpName = "TEXT" };
        var list = new Option<bool>("--list") { Description = "What is acknowledged" };
        var remove = new Option<bool>("--remove") { Description = "Let it count again" };
        var form = new OutputFormOptions("acknowledgement");
        var command = new Command("ack", "Say of a finding that it is known") { name, subject, time, note, list, remove };
        form.AddTo(command);
        common.AddTo(command);
        command.SetAction(parsed =>
        {
            if (FaultOf(parsed.GetValue(name), parsed.GetValue(list), parsed.GetValue(remove), parsed.GetValue(note), parsed.GetValue(time)!) is { } fault) return Wrong(fault);
            if (common.Load(parsed, out var exitCode, Needs.Of("Ledger")) is not { } loaded) return exitCode;
            var acknowledgements = new Acknowledgements(loaded.Settings.Ledger, TimeProvider.System);
            try
            {
                if (parsed.GetValue(list)) return List(acknowledgements.Read(), form.Of(parsed));
                if (parsed.GetValue(remove)) return Told(acknowledgements.Remove(parsed.GetValue(name)!, parsed.GetValue(subject)));
                _ = Duration.TryParse(parsed.GetValue(time)!, out var duration, out _);
                var now = TimeProvider.System.GetUtcNow();
                var added = new AcknowledgementView { Name = parsed.GetValue(name)!, Subject = parsed.GetValue(subject), Note = parsed.GetValue(note)!, Actor = Actor.Name, Time = View.TimeOf(now), Until = View.TimeOf(now + duration) };
                var code = Told(acknowledgements.Add(added));
                if (code == ExitCode.Ok && form.Of(parsed) != OutputForm.Text) ViewOutput.PrintRows([added], ViewJson.Default.AcknowledgementView, form.Of(parsed));
                else if (code == ExitCode.Ok) Console.WriteLine($"{added.Name} is known until {added.Until[..10]}");
                return code;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return ExitCode.Told(Trouble.Of(e));
            }
        });
        return command.WithExamples("""
            spoolworker doctor ack clock-unsynchronized --for 90d --note 'the host keeps it'
            spoolworker doctor ack key-record-missing --subject Dkim:Sign:Keys:1 --note 'published on Monday'
            spoolworker doctor ack --list
            spoolworker doctor ack clock-unsynchronized --remove
            """, Notes);
    }

    private static string? FaultOf(string? name, bool isList, bool isRemoval, string? note, string time)
    {
        if (isList) return name is null && !isRemoval ? null : "--list goes alone";
        if (name is null) return "name the finding, as doctor prints it";
        if (FindingKinds.Find(name) is null)
        {
            var (near, edits) = FindingKinds.All.Select(k => (k.Name, Edits: Spelling.Edits(name, k.Name))).MinBy(k => k.Edits);
            return $"'{Printable.Text(name)}' is no finding{(edits <= 3 ? $"; did you mean {near}?" : "; docs/doctor.md lists them")}";
        }
        if (isRemoval) return null;
        if (string.IsNullOrWhiteSpace(note)) return "--note: say why";
        if (note.Length > Acknowledgements.MostNote) return $"--note: at most {Acknowledgements.MostNote} characters";
        if (!Duration.TryParse(time, out var duration, out var fault)) return $"--for: {fault}";
        return duration <= TimeSpan.Zero || duration > Longest ? $"--for: longer than nothing, at most {Longest.TotalDays:0} days" : null;
    }

    private static int List(IReadOnlyList<AcknowledgementView> all, OutputForm form)
    {
        if (form != OutputForm.Text)
        {
            ViewOutput.PrintRows(all, ViewJson.Default.AcknowledgementView, form);
            return ExitCode.Ok;
        }
        var table = new AlignedTable("NAME", "UNTIL", "BY", "NOTE") { Width = Math.Min(Terminal.Width, 80) };
        foreach (var one in all) table.Add(one.Name, one.Until[..10], Printable.Text(one.Actor), $"{(one.Subject is { } subject ? $"{Printable.Text(subject)}: " : "")}{Printable.Text(one.Note)}");
        if (all.Count > 0) Console.Write(table.ToString());
        else Console.WriteLine("nothing is acknowledged");
        return ExitCode.Ok;
    }

    private static int Told(Trouble? trouble) => trouble is null ? ExitCode.Ok : ExitCode.Told(trouble);

    private static int Wrong(string fault)
    {
        Console.Error.WriteLine($"spoolworker: {fault}");
        return ExitCode.Usage;
    }
}
