using System.Reflection;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Doctor;
using SpoolWorker.Operations.Views;

namespace SpoolWorker.Tests.Documentation;

/// <summary>Pages that are written from the program are as the program has it.</summary>
public sealed class GeneratedPagesTests
{
    /// <summary>Set to 1, the tests write the pages in place of comparing them.</summary>
    private const string Write = "SPOOLWORKER_WRITE_DOCS";

    [Fact]
    public void Configuration_is_documented_as_it_is_read() => Check(ConfigurationPage.Path, ConfigurationPage.Make());

    [Fact]
    public void Commands_are_documented_as_their_help_has_it() => Check(CommandsPage.Path, CommandsPage.Make());

    [Fact]
    public void Findings_are_documented_as_the_doctor_has_them() => Check(DoctorPage.Path, DoctorPage.Make());

    [Fact]
    public void Every_finding_has_a_name_of_its_own_in_one_form_a_meaning_and_a_cure()
    {
        FindingKinds.All.Select(k => k.Name).Should().OnlyHaveUniqueItems().And.HaveCountGreaterThan(60);
        FindingKinds.All.Where(k => !System.Text.RegularExpressions.Regex.IsMatch(k.Name, "^[a-z0-9]+(-[a-z0-9]+)+$") || !k.Meaning.EndsWith('.') || k.Cure.Length == 0 || k.Name.Length > 40).Select(k => k.Name).Should().BeEmpty();
        // One that the list has not could not be acknowledged.
        var declared = typeof(FindingKind).Assembly.GetTypes().SelectMany(t => t.GetFields(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic)).Where(f => f.FieldType == typeof(FindingKind)).Select(f => ((FindingKind)f.GetValue(null)!).Name);
        declared.Should().BeEquivalentTo(FindingKinds.All.Select(k => k.Name));
    }

    [Fact]
    public void Results_are_documented_as_passes_declare_them() => Check(ResultsPage.Path, ResultsPage.Make());

    [Fact]
    public async Task Metrics_are_documented_as_they_are_measured() => Check(MetricsPage.Path, await MetricsPage.MakeAsync());

    [Fact]
    public void Json_is_documented_as_it_is_printed() => Check(JsonPage.Path, JsonPage.Make());

    [Fact]
    public void Every_view_has_an_example_and_every_field_of_one_a_meaning()
    {
        // A view within another is shown there.
        var shown = JsonExamples.Sections.SelectMany(s => Within(s.View)).ToHashSet();
        typeof(View).Assembly.GetTypes().Where(t => t.IsSubclassOf(typeof(View)) && !shown.Contains(t)).Should().BeEmpty("docs/json.md is made of the examples");
        JsonExamples.Sections.SelectMany(s => JsonPage.Fields(s.View, "").Where(f => f.Meaning.Length == 0).Select(f => $"{s.View.Name}: {f.Name}")).Should().BeEmpty();
    }

    private static IEnumerable<Type> Within(Type view) => view.GetProperties().SelectMany(p => p.PropertyType.GetGenericArguments().Append(p.PropertyType))
        .Where(t => t.IsSubclassOf(typeof(View)) && t != view).SelectMany(Within).Prepend(view);

    [Fact]
    public void Events_of_the_log_are_documented_as_they_are_declared() => Check(EventsSection.Path, EventsSection.Make());

    [Fact]
    public void Every_event_has_a_number_of_its_own_room_and_a_meaning()
    {
        EventsSection.All.Should().HaveCountGreaterThan(40);
        EventsSection.All.Select(e => e.Id).Should().OnlyHaveUniqueItems();
        EventsSection.All.Where(e => e.Meaning.Length == 0).Select(e => e.Method).Should().BeEmpty();
        // A hundred is one room's.
        EventsSection.All.GroupBy(e => e.Id / 100).Where(g => g.Select(e => e.Type.Namespace).Distinct().Count() > 1).Should().BeEmpty();
    }

    [Fact]
    public void Every_key_has_a_meaning_and_every_number_a_unit_and_a_range() =>
        ConfigurationPage.All().Where(row => !row.IsComplete).Select(row => $"{row.Property.DeclaringType!.Name}.{row.Property.Name}").Should().BeEmpty("a summary, a range and its Unit stand beside each setting");

    [Fact]
    public void Every_word_of_a_setting_has_a_meaning() =>
        ConfigurationPage.All().Where(row => row.ItemType.IsEnum).SelectMany(row => row.Words.Where(w => w.Meaning.Length == 0).Select(w => $"{row.ItemType.Name}: {w.Word}")).Should().BeEmpty();

    [Fact]
    public void Every_pass_has_a_page() => SpoolWorker.Commands.Parsing.CommonOptions.Known().Passes.Select(p => $"docs/passes/{p.Name}.md").Except(DocumentationFiles.Pages).Should().BeEmpty();

    [Fact]
    public void The_page_of_a_pass_names_all_it_finds() => SpoolWorker.Commands.Parsing.CommonOptions.Known().Passes
        .SelectMany(p => p.Results.Select(r => r.Name).Except(DocumentationFiles.InlineCode($"docs/passes/{p.Name}.md")).Select(name => $"docs/passes/{p.Name}.md: {name}")).Should().BeEmpty();

    private static void Check(string page, string made)
    {
        if (TestVariables.WritesDocs) File.WriteAllText(Path.Combine(DocumentationFiles.Root, page), made);
        DocumentationFiles.Read(page).Should().Be(made, $"{page} is written by these tests with {Write}=1");
    }
}
