namespace SpoolWorker.Options;

/// <summary>Section <c>Results</c>: what passes find, for those behind the worker.</summary>
internal sealed class ResultsOptions
{
    /// <summary>Names of results, or patterns such as <c>dcc_*</c>, that the delivering Exim finds as <c>$acl_m_NAME</c>.</summary>
    public List<string> Write { get; set; } = [];
}
