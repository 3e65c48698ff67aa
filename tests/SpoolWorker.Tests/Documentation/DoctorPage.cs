using System.Text;
using SpoolWorker.Operations.Doctor;

namespace SpoolWorker.Tests.Documentation;

/// <summary>Writes docs/doctor.md from the kinds of findings.</summary>
internal static class DoctorPage
{
    public const string Path = "docs/doctor.md";

    private const string Introduction = """
        # Doctor

        <!-- Written from the program: SPOOLWORKER_WRITE_DOCS=1 dotnet test tests/SpoolWorker.Tests --filter FullyQualifiedName~Documentation -->

        `spoolworker doctor` looks at everything around the worker: the configuration as `spoolworker check-config` does, and what only the running host can tell. Run it as root or as the
        worker's user, with a worker or without. It changes nothing; each check has a time limit, and one that fails is a finding of its own.

        ```sh
        spoolworker doctor
        spoolworker doctor --fix
        spoolworker doctor --probe
        ```

        * **`--fix`** mends what can be mended without touching mail, and says what it has done: owners and modes of the worker's own places, the missing directory of a `queuefile` transport.
        * **`--probe`** sends a message to an address that is thrown away, and follows it through Exim, worker and Exim. `spoolworker exim-config probe` prints the router that throws it away;
          `--to` names another address, `--smtp` where it is sent, `--within` how long it may take. Whatever becomes of it, nothing of it stays.
        * **`spoolworker doctor ack`** says of a finding that it is known, for 30 days or as long as `--for` says. It is shown, with who said so and why, and does not count. Acknowledgements lie
          in `doctor.acks` in `Ledger:Path`.
        * The exit code is that of monitoring plugins, and the first line is for them: 0 OK, 1 WARNING, 2 CRITICAL (an error), 3 UNKNOWN (something could not be looked at).

        A check of Nagios or Icinga runs it once an hour, beside `spoolworker status` every minute.

        Names of findings stay from version to version. What each means, and what to do:

        """;

    public static string Make()
    {
        var text = new StringBuilder(Introduction);
        foreach (var (about, kinds) in FindingKinds.Groups)
        {
            text.Append($"## {about}\n\n| name | meaning | cure |\n|---|---|---|\n");
            foreach (var kind in kinds) text.Append($"| `{kind.Name}` | {kind.Meaning} | {kind.Cure} |\n");
            text.Append('\n');
        }
        return text.ToString().TrimEnd() + "\n";
    }
}
