namespace SpoolWorker.Testing;

/// <summary>A content engine of Debian's with rules of ours, which runs until it is disposed.</summary>
internal interface IRealEngine : IDisposable
{
    /// <summary>Its socket.</summary>
    string Address { get; }
}
