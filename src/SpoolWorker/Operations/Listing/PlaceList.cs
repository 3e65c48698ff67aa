// The list of one directory: opened, written as rows, and what could not be listed of it.
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Listing;

/// <summary>What lies in one place.</summary>
internal sealed class PlaceList : IDisposable
{
    private readonly MessageNames? _names;

    private PlaceList(ListSource source, MessageNames? names)
    {
        Source = source;
        _names = names;
        Troubles = [.. names?.Unread.Select(e => new Trouble(Trouble.KindOf(e), $"{source.Name}: {e.Message}; what lies there is not listed")) ?? []];
    }

    public ListSource Source { get; }

    /// <summary>Subdirectories that cannot be read.</summary>
    public IReadOnlyList<Trouble> Troubles { get; }

    public bool IsEmpty => _names is not { Names.Length: > 0 };

    /// <summary>Length of the longest id.</summary>
    public int IdWidth => _names?.IdWidth ?? MessageId.ShortLength;

    /// <summary>Reads the names of its messages.</summary>
    /// <exception cref="PosixException">The directory cannot be read; see <see cref="TroubleOf"/>.</exception>
    public static PlaceList Open(ListSource source) => new(source, source.MayBeMissing && !Posix.Exists(source.Path) ? null : MessageNames.Read(source.Path, source.Filter?.Ids, source.MayBeTree));

    /// <summary>Reads the messages and writes their rows, oldest first.</summary>
    /// <param name="renderer">Makes what turns a message into a row; one for each thread.</param>
    /// <param name="output">Gets the rows in portions that end with a row.</param>
    public ListResult Write(Func<ListRenderer> renderer, Stream output)
    {
        if (_names is null) return default;
        using var writer = new ListWriter(Source, _names, renderer, output);
        return writer.Write();
    }

    /// <summary>What a failure to list a place means.</summary>
    public static Trouble TroubleOf(ListSource source, Exception failure) => failure is PosixException { Errno: Errno.ENOENT or Errno.ENOTDIR }
        ? new Trouble(TroubleKind.NotFound, $"{source.Name}: no directory {source.Path}{NearbyPaths.Sentence(source.Path)}")
        : failure is UnauthorizedAccessException or PosixException { Errno: Errno.EACCES or Errno.EPERM } ? new Trouble(TroubleKind.NotPermitted, $"{source.Name}: {failure.Message}")
        : new Trouble(TroubleKind.Failed, $"{source.Name}: {failure.Message}");

    public void Dispose() => _names?.Dispose();
}
