using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>Section <c>Corrupt</c>, and what <c>Held</c> has of it.</summary>
internal class FolderOptions
{
    /// <summary>Directory.</summary>
    [PathSetting]
    public string Path { get; set; } = "";
}

/// <summary>Section <c>Held</c>.</summary>
internal sealed class HeldOptions : FolderOptions
{
    /// <summary>Name or number of a group that may look at held messages: <c>list --held</c> and <c>show</c> need no secret. Empty: the group of the target's
    /// files.</summary>
    public string Group { get; set; } = "";
}
