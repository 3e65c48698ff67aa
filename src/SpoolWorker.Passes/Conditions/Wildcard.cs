namespace SpoolWorker.Passes.Conditions;

/// <summary>A text in which <c>*</c> stands for any text; case does not matter unless it is said. Each piece is looked for once from the left, so matching
/// takes time in proportion to the value.</summary>
internal sealed class Wildcard(string text, StringComparison comparison = StringComparison.OrdinalIgnoreCase)
{
    private readonly string[] _pieces = text.Split('*');

    public bool Matches(string value)
    {
        if (_pieces.Length == 1) return value.Equals(_pieces[0], comparison);
        var (first, last) = (_pieces[0], _pieces[^1]);
        if (value.Length < first.Length + last.Length || !value.StartsWith(first, comparison) || !value.EndsWith(last, comparison)) return false;
        var rest = value.AsSpan(first.Length, value.Length - first.Length - last.Length);
        foreach (var piece in _pieces.AsSpan(1, _pieces.Length - 2))
        {
            var at = rest.IndexOf(piece, comparison);
            if (at < 0) return false;
            rest = rest[(at + piece.Length)..];
        }
        return true;
    }
}
