// SRS addresses made or read by hand, with the codecs the pass uses. Strings hold octets, one char a byte (Latin-1).
using SpoolWorker.Operations.Views.Tools;
using SpoolWorker.Passes.Srs;

namespace SpoolWorker.Operations.Srs;

/// <summary>What became of one address.</summary>
/// <param name="Asked">The address as it came.</param>
/// <param name="Address">The answer; null: none.</param>
/// <param name="Status">How it ended.</param>
/// <param name="IsDone">Whether the answer is good.</param>
internal sealed record SrsAnswer(string Asked, string? Address, SrsStatus Status, bool IsDone)
{
    /// <summary>For programs.</summary>
    public SrsView View => new() { Asked = RecordViews.Exact(Asked), Address = Address is null ? null : RecordViews.Exact(Address), Status = Status.Token() };
}

/// <summary>Rewrites addresses in one direction.</summary>
/// <param name="rules">Formats and secrets.</param>
/// <param name="database">Addresses behind keys; null: none.</param>
/// <param name="encodes">True: SRS addresses are made; false: they are read.</param>
/// <param name="at">As if it were this time.</param>
internal sealed class SrsRewriter(SrsRules rules, SrsDatabase? database, bool encodes, DateTimeOffset at)
{
    private readonly SrsEncoder _encoder = new(rules, database);
    private readonly SrsDecoder _decoder = new(rules, database);

    /// <summary>One address; why it was refused stands in the status. One that is too long is given all the same.</summary>
    public SrsAnswer Rewrite(string address)
    {
        string answer;
        SrsStatus status;
        var isDone = encodes ? _encoder.TryEncode(address, at, out answer, out status) : _decoder.TryDecode(address, at, out answer, out status);
        return new SrsAnswer(address, isDone || status == SrsStatus.TooLong ? answer : null, status, isDone);
    }
}
