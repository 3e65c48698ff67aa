// Messages for the kill and fault tests: valid pairs made in code, each with a mark in its headers by which it is known
// again under whatever id, and the book of what became of each (mark, recipient). The check at the end is the promise:
// every recipient of every message once, delivered or told of in a bounce, bytes unchanged, nothing half done left anywhere.
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using SpoolWorker.Spool;

namespace SpoolWorker.EndToEnd.Kill;

/// <summary>One message that was fed.</summary>
internal sealed record KillMail(string Mark, MessageId Id, string[] Recipients, byte[] Header, byte[] Body)
{
    private const string IdDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary>The n-th message of a seed: one to three recipients, bodies from nothing to some 40 kB.</summary>
    public static KillMail Make(int n, bool longId, int seed = 0)
    {
        var random = new Random(n + seed);
        var time = 1_795_446_000L + n;
        var id = longId ? $"{Base62(time, 6)}-{Base62(7000 + seed, 11)}-{Base62(n % 10000, 4)}" : $"{Base62(time, 6)}-{Base62(7000 + seed, 6)}-{Base62(n % 2000, 2)}";
        MessageId.TryParse(id.AsSpan(), out var parsed).Should().BeTrue();
        var recipients = Enumerable.Range(0, 1 + random.Next(3)).Select(i => $"r{i}.{n}@example.org").ToArray();
        var body = new StringBuilder();
        for (var lines = random.Next(4) == 0 ? random.Next(600) : random.Next(12); lines > 0; lines--) body.Append(CultureInfo.InvariantCulture, $"line {lines} of {n} \u00e9\u00ff {random.Next()}\n");
        var bodyBytes = Encoding.Latin1.GetBytes(body.ToString());
        var mark = $"m{n}";
        var header = Encoding.Latin1.GetBytes(
            $"{id}-H\nDebian-exim 103 106\n<sender{n}@example.net>\n{time} 0\n-received_time_usec .{n % 1000000:000000}\n--helo_name client.example\n-host_address [127.0.0.1]:4090\n" +
            $"-body_linecount {bodyBytes.Count(b => b == '\n')}\n-max_received_linelength 37\n-deliver_firsttime\nXX\n{recipients.Length}\n{string.Join("\n", recipients)}\n\n" +
            Line($"Subject: test {n}\n") + Line($"X-Mark: {mark}\n"));
        return new KillMail(mark, parsed, recipients, header, bodyBytes);
    }

    public byte[] DataFile => [.. Encoding.ASCII.GetBytes(Id.BodyName + "\n"), .. Body];

    /// <summary>The same handed over with a recipient more.</summary>
    public KillMail With(string recipient)
    {
        string[] more = [.. Recipients, recipient];
        var header = Encoding.Latin1.GetString(Header).Replace(Named(Recipients), Named(more), StringComparison.Ordinal);
        return this with { Recipients = more, Header = Encoding.Latin1.GetBytes(header) };
    }

    private static string Named(string[] recipients) => $"\nXX\n{recipients.Length}\n{string.Join("\n", recipients)}\n";

    private static string Line(string text) => $"{text.Length:000}  {text}";

    private static string Base62(long value, int digits)
    {
        var text = new char[digits];
        for (var i = digits - 1; i >= 0; i--, value /= 62) text[i] = IdDigits[(int)(value % 62)];
        return new string(text);
    }
}

/// <summary>A pair as found in a target or in held/.</summary>
internal sealed partial record FoundPair(string Folder, MessageId Id, HeaderFile Header, byte[] Body)
{
    /// <summary>A notification: the mark is in what it returns.</summary>
    public bool IsBounce => Header.IsNullSender && !IsNotice;

    /// <summary>A notice to administrators.</summary>
    public bool IsNotice => Header.IsNullSender && Pending.SequenceEqual([KillBook.Admin]);

    /// <summary>The held message that a notice is of.</summary>
    public string Shown => ShownMessage().Match(Encoding.Latin1.GetString(Body)).Groups[1].Value;

