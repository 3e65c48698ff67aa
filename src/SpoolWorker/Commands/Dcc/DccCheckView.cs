using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dcc.Protocol;

namespace SpoolWorker.Commands.Dcc;

/// <summary>One question to dccifd with everything that came of it.</summary>
/// <param name="Plan">Whether the worker would have asked.</param>
/// <param name="Request">What was sent.</param>
/// <param name="Finding">What it says; null without a proper answer.</param>
/// <param name="Reply">The last reply as it came.</param>
/// <param name="Milliseconds">How long it took.</param>
/// <param name="Verdicts">What the policy does with each recipient.</param>
/// <param name="Edits">Header lines removed and added.</param>
/// <param name="Acts">False: Mode is report-only.</param>
/// <param name="OnUnavailable">What the worker does without an answer.</param>
internal sealed record DccCheckView(DccPlan Plan, DccRequest Request, DccFinding? Finding, DccReply Reply, double Milliseconds,
    IReadOnlyList<DccVerdict> Verdicts, IReadOnlyList<HeaderEdit> Edits, bool Acts, OnUnavailable OnUnavailable)
{
    /// <summary>The request line by line, without the body.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Lines()
    {
        foreach (var line in Request.Envelope()) yield return line;
        foreach (var header in Request.Headers())
        {
            var text = header.Text;
            for (int end; (end = text.Span.IndexOf((byte)'\n')) >= 0; text = text[(end + 1)..]) yield return text[..end];
        }
        yield return default;
    }

    /// <summary>Word of a setting: as-reject, report-only.</summary>
    public static string Word<T>(T value)
        where T : struct, Enum => Configuration.SettingsReader.Dashed(value.ToString());
}
