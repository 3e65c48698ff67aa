// The file that Exim reads. It watches the directory that lies in (tls_set_watch of src/tls.c) and makes its TLS anew at each file there that is written, moved or
// removed: so a proof is written in a directory of its own below, made durable with owner and mode, and comes under its name by one rename. Whatever kills us
// leaves the old proof or the new one; what it leaves in that directory goes with the next writing. Never through a link. Throws IOException.
using System.Security.Cryptography;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Upkeep.Ocsp;

/// <summary>One proof's file.</summary>
/// <param name="path">Its whole path.</param>
/// <param name="format">How it is written.</param>
/// <param name="options">Owner and mode.</param>
/// <param name="ledger">Whose directory tells who the worker is.</param>
internal sealed class ProofFile(string path, ProofFormat format, OcspOptions options, LedgerOptions ledger)
{
    /// <summary>The directory beside proofs that new ones are written in; not watched, and an mkdir is no event that Exim waits for.</summary>
    public const string Staging = ".spoolworker";

    // RFC 7468 has none for it; OpenSSL and GnuTLS write and read this one.
    private const string PemLabel = "OCSP RESPONSE";

    // As answers may be.
    private const int MostBytes = 1 << 24;

    private const uint Root = 0, OwnerOnly = 0b110_000_000, OwnDirectory = 0b111_000_000, DirectoryMode = 0b111_101_101;

    private readonly string _name = Path.GetFileName(path);

    private readonly string _directory = Path.GetDirectoryName(path)!;

    /// <summary>What is in it; null: it is not there.</summary>
    public byte[]? Read()
    {
        if (!Posix.Exists(_directory)) return null;
        using var folder = Open();
        var error = folder.TryOpenFile(_name, Posix.O_RDONLY, 0, out var file);
        if (error == Errno.ENOENT) return null;
        if (error == Errno.ELOOP) throw new IOException($"{path}: a link; a proof is written under its own name, so take the link away");
        if (error != 0) throw new PosixException(error, "open", path);
        using (file) return Decoded(BoundedFile.Read(file!, path, MostBytes));
    }

    /// <summary>Puts another in its place; makes the directory where there is none.</summary>
    public void Replace(ReadOnlySpan<byte> bytes)
    {
        if (!Posix.Exists(_directory)) Owned.EnsureDirectory(_directory, DirectoryMode);
        using var folder = Open();
        if (folder.TryStatus(_name, out var there) == 0 && !there.IsRegular) throw new IOException($"{path}: no file, so it is not replaced; take it away");
        using var staging = Stage(folder);
        staging.Unlink(_name);
        try
        {
            using (var file = staging.OpenFile(_name, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL, (int)OwnerOnly))
            {
                Give(file, folder, staging.PathOf(_name));
                Posix.Write(file, Encoded(bytes), 0, staging.PathOf(_name));
                Posix.Sync(file, staging.PathOf(_name));
            }
            var error = staging.TryRename(_name, folder, _name);
            if (error == Errno.EXDEV) throw new IOException($"{staging.Path}: not on the file system of {_directory}; take what is mounted there away");
            if (error != 0) throw new PosixException(error, "rename", path);
        }
        catch
        {
            _ = staging.TryUnlink(_name);
            throw;
        }
        folder.Sync();
    }

    // What is not in the right form is no proof to Exim either.
    private byte[] Decoded(byte[] bytes)
    {
        if (format == ProofFormat.Der) return bytes;
        var text = Encoding.Latin1.GetString(bytes);
        return PemEncoding.TryFind(text, out var fields) && text[fields.Label] == PemLabel ? Convert.FromBase64String(text[fields.Base64Data]) : [];
    }

    private ReadOnlySpan<byte> Encoded(ReadOnlySpan<byte> bytes) => format == ProofFormat.Der ? bytes : Encoding.Latin1.GetBytes(PemEncoding.WriteString(PemLabel, bytes) + "\n");

    private SpoolFolder Open()
    {
        // As for the ledger: what the worker's user has made, root believes.
        if (Posix.EffectiveUser == Root && Trust.FaultOf(_directory, WorkerUser()) is { } distrust) throw new IOException($"{path}: not used by root: {distrust}");
        return SpoolFolder.Open(_directory);
    }

    private uint WorkerUser() => Posix.TryStatus(Places.Full(ledger.Path), out var status) == 0 ? status.Uid : Root;

    private static SpoolFolder Stage(SpoolFolder folder)
    {
        var made = folder.TryMakeFolder(Staging, (int)OwnDirectory);
        if (made is not 0 and not Errno.EEXIST) throw new PosixException(made, "mkdir", folder.PathOf(Staging));
        var error = folder.TryOpenFolder(Staging, out var staging);
        if (error != 0) throw new PosixException(error, "open", folder.PathOf(Staging));
        // The worker is to go on with what root has made in its directory.
        if (made == 0) Owned.TakeAfter(staging!, folder, OwnDirectory);
        return staging!;
    }

    private void Give(SafeFileHandle file, SpoolFolder folder, string written)
    {
        Places.TryMode(options.Mode, out var mode);
        var asRoot = Posix.EffectiveUser == Root;
        var uid = Places.TryUser(options.Owner, out var user) ? user : asRoot ? folder.Status.Uid : Posix.Unchanged;
        var gid = Places.TryGroup(options.Group, out var group) ? group : asRoot ? folder.Status.Gid : Posix.Unchanged;
        if (uid != Posix.Unchanged || gid != Posix.Unchanged) Posix.SetOwner(file, uid, gid, written);
        Posix.SetMode(file, mode, written);
    }
}