    /// <summary>How many more it tells of.</summary>
    public int More => MoreHeld().Match(Encoding.Latin1.GetString(Body)) is { Success: true } more ? int.Parse(more.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;

    public string Mark => IsBounce ? MarkReturned().Match(Encoding.Latin1.GetString(Body)).Groups[1].Value
        : Encoding.Latin1.GetString(Header.Headers.Single(h => h.Is("X-Mark"u8)).Value).Trim();

    /// <summary>Whom a notification is about.</summary>
    public IEnumerable<string> Failed => FailedRecipient().Matches(Encoding.Latin1.GetString(Body)).Select(m => m.Groups[1].Value);

    [GeneratedRegex("^X-Mark: (.*)$", RegexOptions.Multiline)]
    private static partial Regex MarkReturned();

    [GeneratedRegex("^Final-Recipient: rfc822; (.*)$", RegexOptions.Multiline)]
    private static partial Regex FailedRecipient();

    [GeneratedRegex("spoolworker show ([0-9A-Za-z-]+)$", RegexOptions.Multiline)]
    private static partial Regex ShownMessage();

    [GeneratedRegex("^([0-9]+) more were held", RegexOptions.Multiline)]
    private static partial Regex MoreHeld();

    public IEnumerable<string> Pending => Header.Pending.Select(r => Encoding.Latin1.GetString(r.Address.Span));
}

/// <summary>What was fed, what was delivered, and whether it adds up.</summary>
internal sealed class KillBook
{
    /// <summary>Who is told of what is held.</summary>
    public const string Admin = "postmaster@admin.example";

    /// <summary>Whose mail comes back.</summary>
    public Func<string, bool> Bounces { get; init; } = _ => false;

    /// <summary>Who gets a copy of all mail; empty: nobody.</summary>
    public string CopyTo { get; init; } = "";

    private readonly Dictionary<string, KillMail> _fed = [];
    private readonly Dictionary<(string Mark, string Recipient), List<string>> _delivered = [];
    private readonly List<string> _faults = [], _told = [];

    public IReadOnlyDictionary<string, KillMail> Fed => _fed;

    /// <summary>Held messages that notices were found of, one each.</summary>
    public IReadOnlyList<string> Told => _told;

    /// <summary>How many more they tell of.</summary>
    public int ToldMore { get; private set; }

    public void Feed(KillMail mail) => _fed.Add(mail.Mark, mail);

    /// <summary>The same message, handed over with other recipients: what was delivered so far stands.</summary>
    public void FeedAgain(KillMail mail) => _fed[mail.Mark] = mail;

    /// <summary>No fault: a -D without a -H. It tells nobody of a message.</summary>
    public bool AllowsLoneBodies { get; init; }

    /// <summary>All visible pairs of a directory, both layouts.</summary>
    public static List<FoundPair> Pairs(string directory)
    {
        var found = new List<FoundPair>();
        foreach (var path in Directory.EnumerateFiles(directory, "*-H", SearchOption.AllDirectories).ToList())
        {
            if (Read(path) is { } pair) found.Add(pair);
        }
        return found;
    }

    /// <summary>What Exim does between two lives of the worker: takes what is visible and not locked, delivers it, removes it.</summary>
    public int EximTakes(string directory, int most = int.MaxValue)
    {
        var taken = 0;
        foreach (var path in Directory.EnumerateFiles(directory, "*-H", SearchOption.AllDirectories).Take(most).ToList())
        {
            var body = path[..^1] + "D";
            if (Posix.TryOpen(body, Posix.O_RDWR, 0, out var handle) != 0) continue;
            using (handle)
            {
                if (!Posix.TryLock(handle!, Path.GetFileName(body).Length + 1, body) || Read(path) is not { } pair) continue;
                Deliver(pair, "delivered");
                File.Delete(path);
                File.Delete(body);
                taken++;
            }
        }
        return taken;
    }

