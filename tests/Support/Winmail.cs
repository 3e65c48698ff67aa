using System.Text;

namespace SpoolWorker.Testing;

/// <summary>Makes winmail.dat.</summary>
internal static class Winmail
{
    private static readonly (byte, uint, byte[]) Version = (1, 0x00089006, [0, 0, 1, 0]);

    /// <summary>MS-OXTNEF 2.1.3: signature, key, attributes of level, id, length, data and a sum; the first is the version.</summary>
    public static byte[] Of(params (byte Level, uint Id, byte[] Data)[] attributes)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes);
        writer.Write(0x223E9F78u);
        writer.Write((ushort)1);
        foreach (var (level, id, data) in attributes.Prepend(Version))
        {
            writer.Write(level);
            writer.Write(id);
            writer.Write(data.Length);
            writer.Write(data);
            writer.Write((ushort)data.Sum(b => b));
        }
        return bytes.ToArray();
    }

    /// <summary>The attributes of an attached file.</summary>
    public static (byte, uint, byte[])[] Attachment(string title, string? longName, byte[] data)
    {
        var made = new List<(byte, uint, byte[])> { (2, 0x00069002, new byte[14]), (2, 0x00018010, [.. Encoding.ASCII.GetBytes(title), 0]), (2, 0x0006800F, data) };
        if (longName is null) return [.. made];
        // PidTagAttachLongFilename, Unicode: one property of one value, padded to four bytes.
        byte[] name = [.. Encoding.Unicode.GetBytes(longName), 0, 0];
        byte[] properties = [.. BitConverter.GetBytes(1), .. BitConverter.GetBytes(0x3707001F), .. BitConverter.GetBytes(1), .. BitConverter.GetBytes(name.Length), .. name, .. new byte[(4 - name.Length % 4) % 4]];
        return [.. made, (2, 0x00069005, properties)];
    }
}
