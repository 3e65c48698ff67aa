// Loads the LMDB library that the LightningDB package brings, by its full path, and no other. .NET would take `liblmdb.so` by
// name before it: where Debian's liblmdb-dev is installed that is LMDB 0.9, which writes another file format, so that a
// ledger could not be read any more on the next machine, or after an upgrade of this one. The version is asked all the same.
// The library needs one symbol of glibc 2.38, `__isoc23_strtol`, which is strtol with binary literals added; it never parses
// one. On systems with an older C library (Debian 12, RHEL 9) an anonymous in-memory copy of the library is loaded in which
// that reference reads plain `strtol` and the version requirement is marked weak. Where loading works, nothing is edited.
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using System.Text;
using LightningDB;
using Microsoft.Win32.SafeHandles;

namespace SpoolWorker.Ledger.Store;

/// <summary>The native LMDB library. Call <see cref="Prepare"/> before the first use of LightningDB.</summary>
internal static partial class NativeLmdb
{
    private const string TooNewVersion = "GLIBC_2.38", TooNewSymbol = "__isoc23_strtol", PlainSymbol = "strtol", FileName = "liblmdb.so";

    /// <summary>Every 1.x writes the file format the ledger is kept in; 0.9 does not.</summary>
    private const int Major = 1;

    private static readonly byte[] ElfMagic = [0x7f, (byte)'E', (byte)'L', (byte)'F', 2, 1];
    private static readonly Lazy<string?> Fault = new(Load);

    /// <summary>The file that is loaded; empty before <see cref="Prepare"/>.</summary>
    public static string LoadedFrom { get; private set; } = "";

    /// <summary>Loads the library once and hands it to LightningDB.</summary>
    /// <exception cref="DllNotFoundException">It is not beside the program, or is not the one that is meant: the message says which files were looked at.</exception>
    public static void Prepare()
    {
        if (Fault.Value is { } fault) throw new DllNotFoundException(fault);
    }

    private static string? Load()
    {
        var faults = new List<string>();
        foreach (var path in Candidates().Where(File.Exists))
        {
            if (TryLoad(path, out var handle) is { } fault)
            {
                faults.Add($"{path}: {fault}");
                continue;
            }
            LoadedFrom = path;
            NativeLibrary.SetDllImportResolver(typeof(LightningEnvironment).Assembly, (_, _, _) => handle);
            return null;
        }
        return $"the ledger needs the LMDB library that comes with this program: {(faults.Count > 0 ? string.Join("; ", faults) : $"{FileName} is not below {AppContext.BaseDirectory}")}. Install the program's directory as a whole";
    }

    // Null when it is loaded, else why not.
    private static string? TryLoad(string path, out nint handle)
    {
        if (!TryOpen(path, out handle, out var fault) && !TryOpenLowered(path, out handle)) return fault;
        var version = VersionOf(handle);
        if (version.Major == Major) return null;
        NativeLibrary.Free(handle);
        return $"is LMDB {version}, not {Major}.x, whose file format the ledger has";
    }

    private static bool TryOpen(string path, out nint handle, [NotNullWhen(false)] out string? fault)
    {
        (handle, fault) = (0, null);
        try
        {
            handle = NativeLibrary.Load(path);
            return true;
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            fault = e.Message;
            return false;
        }
    }

    private static bool TryOpenLowered(string path, out nint handle)
    {
        handle = 0;
        var image = File.ReadAllBytes(path);
        if (!TryLowerRequirement(image)) return false;
        var fd = memfd_create("liblmdb", 0);
        if (fd < 0) return false;
        // The handle stays open for the life of the process: the loader knows the library by this path.
        RandomAccess.Write(new SafeFileHandle(fd, ownsHandle: false), image, 0);
        return NativeLibrary.TryLoad($"/proc/self/fd/{fd}", out handle);
    }

    private static unsafe Version VersionOf(nint library)
    {
        int major, minor, patch;
        if (!NativeLibrary.TryGetExport(library, "mdb_version", out var version)) return new Version();
        ((delegate* unmanaged[Cdecl]<int*, int*, int*, byte*>)version)(&major, &minor, &patch);
        return new Version(major, minor, patch);
    }

    // Where the host says the program's native files are (its own directory when published, the package's folder in a build
    // of a test), then where a build puts them.
    private static IEnumerable<string> Candidates()
    {
        var platform = $"linux-{RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant()}";
        yield return Path.Combine(AppContext.BaseDirectory, FileName);
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", RuntimeInformation.RuntimeIdentifier, "native", FileName);
        yield return Path.Combine(AppContext.BaseDirectory, "runtimes", platform, "native", FileName);
        foreach (var directory in ((AppContext.GetData("NATIVE_DLL_SEARCH_DIRECTORIES") as string) ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries))
            yield return Path.Combine(directory, FileName);
    }

