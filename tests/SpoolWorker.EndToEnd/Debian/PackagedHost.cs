// A mail host that the package is installed on, with dpkg and systemd as they are. What is asked of dpkg is asked as an administrator's apt does: without a terminal.
namespace SpoolWorker.EndToEnd.Debian;

internal sealed class PackagedHost : IDisposable
{
    // For what still lies in Exim's queue when the stream ends.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    // Until it is told that it is enough: two messages a session, fewer in all than a busy machine delivers in time. An Exim that reads its
    // configuration anew takes no connection for a moment.
    private const string Stream = """
        import os, smtplib, time
        sent = 0
        while not os.path.exists('/shared/enough'):
            try: server = smtplib.SMTP('127.0.0.1', 25, timeout=100)
            except ConnectionRefusedError:
                time.sleep(0.1)
                continue
            for i in range(2):
                sent += 1
                server.sendmail('alice@from.example', ['bob@to.example'], f'From: alice@from.example\nSubject: in hand {sent:05}.\n\nhello\n')
            server.quit()
            with open('/shared/sent', 'w') as file: file.write(str(sent))
            time.sleep(0.5)
        """;

    // Where a package's files and what it makes lie, without mail, logs, caches and lists of dpkg's: owner, and the mode of what has one.
    private const string Listing = """
        find /etc /usr /var -xdev \( -path /var/log -o -path /var/mail -o -path /var/spool -o -path /var/cache -o -path /var/lib/dpkg -o -path /etc/exim4 -o -path /var/lib/exim4 \) -prune \
            -o \( -type l -printf '%p %u:%g\n' \) -o -printf '%p %m %u:%g\n'
        """;

    private readonly BuiltPackage _package;
    private System.Diagnostics.Process? _stream;

    /// <param name="package">The package.</param>
    /// <param name="isBooted">systemd runs there, and starts Exim.</param>
    public PackagedHost(BuiltPackage package, bool isBooted)
    {
        _package = package;
        Mail = new MailHost(isSplit: true, isBooted);
        // Nobody looks for manual pages there, and an index of them is most of what an installation takes.
        Mail.Good("rm -f /var/lib/man-db/auto-update");
    }

    public MailHost Mail { get; }

    /// <summary>Installs it.</summary>
    public ProgramResult Install() => Dpkg("-i", Shared(_package.File));

    /// <summary>Installs the one of a later version.</summary>
    public ProgramResult InstallLater() => Dpkg("-i", Shared(_package.Later));

    public ProgramResult Dpkg(params string[] words) => Mail.Machine.Program(["dpkg", .. words]).Run();

    /// <summary>The installed program, as root.</summary>
    public ProgramResult Ours(params string[] words) => Mail.Machine.Program(["spoolworker", .. words]).Run();

    /// <summary>What systemd knows of the worker's unit.</summary>
    public string Unit(string property) => Mail.Good($"systemctl show -P {property} spoolworker").Trim();

    /// <summary>All that lies there.</summary>
    public HashSet<string> Disk() => [.. Mail.Good(Listing).Split('\n', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Sends mail to bob without a pause.</summary>
    public void StartStream()
    {
        Mail.Machine.Put("/root/stream", Stream);
        Mail.Good("rm -f /shared/enough /shared/sent");
        _stream = Mail.Machine.Start(new Dictionary<string, string>(), "/usr/bin/python3", "/root/stream");
    }

    /// <summary>How many messages of the stream have been sent.</summary>
    public int Sent => int.TryParse(Mail.Machine.Sh("cat /shared/sent").Output, System.Globalization.CultureInfo.InvariantCulture, out var sent) ? sent : 0;

    /// <summary>Ends the stream, and waits until each message of it has come. Exactly once is what is asked for.</summary>
    public async Task EndStream()
    {
        Mail.Good("touch /shared/enough");
        _stream!.WaitForExit(ProgramCall.Patience).Should().BeTrue();
        _stream.ExitCode.Should().Be(0, "all that was sent was taken");
        var sent = Sent;
        await Run.Until(() => Subjects().Distinct().Count() >= sent, () => $"{Subjects().Distinct().Count()} of {sent} came\n{Mail.MainLog}", Patience);
        await Run.Until(() => Mail.Good("exim4 -bpc").Trim() == "0" && Mail.Files(MailHost.Intake).Length == 0, () => "something is still under way", Patience);
        Subjects().Should().HaveCount(sent).And.OnlyHaveUniqueItems();
    }

    public void Dispose()
    {
        _stream?.Dispose();
        Mail.Dispose();
    }

    private string[] Subjects() => Mail.Machine.Sh($"grep '^Subject: in hand' {MailHost.Mailbox}").Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private string Shared(string file)
    {
        var name = Path.GetFileName(file);
        File.Copy(file, Path.Combine(Mail.Machine.Shared, name), overwrite: true);
        return $"/shared/{name}";
    }
}