    /// <summary>Counts every recipient of every message: once, in what was delivered, in the target or in held.</summary>
    public void CheckAll(string target, string held, string corrupt, params string[] intakes)
    {
        foreach (var pair in Pairs(target)) Deliver(pair, "in the target");
        foreach (var pair in Pairs(held)) Deliver(pair, "held");
        foreach (var mail in _fed.Values)
        {
            foreach (var recipient in CopyTo.Length > 0 ? mail.Recipients.Append(CopyTo) : mail.Recipients)
            {
                var times = _delivered.GetValueOrDefault((mail.Mark, recipient)) ?? [];
                if (times.Count == 0) _faults.Add($"{mail.Id} {recipient}: lost");
                if (times.Count > 1) _faults.Add($"{mail.Id} {recipient}: {times.Count} times: {string.Join(", ", times)}");
                if (times.Any(t => t.StartsWith("bounced", StringComparison.Ordinal) != Bounces(recipient))) _faults.Add($"{mail.Id} {recipient}: {string.Join(", ", times)}");
            }
        }
        foreach (var folder in new[] { target, held }) CheckNames(folder);
        foreach (var folder in intakes.Append(corrupt).Where(Directory.Exists)) _faults.AddRange(Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(f => $"left: {f}"));
        if (_faults.Count > 0) Assert.Fail($"{_faults.Count} faults:\n" + string.Join("\n", _faults.Take(40)));
    }

    private static FoundPair? Read(string path)
    {
        MessageId.TryParseFileName(Path.GetFileName(path.AsSpan()), 'H', out var id).Should().BeTrue("{0} is no name of ours", path);
        HeaderFileReader.TryRead(File.ReadAllBytes(path), id, out var header, out var error).Should().BeTrue("{0}: {1}", path, error);
        var data = File.ReadAllBytes(path[..^1] + "D");
        Encoding.Latin1.GetString(data, 0, Math.Min(id.BodyOffset, data.Length)).Should().Be(id.BodyName + "\n");
        return new FoundPair(Path.GetDirectoryName(path)!, id, header!, data[id.BodyOffset..]);
    }

    private void Deliver(FoundPair pair, string where)
    {
        if (pair.IsNotice)
        {
            _told.Add(pair.Shown);
            ToldMore += pair.More;
            return;
        }
        if (!_fed.TryGetValue(pair.Mark, out var mail))
        {
            _faults.Add($"{pair.Id}: was never fed");
            return;
        }
        foreach (var recipient in pair.IsBounce ? pair.Failed : pair.Pending)
        {
            if (!_delivered.TryGetValue((mail.Mark, recipient), out var times)) _delivered[(mail.Mark, recipient)] = times = [];
            times.Add($"{(pair.IsBounce ? "bounced, " : "")}{where} as {pair.Id}");
        }
        if (pair.IsBounce)
        {
            var sender = $"sender{mail.Mark[1..]}@example.net";
            if (!pair.Pending.SequenceEqual([sender])) _faults.Add($"{pair.Id} ({mail.Id}): bounce to {string.Join(", ", pair.Pending)}, not to {sender}");
            return;
        }
        if (!pair.Body.AsSpan().SequenceEqual(mail.Body)) _faults.Add($"{pair.Id} ({mail.Id}): body of {pair.Body.Length} bytes, was {mail.Body.Length}");
        var same = pair.Header.NonRecipients.Count > 0 ? pair.Header with { NonRecipients = NonRecipientTree.Empty } : pair.Header;
        if (CopyTo.Length > 0) same = same.WithRecipients(same.Recipients.Where(r => Encoding.Latin1.GetString(r.Address.Span) != CopyTo));
        if (!HeaderFileWriter.ToArray(same.WithId(mail.Id)).AsSpan().SequenceEqual(mail.Header)) _faults.Add($"{pair.Id} ({mail.Id}): -H differs");
    }

    private void CheckNames(string directory)
    {
        foreach (var path in Directory.EnumerateFiles(directory, "*", SearchOption.AllDirectories))
        {
            var name = Path.GetFileName(path);
            if (name.StartsWith("hdr.", StringComparison.Ordinal)) _faults.Add($"staged and left: {path}");
            if (!AllowsLoneBodies && name.EndsWith("-D", StringComparison.Ordinal) && !File.Exists(path[..^1] + "H")) _faults.Add($"-D without -H: {path}");
        }
    }
}
