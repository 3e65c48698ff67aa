// A new key for DKIM and ARC: the private half goes into a file of mode 0600 that is never overwritten unasked, the public half comes
// back as the DNS record to publish.
using System.Text;
using SpoolWorker.Operations.Views.Tools;
using SpoolWorker.Passes.Signing.Keys;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Keys;

/// <summary>The file of a private key.</summary>
/// <param name="Path">Where.</param>
/// <param name="Replaces">Whether one that is there may go.</param>
/// <param name="User">Who owns it, or <see cref="Posix.Unchanged"/>.</param>
/// <param name="Group">Who may read it beside the owner, or <see cref="Posix.Unchanged"/>.</param>
internal sealed record KeyFile(string Path, bool Replaces, uint User, uint Group)
{
    /// <summary>Whether a group may read it.</summary>
    public bool IsShared => Group != Posix.Unchanged;
}

/// <summary>A record to publish.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Text">What it says.</param>
internal sealed record KeyToPublish(string Name, string Text)
{
    // RFC 1035, 3.3: a character string has 255 octets at most.
    private const int MaxString = 255;

    /// <summary>The text as a zone file wants it.</summary>
    public IReadOnlyList<string> Strings => [.. Text.Chunk(MaxString).Select(c => new string(c))];

    /// <summary>For programs.</summary>
    public KeyView ViewWith(KeyFile file, string type) => new() { File = Path.GetFullPath(file.Path), Type = type, Name = Name, Record = Text, Strings = Strings };
}

/// <summary>Makes keys.</summary>
internal static class KeyMaker
{
    private const uint ReadWriteOfOwner = 0b110_000_000, ReadOfGroup = 0b100_000;

    /// <summary>Makes one; null with the trouble when the file cannot be made.</summary>
    /// <param name="kind">Which.</param>
    /// <param name="name">The name of its record.</param>
    /// <param name="file">The file of its private half.</param>
    /// <param name="trouble">Why not.</param>
    public static KeyToPublish? Make(KeyType kind, string name, KeyFile file, out Trouble? trouble)
    {
        trouble = Write(file, PrivateKey.NewPem(kind));
        if (trouble is not null) return null;
        // What is published is what the file holds.
        if (PrivateKey.TryLoad(file.Path, out var fault) is { } key) return new KeyToPublish(name, $"v=DKIM1; k={kind.Token()}; p={key.PublicBase64()}");
        trouble = new Trouble(TroubleKind.Failed, $"{file.Path}: {fault}");
        return null;
    }

    private static Trouble? Write(KeyFile file, string pem)
    {
        // A new file under its name at once, or beside the old one and renamed over it: never half a key.
        var path = file.Replaces ? $"{file.Path}.{Environment.ProcessId}.new" : file.Path;
        try
        {
            var error = Posix.TryOpen(path, Posix.O_WRONLY | Posix.O_CREAT | Posix.O_EXCL, (int)ReadWriteOfOwner, out var handle);
            if (error == Errno.EEXIST) return new Trouble(TroubleKind.AlreadyThere, $"{path} is there already; choose another --out, or say --force");
            if (error != 0) throw new PosixException(error, "create", path);
            using (handle)
            {
                // The owner first: until then the key is nobody else's to read.
                if (file.User != Posix.Unchanged || file.IsShared) Posix.SetOwner(handle!, file.User, file.Group, path);
                Posix.SetMode(handle!, file.IsShared ? ReadWriteOfOwner | ReadOfGroup : ReadWriteOfOwner, path);
                Posix.Write(handle!, Encoding.ASCII.GetBytes(pem + "\n"), 0, path);
                Posix.Sync(handle!, path);
            }
            if (file.Replaces) Posix.Rename(path, file.Path);
            // Before its public half is published.
            Posix.SyncDirectory(Path.GetDirectoryName(Path.GetFullPath(file.Path))!);
            return null;
        }
        catch (PosixException e)
        {
            return new Trouble(e.Errno is Errno.EACCES or Errno.EPERM ? TroubleKind.NotPermitted : TroubleKind.Failed, e.Message);
        }
    }
}
