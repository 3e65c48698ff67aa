// ARC on one core: microseconds of CPU to verify one and three sets and to seal, for a message of 10 kB with RSA-2048 keys,
// all keys in memory; the same messages for every program. Beside them what RSA and SHA-256 alone cost on this machine.
using System.CommandLine;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using SpoolWorker.Benchmarks.Arc;
using SpoolWorker.Benchmarks.Support;

namespace SpoolWorker.Benchmarks;

/// <summary>The arc benchmark.</summary>
internal static class ArcBenchmark
{
    private static readonly string[] What = ["verify-1", "verify-3", "seal"];

    public static Command Create()
    {
        var seconds = new Option<double>("--seconds") { Description = "CPU seconds a figure", DefaultValueFactory = _ => 2 };
        var rounds = new Option<int>("--rounds") { Description = "Rounds; the least of each figure counts", DefaultValueFactory = _ => 3 };
        var ours = new Option<bool>("--ours") { Description = "Leave the other programs out" };
        var command = new Command("arc", """
            CPU to verify and seal ARC chains, against dkimpy, Mail::DKIM, MimeKit and bare RSA

            Examples:
              arc
              arc --seconds 0.5 --rounds 1 --ours
            """) { seconds, rounds, ours, CommonOptions.Json };
        command.SetAction(parsed => Run(parsed.GetValue(seconds), parsed.GetValue(rounds), parsed.GetValue(ours), parsed.GetValue(CommonOptions.Json)));
        return command;
    }

    private static int Run(double seconds, int rounds, bool oursOnly, bool json)
    {
        var mail = new ArcMail();
        var best = new Dictionary<(string Program, string What), double>();
        var allocated = new Dictionary<string, double>();
        for (var round = 0; round < rounds; round++)
        {
            foreach (var (what, work) in Bare(mail)) Note("bare OpenSSL through .NET", what, Measure(seconds, work));
            foreach (var (what, work) in mail.Ours())
            {
                Note("SpoolWorker", what, Measure(seconds, work));
                allocated[what] = Allocated(work);
            }
            if (oursOnly) continue;
            foreach (var (what, work) in mail.OfMimeKit()) Note("MimeKit", what, Measure(seconds, work));
            foreach (var (program, script, name) in new[] { ("/usr/bin/python3", "arc.py", "dkimpy"), ("/usr/bin/perl", "arc.pl", "Mail::DKIM") })
            {
                foreach (var (what, microseconds) in Peer(program, script, seconds, mail)) Note(name, what, microseconds);
            }
        }
        var report = new Report("arc", "one core, 10 kB body, RSA-2048, keys in memory", new("program", "program"), new("what", "what"), new("microseconds", "us CPU", "0"), new("times", "ours = 1", "0.00"), new("allocatedBytes", "allocated bytes", "0"));
        foreach (var ((program, what), microseconds) in best)
        {
            report.Add(program, what, microseconds, What.Contains(what) ? microseconds / best[("SpoolWorker", what)] : double.NaN, program == "SpoolWorker" ? allocated[what] : double.NaN);
        }
        report.Notes.Add($"Sealing against two bare RSA signatures: {best[("SpoolWorker", "seal")] / (2 * best[("bare OpenSSL through .NET", "rsa-sign")]):0.00}");
        report.Notes.Add("libopenarc is not in Debian 12 and is not measured here.");
        report.Print(json, Directory.GetCurrentDirectory());
        return 0;

        void Note(string program, string what, double microseconds)
        {
            Report.Progress($"{program} {what}: {microseconds:0} us");
            best[(program, what)] = Math.Min(microseconds, best.GetValueOrDefault((program, what), double.MaxValue));
        }
    }

    private static IEnumerable<(string What, Action Work)> Bare(ArcMail mail)
    {
        var digest = SHA256.HashData("x"u8);
        var signature = mail.Rsa.SignHash(digest, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        yield return ("rsa-verify", () => mail.Rsa.VerifyHash(digest, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        yield return ("rsa-sign", () => mail.Rsa.SignHash(digest, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
        yield return ("sha256-10kB", () => SHA256.HashData(mail.Plain, digest));
    }

    // Compiled and pooled first, then for so long.
    private static double Measure(double seconds, Action work)
    {
        for (var i = 0; i < 200; i++) work();
        GC.Collect();
        var start = Resources.Self().Total;
        var count = 0;
        double used;
        do
        {
            for (var i = 0; i < 50; i++) work();
            count += 50;
        }
        while ((used = Resources.Self().Total - start) < seconds);
        return used / count * 1e6;
    }

    private static double Allocated(Action work)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++) work();
        return (GC.GetAllocatedBytesForCurrentThread() - before) / 100.0;
    }

    private static List<(string What, double Microseconds)> Peer(string program, string script, double seconds, ArcMail mail)
    {
        using var folder = new TempDirectory();
        mail.WriteTo(folder);
        var output = new ProgramCall(program, Path.Combine(SourceFolder(), "Peers", script), seconds.ToString(CultureInfo.InvariantCulture), folder, ArcMail.Selector, ArcMail.Domain, ArcMail.Admd) { Deadline = Timeout.InfiniteTimeSpan }.Run().Output;
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')).Select(p => (p[0], double.Parse(p[1], CultureInfo.InvariantCulture)))];
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
