namespace SpoolWorker.Testing;

/// <summary>Debian's spamd with a few rules of our own, among them the one for GTUBE, and settings for single users; nothing is looked up or downloaded.</summary>
internal sealed class RealSpamd : IRealEngine
{
    public const string Program = "/usr/sbin/spamd", Client = "/usr/bin/spamc";

    private const string DebiansRules = "/usr/share/spamassassin", DebiansPlugins = "/etc/spamassassin";

    // Debian's package makes it; a root's spamd will not stay root.
    private const string User = "debian-spamd";

    /// <summary>A line that scores 3.2 of the 5 that make spam, and 7 for the user strict.</summary>
    public const string Offer = "this is an offer\n";

    private readonly TempDirectory _directory = new(isForAll: true);
    private readonly LeashedDaemon _daemon;

    /// <param name="hasDebiansRules">With the rules of Debian's package, too, as far as they look at nothing but the message.</param>
    public RealSpamd(bool hasDebiansRules = false)
    {
        File.WriteAllText($"{_directory.Create("rules")}/zz.cf", $$"""
            required_score 5
            body GTUBE /XJS\*C4JDBQADN1\.NSBN3\*2IDNEN\*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL\*C\.34X/
            score GTUBE 1000
            body OFFER /an offer/
            score OFFER 3.2
            body FRIEND /dear friend/
            score FRIEND -4.5
            header SENDER From =~ /alice/
            score SENDER 0.01
            clear_report_template
            {{(hasDebiansRules ? "report _TESTS(,)_" : "report Content analysis:\nreport\nreport _SUMMARY_")}}
            use_bayes 0
            dns_available no

            """);
        var site = _directory.Create("site");
        if (hasDebiansRules)
        {
            foreach (var rules in Directory.EnumerateFiles(DebiansRules, "*.cf")) File.CreateSymbolicLink(_directory.At($"rules/{Path.GetFileName(rules)}"), rules);
            foreach (var plugins in Directory.EnumerateFiles(DebiansPlugins, "*.pre")) File.Copy(plugins, Path.Combine(site, Path.GetFileName(plugins)));
        }
        else File.WriteAllText($"{site}/init.pre", "loadplugin Mail::SpamAssassin::Plugin::Check\n");
        var users = _directory.Create("users");
        File.WriteAllText($"{_directory.Create("users/strict")}/user_prefs", "score OFFER 7\n");
        File.WriteAllText($"{_directory.Create("users/lax")}/user_prefs", "score OFFER 0.5\nrequired_score 20\n");
        string[] own = Environment.UserName == "root" ? ["-u", User] : [];
        _daemon = new LeashedDaemon([Program, "-L", "-x", .. own, $"--socketpath={Address}", "-C", _directory.At("rules"), $"--siteconfigpath={site}", $"--virtual-config-dir={users}/%u", "-s", "stderr", "-m", "3"]);
        _daemon.UntilAnswers(Address, "PING SPAMC/1.5\r\n\r\n"u8.ToArray(), "SPAMD"u8.ToArray());
    }

    /// <summary>The test text for spam (gtube.net).</summary>
    public static string Gtube => @"XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD" + "-ANTI-UBE-TEST-EMAIL*C.34X\n";

    public string Address => _directory.At("spamd.sock");

    public static string? Missing() => File.Exists(Program) && File.Exists(Client) ? null : "spamd is not installed (Debian: spamd, spamc)";

    public void Dispose()
    {
        _daemon.Dispose();
        _directory.Dispose();
    }
}