    /// <summary>Edits the dynamic section of a 64-bit little-endian ELF image in place; false when it is not as expected.</summary>
    internal static bool TryLowerRequirement(Span<byte> image)
    {
        if (image.Length < 64 || !image[..6].SequenceEqual(ElfMagic)) return false;
        try
        {
            return new ElfEdit(image).Apply();
        }
        catch (ArgumentOutOfRangeException)
        {
            return false;
        }
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int memfd_create(string name, uint flags);

    // Offsets and tags: System V ABI, "Dynamic Section", and the GNU symbol versioning of the Linux Standard Base.
    private ref struct ElfEdit(Span<byte> image)
    {
        private const int SymbolSize = 24, WeakFlag = 2, UnversionedGlobal = 1;
        private const ulong StringTable = 5, SymbolTable = 6, VersionTable = 0x6ffffff0, Needs = 0x6ffffffe, NeedsCount = 0x6fffffff;
        private readonly Span<byte> _image = image;
        private long _strings, _symbols, _versions;

        public bool Apply()
        {
            var (dynamicOffset, dynamicSize) = Segment(2, 0);
            var tags = new Dictionary<ulong, ulong>();
            for (var at = dynamicOffset; at < dynamicOffset + dynamicSize; at += 16) tags.TryAdd(U64(at), U64(at + 8));
            if (!tags.TryGetValue(StringTable, out var strings) || !tags.TryGetValue(SymbolTable, out var symbols)
                || !tags.TryGetValue(VersionTable, out var versions) || !tags.TryGetValue(Needs, out var needs)
                || !tags.TryGetValue(NeedsCount, out var count)) return false;
            _strings = OffsetOf(strings);
            _symbols = OffsetOf(symbols);
            _versions = OffsetOf(versions);
            var index = MarkWeak(OffsetOf(needs), (int)count);
            return index != 0 && RenameSymbol(index);
        }

        private readonly int MarkWeak(long need, int count)
        {
            for (var i = 0; i < count; i++)
            {
                var entry = need + U32(need + 8);
                for (var j = 0; j < U16(need + 2); j++)
                {
                    if (Text(U32(entry + 8)) == TooNewVersion)
                    {
                        BinaryPrimitives.WriteUInt16LittleEndian(_image[(int)(entry + 4)..], (ushort)(U16(entry + 4) | WeakFlag));
                        return U16(entry + 6);
                    }
                    entry += U32(entry + 12);
                }
                need += U32(need + 12);
            }
            return 0;
        }

        private readonly bool RenameSymbol(int index)
        {
            // The linker puts .dynsym before .dynstr; there is no count of symbols, the strings end it.
            for (var i = 1; _symbols + i * SymbolSize < _strings; i++)
            {
                var version = _versions + i * 2;
                if ((U16(version) & 0x7fff) != index) continue;
                var symbol = _symbols + i * SymbolSize;
                if (Text(U32(symbol)) != TooNewSymbol) return false;
                BinaryPrimitives.WriteUInt32LittleEndian(_image[(int)symbol..], (uint)(U32(symbol) + TooNewSymbol.Length - PlainSymbol.Length));
                BinaryPrimitives.WriteUInt16LittleEndian(_image[(int)version..], UnversionedGlobal);
                return true;
            }
            return false;
        }

        private readonly long OffsetOf(ulong address)
        {
            for (var i = 0; ; i++)
            {
                var header = ProgramHeader(i);
                if (header < 0) throw new ArgumentOutOfRangeException(nameof(address), address, "not in a loaded segment");
                if (U32(header) == 1 && address >= U64(header + 16) && address < U64(header + 16) + U64(header + 32))
                    return (long)(address - U64(header + 16) + U64(header + 8));
            }
        }

        private readonly (long Offset, long Size) Segment(uint type, int from)
        {
            for (var i = from; ; i++)
            {
                var header = ProgramHeader(i);
                if (header < 0) return (0, 0);
                if (U32(header) == type) return ((long)U64(header + 8), (long)U64(header + 32));
            }
        }

        private readonly long ProgramHeader(int i) => i < U16(56) ? (long)U64(32) + (long)i * U16(54) : -1;

        private readonly string Text(long offset)
        {
            var tail = _image[(int)(_strings + offset)..];
            return Encoding.ASCII.GetString(tail[..tail.IndexOf((byte)0)]);
        }

        private readonly ushort U16(long at) => BinaryPrimitives.ReadUInt16LittleEndian(_image[(int)at..]);

        private readonly uint U32(long at) => BinaryPrimitives.ReadUInt32LittleEndian(_image[(int)at..]);

        private readonly ulong U64(long at) => BinaryPrimitives.ReadUInt64LittleEndian(_image[(int)at..]);
    }
}
