using SpoolWorker.Passes.Dsn.Writing;
using SpoolWorker.Tests.Engine;

namespace SpoolWorker.Tests.Dsn;

/// <summary>Texts by language: built in, from a directory, chosen by what the message asks for.</summary>
public class DsnTemplateTests
{
    [Theory]
    [InlineData("en", "Undelivered")]
    [InlineData("de", "Unzustellbar")]
    [InlineData("fr", "Échec")]
    public void Built_in_languages_are_whole(string language, string word)
    {
        DsnTemplate.TryLoad("", language, out var template, out var error).Should().BeTrue("{0}", error);
        template!.Text("failed-subject", new Dictionary<string, string>()).Should().Contain(word);
    }

    [Theory]
    [InlineData("Accept-Language: de-AT, en;q=0.5\n", "de")]
    [InlineData("Accept-Language: da, en;q=0.2, fr;q=0.7\n", "fr")]
    [InlineData("Accept-Language: de;q=0\n", "en")]
    [InlineData("Content-Language: fr\n", "fr")]
    [InlineData("Content-Language: xx\n", "en")]
    [InlineData("Accept-Language: ;;q=,,\n", "en")]
    public void The_message_chooses_among_the_operators(string line, string language)
    {
        var read = DsnSample.Read(DsnSample.Notice(new PairFactory { MoreHeaders = [line] }), DsnSample.Options(o => o.Language = ["en", "de", "fr"]));

        read.Report[0].Headers["Content-Language"].Should().Be(language);
    }

    [Fact]
    public void A_directory_goes_before_what_is_built_in()
    {
        using var directory = new TempDirectory();
        File.WriteAllText($"{directory}/nl.txt", Minimal("Niet bezorgd: \u20ac", "Aan {recipients} ({host} {id})"));

        var read = DsnSample.Read(DsnSample.Notice(new PairFactory()), DsnSample.Options(o => (o.Templates, o.Language) = (directory, ["nl", "en"])));

        read.Message.Subject.Should().Be("Niet bezorgd: \u20ac");
        read.Text.Should().StartWith("Aan ").And.Contain("bob@r.example").And.Contain("(mx.here.example 1xVVht-000477-0i)");
    }

    [Theory]
    [InlineData("[failed]\nx\n", "the text [failed-subject] is missing")]
    [InlineData("[wrong]\nx\n", "no text is named [wrong]")]
    [InlineData("one\ntwo", "must be one line")]
    [InlineData("{who}", "has {who}")]
    public void Faults_are_found_at_the_start(string text, string fault)
    {
        using var directory = new TempDirectory();
        File.WriteAllText($"{directory}/nl.txt", text[0] == '[' ? text : Minimal(text, "x"));
        DsnOptions.Faults(new DsnOptions { Templates = directory, Language = ["nl"] }).Should().ContainSingle().Which.Should().Contain(fault);
    }

    [Fact]
    public void Settings_that_cannot_work_are_faults()
    {
        var options = new DsnOptions
        {
            ReportingMta = "no host",
            From = "@",
            Language = ["../x", "xx"],
            Templates = "/nonexistent",
        };

        DsnOptions.Faults(options).Should().HaveCount(5).And.OnlyContain(f => f.Contains(" = '", StringComparison.Ordinal));
        DsnOptions.Faults(new DsnOptions()).Should().BeEmpty();
        DsnOptions.Faults(new DsnOptions { Language = [] }).Should().ContainSingle();
    }

    private static string Minimal(string subject, string text) =>
        $"[failed-subject]\n{subject}\n\n[failed]\n{text}\n[delayed-subject]\nd\n[delayed]\nd\n[until]\n{{date}}\n[relayed-subject]\nr\n[relayed]\nr\n[returned-headers]\nh\n[returned-full]\nf\n[returned-not-full]\nn\n";
}
