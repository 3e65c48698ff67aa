// The domains of the authors in an address field (RFC 5322, 3.4 and 4.4), for whoever asks in whose name a message speaks: DMARC,
// DKIM, sealing. Local parts do not matter to them, so what is wrong with one ("joe..s@", ".joe@", "joe@x smith@") hides no
// domain. What a reader of mail would take for an address counts, obsolete and broken forms included: a forger must not
// get past his victim's policy with a field that this does not read and a mail program does. Where two readings are
// possible both domains are given, and the caller has to see that there are two. Linear in the length; nothing throws.
using System.Text;

namespace SpoolWorker.Passes.Mail;

/// <summary>Reads address fields for their domains.</summary>
public static class AddressDomains
{
    /// <summary>The domains in their order and spelling, one char an octet, comments and blanks around dots left out; a literal keeps its brackets.</summary>
    /// <param name="field">What stands behind the colon, folded as it came.</param>
    public static IReadOnlyList<string> In(ReadOnlySpan<byte> field) => new Reader(field).Read();

    private ref struct Reader(ReadOnlySpan<byte> field)
    {
        private readonly ReadOnlySpan<byte> _field = field;
        private readonly List<string> _found = [];

        // Of the element between two commas: what stands in angle brackets is the address, and what stands before them a name.
        private readonly List<string> _bare = [];
        private readonly List<string> _angled = [];
        private int _at;
        private bool _inAngle;
        private bool _isRoute;
        private bool _angleIsEmpty;

        // One quote or parenthesis that is never closed is a letter, and so is each one behind it: looking again would cost a scan for each.
        private bool _quotesAreLetters;
        private bool _parenthesesAreLetters;

        public List<string> Read()
        {
            while (_at < _field.Length)
            {
                if (TrySkipQuoted() || TrySkipComment()) continue;
                var b = _field[_at++];
                switch (b)
                {
                    case (byte)'<':
                        _inAngle = _angleIsEmpty = true;
                        _isRoute = false;
                        continue;
                    case (byte)'>':
                    case (byte)';':
                        EndElement();
                        continue;
                    // RFC 5322, 4.4: obs-route = "@a,@b:" stands before the address
                    case (byte)',' when !(_inAngle && _isRoute):
                        EndElement();
                        continue;
                    case (byte)':':
                        Colon();
                        continue;
                    case (byte)'@':
                        _isRoute |= _inAngle && _angleIsEmpty;
                        if (Domain() is { Length: > 0 } domain) (_inAngle ? _angled : _bare).Add(domain);
                        break;
                }
                _angleIsEmpty &= IsBlank(b);
            }
            EndElement();
            return _found;
        }

        // Behind a group's name, a route, or "mailto"; behind an address it can only be a separator.
        private void Colon()
        {
            if (!_inAngle && _bare.Count > 0) EndElement();
            if (!_isRoute) return;
            _angled.Clear();
            _isRoute = false;
        }

        // What stands before angle brackets is a name, with an unquoted at sign too ("a@x <b@y>"; RFC 5322's phrase has none, but lists write
        // "joe@x via List <list@y>"): mail programs answer to the address in the brackets, and where they show the name, it deceives just
        // as well in quotes. RFC 9989, 11.4 leaves names out of DMARC. Counting x would only make such mail permerror: not
        // rejected by anybody's policy, while y's is what the sender has to pass.
        private void EndElement()
        {
            _found.AddRange(_angled.Count > 0 ? _angled : _bare);
            _angled.Clear();
            _bare.Clear();
            _inAngle = _isRoute = false;
        }

        // domain = dot-atom / domain-literal / obs-domain, the last with CFWS around its dots
        private string Domain()
        {
            SkipBlanks();
            if (_at < _field.Length && _field[_at] == '[' && _field[_at..].IndexOf((byte)']') is var end and > 0)
            {
                var literal = Encoding.Latin1.GetString(_field.Slice(_at, end + 1));
                _at += end + 1;
                return literal;
            }
            var name = new StringBuilder();
            while (true)
            {
                var start = _at;
                while (_at < _field.Length && IsOfDomain(_field[_at])) _at++;
                name.Append(Encoding.Latin1.GetString(_field[start.._at]));
                var behind = _at;
                SkipBlanks();
                if (_at < _field.Length && IsOfDomain(_field[_at]) && name.Length > 0 && (name[^1] == '.' || _field[_at] == '.')) continue;
                _at = behind;
                return name.ToString();
            }
        }

        private void SkipBlanks()
        {
            while (_at < _field.Length && (IsBlank(_field[_at]) || TrySkipComment()))
            {
                if (_at < _field.Length && IsBlank(_field[_at])) _at++;
            }
        }

        private bool TrySkipQuoted()
        {
            if (_quotesAreLetters || _field[_at] != '"') return false;
            var end = FieldSyntax.EndOfQuoted(_field, _at);
            _quotesAreLetters = end == 0;
            if (end == 0) return false;
            _at = end;
            _angleIsEmpty = false;
            return true;
        }

        private bool TrySkipComment()
        {
            if (_parenthesesAreLetters || _field[_at] != '(') return false;
            var end = FieldSyntax.EndOfComment(_field, _at);
            _parenthesesAreLetters = end == 0;
            if (end > 0) _at = end;
            return end > 0;
        }

        // Controls end a name as blanks do: no program shows them.
        private static bool IsBlank(byte b) => b is <= (byte)' ' or 0x7f;

        private static bool IsOfDomain(byte b) => !IsBlank(b) && !"()<>@,;:\\\"[]"u8.Contains(b);
    }
}
