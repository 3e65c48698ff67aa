// The LMDB 0.9 library of the system (Debian: liblmdb0), for writing and for holding a state while it is read through.
// The ledger's own LMDB, which comes with a package, is 1.0: it writes another file format. Both are in this process: each
// is loaded with its symbols kept to itself (dlopen's default), and they are asked for by handle. Loaded at first use;
// where it is missing or is no 0.9, every use says so.
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace SpoolWorker.Passes.Lookup.Lmdb;

/// <summary>Return codes of lmdb.h beside errno.</summary>
internal static class LmdbCode
{
    public const int Success = 0, NotFound = -30798, Corrupted = -30796, Panic = -30795, Invalid = -30793,
        MapFull = -30792, MapResized = -30785;
}

/// <summary><c>MDB_val</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct LmdbValue
{
    public nuint Size;
    public byte* Data;
}

/// <summary><c>MDB_envinfo</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct LmdbInfo
{
    public nint MapAddress;
    public nuint MapSize, LastPage, LastTransaction;
    public uint MaxReaders, Readers;
}

/// <summary>Function pointers of the library.</summary>
internal sealed unsafe class LmdbNative
{
    public const uint NoSubdirectory = 0x4000, NoSync = 0x10000, ReadOnly = 0x20000, NoThreadStorage = 0x200000, NoLock = 0x400000;
    public const uint Append = 0x20000;

    // The first is the name by which the format is linked against everywhere; the second is what stands alone on some systems.
    private static readonly string[] Names = ["liblmdb.so.0", "liblmdb.so"];
    private static readonly Lazy<(LmdbNative? Library, string? Error)> Loaded = new(Load);

    public readonly delegate* unmanaged[Cdecl]<nint*, int> EnvCreate;
    public readonly delegate* unmanaged[Cdecl]<nint, byte*, uint, uint, int> EnvOpen;
    public readonly delegate* unmanaged[Cdecl]<nint, void> EnvClose;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint, int> EnvSetMapSize;
    public readonly delegate* unmanaged[Cdecl]<nint, LmdbInfo*, int> EnvInfo;
    public readonly delegate* unmanaged[Cdecl]<nint, int*, int> EnvGetFd;
    public readonly delegate* unmanaged[Cdecl]<nint, int*, int> ReaderCheck;
    public readonly delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<byte*, void*, int>, void*, int> ReaderList;
    public readonly delegate* unmanaged[Cdecl]<nint, nint, uint, nint*, int> TxnBegin;
    public readonly delegate* unmanaged[Cdecl]<nint, int> TxnCommit;
    public readonly delegate* unmanaged[Cdecl]<nint, void> TxnAbort;
    public readonly delegate* unmanaged[Cdecl]<nint, nuint> TxnId;
    public readonly delegate* unmanaged[Cdecl]<nint, byte*, uint, uint*, int> DbiOpen;
    public readonly delegate* unmanaged[Cdecl]<nint, uint, LmdbValue*, LmdbValue*, int> Get;
    public readonly delegate* unmanaged[Cdecl]<nint, uint, LmdbValue*, LmdbValue*, int> Delete;
    public readonly delegate* unmanaged[Cdecl]<nint, uint, int, int> Drop;
    public readonly delegate* unmanaged[Cdecl]<nint, uint, nint*, int> CursorOpen;
    public readonly delegate* unmanaged[Cdecl]<nint, LmdbValue*, LmdbValue*, uint, int> CursorPut;
    public readonly delegate* unmanaged[Cdecl]<nint, void> CursorClose;
    private readonly delegate* unmanaged[Cdecl]<int, byte*> _strerror;

    private LmdbNative(nint library)
    {
        EnvCreate = (delegate* unmanaged[Cdecl]<nint*, int>)At("mdb_env_create");
        EnvOpen = (delegate* unmanaged[Cdecl]<nint, byte*, uint, uint, int>)At("mdb_env_open");
        EnvClose = (delegate* unmanaged[Cdecl]<nint, void>)At("mdb_env_close");
        EnvSetMapSize = (delegate* unmanaged[Cdecl]<nint, nuint, int>)At("mdb_env_set_mapsize");
        EnvInfo = (delegate* unmanaged[Cdecl]<nint, LmdbInfo*, int>)At("mdb_env_info");
        EnvGetFd = (delegate* unmanaged[Cdecl]<nint, int*, int>)At("mdb_env_get_fd");
        ReaderCheck = (delegate* unmanaged[Cdecl]<nint, int*, int>)At("mdb_reader_check");
        ReaderList = (delegate* unmanaged[Cdecl]<nint, delegate* unmanaged[Cdecl]<byte*, void*, int>, void*, int>)At("mdb_reader_list");
        TxnBegin = (delegate* unmanaged[Cdecl]<nint, nint, uint, nint*, int>)At("mdb_txn_begin");
        TxnCommit = (delegate* unmanaged[Cdecl]<nint, int>)At("mdb_txn_commit");
        TxnAbort = (delegate* unmanaged[Cdecl]<nint, void>)At("mdb_txn_abort");
        TxnId = (delegate* unmanaged[Cdecl]<nint, nuint>)At("mdb_txn_id");
        DbiOpen = (delegate* unmanaged[Cdecl]<nint, byte*, uint, uint*, int>)At("mdb_dbi_open");
        Get = (delegate* unmanaged[Cdecl]<nint, uint, LmdbValue*, LmdbValue*, int>)At("mdb_get");
        Delete = (delegate* unmanaged[Cdecl]<nint, uint, LmdbValue*, LmdbValue*, int>)At("mdb_del");
        Drop = (delegate* unmanaged[Cdecl]<nint, uint, int, int>)At("mdb_drop");
        CursorOpen = (delegate* unmanaged[Cdecl]<nint, uint, nint*, int>)At("mdb_cursor_open");
        CursorPut = (delegate* unmanaged[Cdecl]<nint, LmdbValue*, LmdbValue*, uint, int>)At("mdb_cursor_put");
        CursorClose = (delegate* unmanaged[Cdecl]<nint, void>)At("mdb_cursor_close");
        _strerror = (delegate* unmanaged[Cdecl]<int, byte*>)At("mdb_strerror");
        nint At(string name) => NativeLibrary.GetExport(library, name);
    }

    /// <summary>The library, or why there is none.</summary>
    public static bool TryGet([NotNullWhen(true)] out LmdbNative? library, [NotNullWhen(false)] out string? error)
    {
        (library, error) = Loaded.Value;
        return library is not null;
    }

    /// <summary>A code in words.</summary>
    public string Text(int code) => Marshal.PtrToStringUTF8((nint)_strerror(code)) ?? $"code {code}";

    private static (LmdbNative?, string?) Load()
    {
        var found = "not found";
        foreach (var name in Names)
        {
            if (!NativeLibrary.TryLoad(name, out var library)) continue;
            try
            {
                int major, minor, patch;
                ((delegate* unmanaged[Cdecl]<int*, int*, int*, byte*>)NativeLibrary.GetExport(library, "mdb_version"))(&major, &minor, &patch);
                if ((major, minor) == (0, 9)) return (new LmdbNative(library), null);
                found = $"found {major}.{minor}.{patch} as {name}";
            }
            catch (EntryPointNotFoundException e)
            {
                found = $"found {name}, which lacks a function: {e.Message}";
            }
            NativeLibrary.Free(library);
        }
        return (null, $"tables are written with the system's LMDB 0.9 library, {found}: install liblmdb0 (Debian) or your system's package of LMDB 0.9");
    }
}
