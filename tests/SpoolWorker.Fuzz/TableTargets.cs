using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Lookup.Lmdb;
using SpoolWorker.Testing;

namespace SpoolWorker.Fuzz;

/// <summary>A table as a stranger, a disk or a power cut left it. The library that writes tables ends the process on a broken page; so a crash is the finding.</summary>
internal static class TableTargets
{
    private const int MostKeys = 12;

    /// <summary>A file of a table that pages are changed in: whole headers, where a walk goes astray, and single bytes.</summary>
    public static byte[] Mutate(byte[] sound, Random random)
    {
        const int Page = 4096, Header = 16, Meta = 152;
        var bytes = sound.ToArray();
        for (var n = random.Next(1, 5); n > 0; n--)
        {
            var page = Page * random.Next(bytes.Length / Page);
            var at = page + random.Next(6) switch
            {
                0 => random.Next(Header),
                1 => random.Next(Meta),
                2 => 10,
                3 => Header + random.Next(200),
                _ => random.Next(Page),
            };
            at = Math.Min(at, bytes.Length - sizeof(ulong));
            switch (random.Next(5))
            {
                case 0: bytes[at] ^= (byte)(1 << random.Next(8)); break;
                case 1: bytes[at] = (byte)random.Next(256); break;
                case 2: BitConverter.TryWriteBytes(bytes.AsSpan(at), (ulong)random.Next(bytes.Length / Page + 2)); break;
                case 3: BitConverter.TryWriteBytes(bytes.AsSpan(at), (ushort)random.Next(0x10000)); break;
                // A page in the place of another.
                default: bytes.AsSpan(Page * random.Next(bytes.Length / Page), Page).CopyTo(bytes.AsSpan(page)); break;
            }
        }
        return random.Next(8) == 0 ? bytes[..random.Next(bytes.Length)] : bytes;
    }

    /// <summary>Any bytes as a table: every use of it answers, or says that it cannot be used; none makes the file grow beyond measure.</summary>
    public static void Table(byte[] input)
    {
        const long MostGrowth = 8 << 20;
        using var directory = new TempDirectory();
        var file = directory.At("table");
        File.WriteAllBytes(file, input);
        using (var table = new LmdbTable(file))
        {
            var keys = new List<byte[]>();
            table.TryScan([], (key, _) => { keys.Add(key.ToArray()); return keys.Count < MostKeys; }, out _);
            _ = table.TryStatistics(out _, out _);
            foreach (var key in keys) FuzzTargets.Require(table.Find(key, out _, out var reason) != LookupState.Unavailable || reason is not null, "what is unavailable has a reason");
            foreach (var key in keys) Use(table, key);
            Use(table, "a new key"u8.ToArray());
            _ = table.TryWrite(t => t.Clear(), out _);
        }
        FuzzTargets.Require(new FileInfo(file).Length <= input.Length + MostGrowth, "a file grows by what is written");
    }

    private static void Use(LmdbTable table, byte[] key)
    {
        if (key.Length is 0 or > LmdbKey.MaxLength) return;
        if (table.TryPut(key, new byte[key[^1] * 40], out _)) FuzzTargets.Require(table.Find(key, out var value, out _) == LookupState.Found && value!.Length == key[^1] * 40, "what was put is there");
        if ((key[^1] & 1) == 0) _ = table.TryDelete(key, out _, out _);
    }
}
