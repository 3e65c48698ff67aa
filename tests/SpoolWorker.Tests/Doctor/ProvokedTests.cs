using System.Text.RegularExpressions;
using SpoolWorker.Operations.Doctor;

namespace SpoolWorker.Tests.Doctor;

/// <summary>No finding is listed that no test has seen: a name stands in a test that wants it, beside those that only print or acknowledge it.</summary>
public sealed partial class ProvokedTests
{
    [Fact]
    public void Each_finding_is_provoked_by_a_test()
    {
        var tests = Path.Combine(Suites.Repository, "tests");
        var text = string.Concat(Directory.EnumerateFiles(tests, "*.cs", SearchOption.AllDirectories).Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && Path.GetFileName(f) is not ("AcknowledgementTests.cs" or "JsonExamples.cs"))
            .Select(File.ReadAllText));
        // Of a line that says NotContain alone it was never seen.
        var wanted = string.Join('\n', text.Split('\n').Where(l => !l.Contains("NotContain", StringComparison.Ordinal) || Wanting().IsMatch(l)));
        FindingKinds.All.Select(k => k.Name).Where(name => !wanted.Contains($"\"{name}\"", StringComparison.Ordinal)).Should().BeEmpty();
    }

    [GeneratedRegex(@"(?<!Not)Contain\(|Find\(|Text\(|All\(|BeEquivalentTo")]
    private static partial Regex Wanting();
}
