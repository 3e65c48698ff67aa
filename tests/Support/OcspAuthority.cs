using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Operators;
using Org.BouncyCastle.Ocsp;
using Org.BouncyCastle.OpenSsl;
using Org.BouncyCastle.X509;

namespace SpoolWorker.Testing;

/// <summary>An authority of certificates of its own, made by openssl(1): its database, certificates, and answers of `openssl ocsp`, made for a request or served by a
/// responder that is a process.</summary>
internal sealed class OcspAuthority : IDisposable
{
    public static readonly string[] Rsa = ["-newkey", "rsa:2048"], Ecdsa = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"];

    private readonly TempDirectory _directory = new(isForAll: true);
    private int _number;

    public OcspAuthority(string name = "Test CA", string[]? key = null)
    {
        File.WriteAllText(At("ca.cnf"), $"""
            [ca]
            default_ca = x
            [x]
            database = {At("index.txt")}
            new_certs_dir = {_directory}
            serial = {At("serial")}
            default_md = sha256
            policy = any
            unique_subject = no
            [any]
            commonName = supplied
            """);
        File.WriteAllText(At("index.txt"), "");
        File.WriteAllText(At("serial"), "1000\n");
        OpenSsl(["req", "-x509", .. key ?? Rsa, "-nodes", "-keyout", At("ca.key"), "-out", At("ca.pem"), "-subj", $"/CN={name}", "-days", "3650", "-addext", "basicConstraints=critical,CA:TRUE"]);
    }

    /// <summary>Its own certificate.</summary>
    public string Certificate => At("ca.pem");

    public string At(string name) => _directory.At(name);

    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Extensions of a server's certificate.</summary>
    public static string Asked(string url, bool mustStaple = false) => $"authorityInfoAccess=OCSP;URI:{url}\nsubjectAltName=DNS:mail.example\n{(mustStaple ? "tlsfeature=status_request\n" : "")}";

    /// <summary>Makes a certificate; NAME.key beside it has its key.</summary>
    /// <param name="extensions">As in a section of openssl's configuration.</param>
    /// <param name="key">The kind of key.</param>
    /// <param name="from">When it begins.</param>
    /// <param name="until">When it ends.</param>
    /// <param name="serial">Its serial number in hexadecimal digits.</param>
    /// <returns>The name of its PEM file, without extension.</returns>
    public string Issue(string extensions, string[]? key = null, string from = "20250101000000Z", string until = "20350101000000Z", string? serial = null)
    {
        var name = At($"c{_number++}");
        File.WriteAllText($"{name}.ext", extensions);
        if (serial is not null) File.WriteAllText(At("serial"), serial + "\n");
        OpenSsl(["req", "-new", .. key ?? Ecdsa, "-nodes", "-keyout", $"{name}.key", "-out", $"{name}.csr", "-subj", $"/CN={Path.GetFileName(name)}.example"]);
        OpenSsl(["ca", "-batch", "-notext", "-config", At("ca.cnf"), "-cert", At("ca.pem"), "-keyfile", At("ca.key"), "-in", $"{name}.csr", "-out", $"{name}.pem", "-extfile", $"{name}.ext", "-startdate", from, "-enddate", until]);
        // As tls_certificate has it: the certificate, its chain, and here its key too.
        File.WriteAllText($"{name}.chain.pem", File.ReadAllText($"{name}.key") + File.ReadAllText($"{name}.pem") + File.ReadAllText(Certificate));
        return name;
    }

    public void Revoke(string name) => OpenSsl("ca", "-batch", "-config", At("ca.cnf"), "-cert", At("ca.pem"), "-keyfile", At("ca.key"), "-revoke", $"{name}.pem");

    /// <summary>Forgets all certificates: those that are asked about are unknown.</summary>
    public void Forget() => File.WriteAllText(At("index.txt"), "");

    /// <summary>The answer of openssl to a request, as a responder would give it.</summary>
    /// <param name="request">DER.</param>
    /// <param name="signer">The name of the signer's file; null: the authority itself.</param>
    /// <param name="more">More arguments, such as -ndays.</param>
    public byte[] Answer(byte[] request, string? signer = null, params string[] more)
    {
        using var folder = new TempDirectory();
        File.WriteAllBytes(folder.At("request"), request);
        OpenSsl(["ocsp", "-reqin", folder.At("request"), "-respout", folder.At("response"), .. Serving(signer), .. more.Length > 0 ? more : ["-ndays", "7"]]);
        return File.ReadAllBytes(folder.At("response"));
    }

    /// <summary>A responder on a port of the loopback interface.</summary>
    public LeashedDaemon Serve(int port, string? signer = null, params string[] more)
    {
        var responder = new LeashedDaemon(["openssl", "ocsp", "-port", port.ToString(CultureInfo.InvariantCulture), .. Serving(signer), .. more.Length > 0 ? more : ["-ndays", "7"]]);
        // One that is only connected to, in order to see whether it listens, may end of that.
        for (var until = Environment.TickCount64 + (long)ProgramCall.Patience.TotalMilliseconds; !responder.Said.Contains("ACCEPT", StringComparison.Ordinal); Thread.Sleep(20))
        {
            if (Environment.TickCount64 > until) throw new TimeoutException($"the responder does not listen: {responder.Said}");
        }
        return responder;
    }

    /// <summary>A good answer that was given at another time, which openssl cannot do.</summary>
    public byte[] AnswerOf(string name, DateTime begins, DateTime ends)
    {
        X509Certificate Read(string file) => new X509CertificateParser().ReadCertificate(File.ReadAllBytes(file));
        using var key = File.OpenText(At("ca.key"));
        var (issuer, signer) = (Read(Certificate), new Asn1SignatureFactory("SHA256WITHRSA", (AsymmetricKeyParameter)new PemReader(key).ReadObject()));
        var generator = new BasicOcspRespGenerator(new RespID(issuer.SubjectDN));
        using var request = new TempDirectory();
        OpenSsl("ocsp", "-issuer", Certificate, "-cert", $"{name}.pem", "-reqout", request.At("request"), "-no_nonce");
        generator.AddResponse(new OcspReq(File.ReadAllBytes(request.At("request"))).GetRequestList()[0].GetCertID(), CertificateStatus.Good, begins, ends, null);
        return new OCSPRespGenerator().Generate(OcspRespStatus.Successful, generator.Generate(signer, null, begins)).GetEncoded();
    }

    /// <summary>What openssl says of a proof and a certificate: "good" and the times; it verifies the signature.</summary>
    public string Judge(string proof, string name) =>
        OpenSsl("ocsp", "-respin", proof, "-issuer", Certificate, "-cert", $"{name}.pem", "-CAfile", Certificate, "-no_nonce");

    public static string OpenSsl(params string[] arguments) => new ProgramCall("openssl", arguments).Run() switch
    {
        { ExitCode: 0 } result => result.Output + result.Error,
        var failed => throw new InvalidOperationException($"openssl {string.Join(' ', arguments)}: {failed.Error}{failed.Output}"),
    };

    public void Dispose() => _directory.Dispose();

    private string[] Serving(string? signer) => ["-index", At("index.txt"), "-CA", Certificate, "-rsigner", signer is null ? Certificate : $"{signer}.pem", "-rkey", signer is null ? At("ca.key") : $"{signer}.key"];
}
