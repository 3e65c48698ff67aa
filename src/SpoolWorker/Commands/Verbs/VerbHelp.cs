// What the verbs say of themselves in --help.
using SpoolWorker.Ledger.Verbs;

namespace SpoolWorker.Commands.Verbs;

/// <summary>Help texts.</summary>
internal static class VerbHelp
{
    private const string ExitCodes = """
        EXIT CODES:
          0 done for all   64 wrong usage, or more than one message without --yes   65 it makes no sense for a message, or the pair cannot be read
          66 no such message or recipient   69 the program's LMDB library is missing   74 the spool failed, or the ledger is damaged
          75 cannot be done now; try again   77 not permitted   78 configuration, or the ledger is of a later version
          What was not done is named on standard error with the reason, and counts for the exit code.
        """;

    public static string Description(VerbKind verb) => verb switch
    {
        VerbKind.Retry => "Judge messages again, now",
        VerbKind.Hold => "Put messages aside, into held/: deferred ones, or (--new) what comes",
        VerbKind.Release => "Let messages go to the target",
        VerbKind.Bounce => "Return messages to their senders",
        VerbKind.Delete => "Throw messages away; their envelope and header lines stay in the audit",
        VerbKind.Redirect => "Let messages go to another address",
        _ => throw new ArgumentOutOfRangeException(nameof(verb), verb, "not a verb"),
    };

    public static string Examples(VerbKind verb) => verb switch
    {
        VerbKind.Retry => """
            spoolworker retry 1xVVht-000477-0i                      all passes judge it now, whatever it waits for
            spoolworker retry --where "pass = dcc and age > 1h" --yes
            """,
        VerbKind.Hold => """
            spoolworker hold 1xVVht-000477-0i --reason "asked the sender"
            spoolworker hold 1xVVht-000477-0i --recipient bob@r.example
            spoolworker hold --new --where "sender_domain = spam.example" --for 2h --reason "a flood, asked the provider"
            spoolworker hold --new --list                           what is held when it comes
            spoolworker hold --new --remove 3                       no more; what is held stays held
            """,
        VerbKind.Release => """
            spoolworker release 1xVVht-000477-0i                    let it go; the worker may be running
            spoolworker release 1xVVht-000477-0i --recipient bob@r.example
            spoolworker list --held                                 what is held, and why
            spoolworker release /var/spool/MailScanner/quarantine/20261130/spam/1xVVht-000477-0i-H
            """,
        VerbKind.Bounce => """
            spoolworker bounce 1xVVht-000477-0i --reason "no such project here"
            """,
        VerbKind.Delete => """
            spoolworker delete 1xVVht-000477-0i --reason spam
            spoolworker delete --where "sender_domain = spam.example" --dry-run
            """,
        VerbKind.Redirect => """
            spoolworker redirect carol@r.example 1xVVht-000477-0i
            spoolworker redirect carol@r.example 1xVVht-000477-0i --recipient bob@r.example
            """,
        _ => throw new ArgumentOutOfRangeException(nameof(verb), verb, "not a verb"),
    };

    public static string Notes(VerbKind verb) => About(verb) + "\n" + """
        Acts on mail that is held, and on mail that a pass has deferred; with --intake on all that waits in an intake. What is
        done stands in the audit (spoolworker audit). Recipients that are not named stay as they are.

        """ + ExitCodes;

    private static string About(VerbKind verb) => verb switch
    {
        VerbKind.Retry => "What is held is judged from its first pass on, and stays held when it is held again.",
        VerbKind.Hold => "The reason is written beside the message, and told by list and show. With --new all that comes from now on and fits the\ncondition is held, before its first pass, until it is removed or its time (--for) is over. The condition may ask for what -H\nsays: envelope, variables, header lines.",
        VerbKind.Release => "It goes on behind the pass that held it: later passes edit it as ever, and what they would decide is only told. --as-is\nskips them. Recipients that are done already stay done. A message keeps its id unless the target still holds that id.\nA file (the -H of a pair that MailScanner set aside, or its directory) is moved into held/ and released from there.",
        VerbKind.Bounce => "The notification is that of the pass dsn. A sender who may not be told is not, and the message stays as it is.",
        VerbKind.Delete => "Nobody is told. A full audit (Audit:MaxBytes) refuses it.",
        VerbKind.Redirect => "The recipients that are still to be served are replaced by the address, and the message is let go as release does.",
        _ => throw new ArgumentOutOfRangeException(nameof(verb), verb, "not a verb"),
    };
}
