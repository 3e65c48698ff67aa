// dkimpy and Mail::DKIM as they come with Debian, each in one process for a folder full of messages. Messages are files in
// wire format; keys lie beside them. Mail::DKIM asks a DNS server over sockets, dkimpy gets a function that reads a file.
using System.Text;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Dkim;

/// <summary>A folder with keys and messages that both sides work on.</summary>
internal sealed class DkimPeers : IDisposable
{
    public const string Dkimpy = "/usr/lib/python3/dist-packages/dkim/__init__.py", MailDkim = "/usr/share/perl5/Mail/DKIM.pm";

    public DkimPeers()
    {
        File.WriteAllText($"{Folder}/rsa.key", Mail.RsaPkcs1Pem);
        File.WriteAllText($"{Folder}/ed.key", Mail.RfcSeed);
        File.WriteAllLines($"{Folder}/dns", [$"r1._domainkey.{Mail.Domain}.\t{Mail.Record(KeyType.Rsa)}", $"e1._domainkey.{Mail.Domain}.\t{Mail.Record(KeyType.Ed25519)}"]);
    }

    public TempDirectory Folder { get; } = new();

    public void Dispose() => Folder.Dispose();

    public void Put(string name, HeaderFile message, byte[] wireBody) => File.WriteAllBytes($"{Folder}/{name}.eml", Wire(message, wireBody));

    /// <summary>Verifies every *.eml: name to result.</summary>
    public Dictionary<string, string> Verify(bool perl, int dnsPort = 0) => Run(perl, "verify", [], dnsPort);

    /// <summary>Signs; jobs are <c>name selector algorithm header-form body-form</c>; the results are *.signed.</summary>
    public void Sign(bool perl, IEnumerable<string> jobs) => Run(perl, "sign", jobs, 0);

    public (HeaderFile Message, byte[] Body) Signed(string name)
    {
        var bytes = File.ReadAllBytes($"{Folder}/{name}.signed");
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        return (Mail.Message(Encoding.Latin1.GetString(bytes, 0, end + 2).Replace("\r\n", "\n", StringComparison.Ordinal), isWire: true), bytes[(end + 4)..]);
    }

    private static byte[] Wire(HeaderFile message, byte[] wireBody) =>
        [.. message.Headers.SelectMany(h => Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(h.Text.Span).Replace("\n", "\r\n", StringComparison.Ordinal))), (byte)'\r', (byte)'\n', .. wireBody];

    private Dictionary<string, string> Run(bool perl, string mode, IEnumerable<string> jobs, int dnsPort)
    {
        string[] arguments = perl ? ["-e", Perl, mode, Folder, $"{dnsPort}"] : ["-c", Python, mode, Folder];
        var output = new ProgramCall(perl ? "/usr/bin/perl" : "/usr/bin/python3", arguments) { Input = string.Concat(jobs.Select(job => job + "\n")) }.Run().Good;
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split('\t')).ToDictionary(l => l[0], l => l[1]);
    }

    private const string Python = """
        import sys, glob, os, dkim
        mode, folder = sys.argv[1:3]
        records = dict(line.rstrip('\n').split('\t') for line in open(folder + '/dns'))
        def dns(name, timeout=5):
            return records.get(name.decode() if isinstance(name, bytes) else name, '').encode()
        keys = {'rsa-sha256': open(folder + '/rsa.key', 'rb').read(), 'ed25519-sha256': open(folder + '/ed.key', 'rb').read()}
        if mode == 'verify':
            for path in sorted(glob.glob(folder + '/*.eml')):
                message = open(path, 'rb').read()
                results = []
                for i in range(message.count(b'DKIM-Signature:')):
                    try:
                        results.append('pass' if dkim.DKIM(message).verify(idx=i, dnsfunc=dns) else 'fail')
                    except dkim.DKIMException as e:
                        results.append('error ' + str(e).replace('\n', ' '))
                print(os.path.basename(path)[:-4], ' '.join(results), sep='\t')
        for line in sys.stdin:
            name, selector, algorithm, header, body = line.split()
            message = open(folder + '/' + name + '.eml', 'rb').read()
            signature = dkim.sign(message, selector.encode(), b'example.org', keys[algorithm], canonicalize=(header.encode(), body.encode()),
                signature_algorithm=algorithm.encode(), include_headers=[b'from', b'from', b'to', b'subject', b'x-empty', b'x-odd', b'x-odd'])
            open(folder + '/' + name + '.signed', 'wb').write(signature + message)
        """;

    private const string Perl = """
        use strict; use warnings; use Mail::DKIM::Verifier; use Mail::DKIM::Signer; use Mail::DKIM::DNS; use Net::DNS;
        my ($mode, $folder, $port) = @ARGV;
        sub feed { my ($to, $name) = @_; open my $in, '<:raw', "$folder/$name.eml" or die; local $/; my $text = <$in>; $to->PRINT($text); $to->CLOSE; return $text; }
        if ($mode eq 'verify') {
          Mail::DKIM::DNS::resolver(Net::DNS::Resolver->new(nameservers => ['127.0.0.1'], port => $port, recurse => 1));
          for my $path (sort glob("$folder/*.eml")) {
            my ($name) = $path =~ m{([^/]+)\.eml$};
            my $verifier = Mail::DKIM::Verifier->new;
            feed($verifier, $name);
            print "$name\t", join(' ', map { $_->result } $verifier->signatures), "\n";
          }
        }
        while (<STDIN>) {
          my ($name, $selector, $algorithm, $header, $body) = split;
          my $signer = Mail::DKIM::Signer->new(Algorithm => $algorithm, Method => "$header/$body", Domain => 'example.org', Selector => $selector, KeyFile => "$folder/rsa.key");
          $signer->extended_headers({ 'X-Odd' => '+', 'X-Empty' => '+' });
          my $text = feed($signer, $name);
          open my $out, '>:raw', "$folder/$name.signed" or die;
          print $out $signer->signature->as_string, "\015\012", $text;
          close $out;
        }
        """;
}
