using System.Text;

namespace SpoolWorker.Testing;

/// <summary>Debian's clamd with a database of our own, which knows the EICAR test file and one unwanted program; nothing is downloaded.</summary>
internal sealed class RealClamd : IRealEngine
{
    public const string Program = "/usr/sbin/clamd", Client = "/usr/bin/clamdscan";

    /// <summary>What it calls them.</summary>
    public const string Eicar = "Eicar-Test-Signature.UNOFFICIAL", Unwanted = "PUA.Test.UNOFFICIAL";

    /// <summary>Marks a message as the unwanted program.</summary>
    public const string UnwantedText = "spoolworker-unwanted-test-text";

    /// <summary>Its StreamMaxLength, unless another is asked for.</summary>
    public const int StreamMaxLength = 200 * 1024;

    private readonly TempDirectory _directory = new(isForAll: true);
    private readonly LeashedDaemon _daemon;

    /// <param name="streamMaxLength">Its StreamMaxLength.</param>
    public RealClamd(int streamMaxLength = StreamMaxLength)
    {
        var database = _directory.Create("db");
        File.WriteAllText($"{database}/own.ndb", $"Eicar-Test-Signature:0:*:{Hex(EicarText)}\nPUA.Test:0:*:{Hex(UnwantedText)}\n");
        File.WriteAllText(Configuration, $"""
            LocalSocket {Address}
            Foreground yes
            DatabaseDirectory {database}
            TemporaryDirectory {_directory}
            StreamMaxLength {streamMaxLength}
            # What was asked about before is looked at again.
            DisableCache yes
            DetectPUA yes
            User {Environment.UserName}

            """);
        _daemon = new LeashedDaemon(Program, "--foreground", "-c", Configuration);
        _daemon.UntilAnswers(Address, "zPING\0"u8.ToArray(), "PONG"u8.ToArray());
    }

    /// <summary>The EICAR test file (eicar.org), in two pieces, so that no scanner takes our sources for it.</summary>
    public static string EicarText => @"X5O!P%@AP[4\PZX54(P^)7CC)7}" + "$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*";

    public string Address => _directory.At("clamd.sock");

    /// <summary>Its configuration, which its client reads, too.</summary>
    public string Configuration => _directory.At("clamd.conf");

    public static string? Missing() => File.Exists(Program) && File.Exists(Client) ? null : "clamd is not installed (Debian: clamav-daemon, clamdscan)";

    public void Dispose()
    {
        _daemon.Dispose();
        _directory.Dispose();
    }

    private static string Hex(string text) => Convert.ToHexStringLower(Encoding.ASCII.GetBytes(text));
}
