using System.Runtime.CompilerServices;
using System.Text;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dcc.Protocol;
using YamlDotNet.Serialization;

namespace SpoolWorker.Tests.Dcc;

/// <summary>Every answer in answers.yml, whole and cut off; the tables of letters and actions.</summary>
public class AnswerTests
{
    internal sealed record Case
    {
        public string Name { get; set; } = "";
        public string Answer { get; set; } = "";
        public int Recipients { get; set; } = 3;
        public string Form { get; set; } = "header";
        public string Overall { get; set; } = "";
        public string? Each { get; set; }
        public string? Letters { get; set; }
        public string? Header { get; set; }
        public string Fault { get; set; } = "";
        public int? Offset { get; set; }

        public byte[] Bytes => Encoding.Latin1.GetBytes(Answer);

        public DccForm DccForm => Enum.Parse<DccForm>(Form, ignoreCase: true);
    }

    private static readonly Dictionary<string, Case> Cases = new DeserializerBuilder().WithCaseInsensitivePropertyMatching().Build()
        .Deserialize<List<Case>>(File.ReadAllText(Path.Combine(Folder(), "answers.yml"))).ToDictionary(c => c.Name);

    public static TheoryData<string> Names => [.. Cases.Keys];

    private static string Folder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;

    [Theory]
    [MemberData(nameof(Names))]
    public void Is_read_as_the_vector_says(string name)
    {
        var vector = Cases[name];
        var valid = DccAnswer.TryParse(vector.Bytes, vector.Recipients, vector.DccForm, out var answer, out var fault);

        if (vector.Each is null)
        {
            valid.Should().BeFalse();
            fault!.Reason.Should().Contain(vector.Fault);
            if (vector.Offset is { } offset) fault.Offset.Should().Be(offset);
            return;
        }
        valid.Should().BeTrue("{0}", fault);
        answer!.Overall.ToLetter().ToString().Should().Be(vector.Overall);
        DccPolicy.Letters(answer.Recipients).Should().Be(vector.Each);
        answer.Letters.Should().Be(vector.Letters ?? vector.Each);
        (answer.Header is { } header ? Encoding.Latin1.GetString(header.Text.Span) : null).Should().Be(vector.Header);
    }

    [Fact]
    public void No_prefix_of_an_answer_says_something_else_than_the_whole()
    {
        // A cut answer is refused, or lacks the header, or is whole: it never gives other letters or another header.
        foreach (var vector in Cases.Values.Where(c => c is { Each: not null, Form: "header" }))
        {
            for (var length = 0; length < vector.Bytes.Length; length++)
            {
                if (!DccAnswer.TryParse(vector.Bytes.AsSpan(0, length), vector.Recipients, vector.DccForm, out var answer, out _)) continue;
                DccPolicy.Letters(answer.Recipients).Should().Be(vector.Each, "of {0} bytes of '{1}'", length, vector.Name);
                if (answer.Header is { } header) vector.Header.Should().StartWith(Encoding.Latin1.GetString(header.Text.Span));
            }
        }
    }

    [Fact]
    public void An_answer_is_whole_at_its_empty_line()
    {
        foreach (var vector in Cases.Values.Where(c => c is { Each: not null, Form: "header" } && c.Answer.EndsWith("\n\n", StringComparison.Ordinal) && !c.Name.StartsWith("what comes after", StringComparison.Ordinal)))
        {
            DccAnswer.IsWhole(vector.Bytes).Should().BeTrue(vector.Name);
            DccAnswer.IsWhole(vector.Bytes.AsSpan(0, vector.Bytes.Length - 1)).Should().BeFalse(vector.Name);
        }
    }

    [Fact]
    public void Noise_is_refused_and_never_throws()
    {
        var random = new Random(5);
        const string Alphabet = "AGRST\n\n\r\t X-DC:ab\0\u00ff";
        for (var n = 0; n < 20_000; n++)
        {
            var bytes = new byte[random.Next(40)];
            for (var i = 0; i < bytes.Length; i++) bytes[i] = (byte)Alphabet[random.Next(Alphabet.Length)];
            var form = (DccForm)random.Next(3);
            _ = DccAnswer.IsWhole(bytes);
            if (!DccAnswer.TryParse(bytes, 2, form, out var answer, out var fault)) fault.Reason.Should().NotBeEmpty();
            else answer.Recipients.Should().HaveCount(2);
        }
    }

    [Theory]
    [InlineData(DccLetter.Accept, 'A')]
    [InlineData(DccLetter.Some, 'S')]
    [InlineData(DccLetter.Reject, 'R')]
    [InlineData(DccLetter.Greylist, 'G')]
    [InlineData(DccLetter.Temporary, 'T')]
    public void Letters_and_their_meaning(DccLetter letter, char character)
    {
        letter.ToLetter().Should().Be(character);
        DccLetters.TryParse((byte)character, out var parsed).Should().BeTrue();
        parsed.Should().Be(letter);
    }

    [Fact]
    public void All_letters_are_in_the_table_and_no_others() =>
        Enumerable.Range(0, 256).Count(b => DccLetters.TryParse((byte)b, out _)).Should().Be(Enum.GetValues<DccLetter>().Length);

    [Theory]
    [InlineData(DccAction.Accept, DispositionKind.Continue)]
    [InlineData(DccAction.Tag, DispositionKind.Continue)]
    [InlineData(DccAction.Hold, DispositionKind.Hold)]
    [InlineData(DccAction.Bounce, DispositionKind.Bounce)]
    [InlineData(DccAction.Discard, DispositionKind.Discard)]
    [InlineData(DccAction.Drop, DispositionKind.Discard)]
    [InlineData(DccAction.Defer, DispositionKind.Defer)]
    public void Actions_and_their_disposition(DccAction action, DispositionKind kind) => action.ToDisposition("why", null).Kind.Should().Be(kind);
}
