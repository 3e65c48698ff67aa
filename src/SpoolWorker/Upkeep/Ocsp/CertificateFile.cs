// Reads the certificates of a file, as Exim's tls_certificate has them: PEM, with a key or not, or DER. A path may lead through links, as certbot's do; where root
// reads it, nobody else may have had a hand in that. Throws IOException with the file and what to do.
using System.Security.Cryptography;
using System.Text;
using Org.BouncyCastle.X509;
using SpoolWorker.Configuration;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>Files of certificates.</summary>
internal static class CertificateFile
{
    // A chain has three or four; a bundle of all authorities there are is another file.
    private const int MostCertificates = 50, MostBytes = 1 << 20;

    private const uint Root = 0;

    private static readonly string[] Labels = ["CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE"];

    /// <summary>The certificates, in their order; at least one.</summary>
    public static IReadOnlyList<X509Certificate> Read(string path)
    {
        if (Posix.EffectiveUser == Root && Trust.FaultOf(path) is { } distrust) throw new IOException($"{path}: not read by root: {distrust}");
        var bytes = BoundedFile.Read(File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path, MostBytes);
        var found = new List<X509Certificate>();
        foreach (var der in Blocks(bytes))
        {
            if (found.Count == MostCertificates) throw new IOException($"{path}: more than {MostCertificates} certificates; name the file of one chain");
            found.Add(Parse(der, path, found.Count + 1));
        }
        return found.Count > 0 ? found : throw new IOException($"{path}: no certificate in it, neither PEM nor DER");
    }

    private static List<byte[]> Blocks(byte[] bytes)
    {
        if (bytes is [0x30, ..] && DerShape.FaultOf(bytes) is null) return [bytes];
        var (text, blocks, at) = (Encoding.Latin1.GetString(bytes), new List<byte[]>(), 0);
        while (PemEncoding.TryFind(text.AsSpan(at), out var fields))
        {
            var block = text.AsSpan(at);
            if (Labels.Contains(block[fields.Label].ToString())) blocks.Add(Convert.FromBase64String(block[fields.Base64Data].ToString()));
            at += fields.Location.End.Value;
        }
        return blocks;
    }

    private static X509Certificate Parse(byte[] der, string path, int number)
    {
        try
        {
            return DerShape.FaultOf(der) is { } fault ? throw new IOException(fault) : new X509CertificateParser().ReadCertificate(der) ?? throw new IOException("empty");
        }
        // The library throws of many kinds for what is no certificate.
        catch (Exception e)
        {
            throw new IOException($"{path}: certificate {number} cannot be read: {e.Message}", e);
        }
    }
}
