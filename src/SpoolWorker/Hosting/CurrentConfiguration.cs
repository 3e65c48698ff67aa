using SpoolWorker.Configuration;

namespace SpoolWorker.Hosting;

/// <summary>The configuration in force. Whoever outlives a reload keeps this, not what is in it: the settings of passes hold secrets, and those of files that are
/// not used any more are to be forgotten. Any thread.</summary>
internal sealed class CurrentConfiguration(LoadedConfiguration loaded)
{
    private volatile LoadedConfiguration _loaded = loaded;

    public LoadedConfiguration Loaded
    {
        get => _loaded;
        set => _loaded = value;
    }
}
