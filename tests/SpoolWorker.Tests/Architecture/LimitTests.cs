// What one has to hold in one's head at once: a method on a page, a constructor whose parameters are still a list.
using System.CodeDom.Compiler;
using System.Reflection;
using System.Runtime.CompilerServices;
using SpoolWorker.Engine;
using SpoolWorker.Passes;
using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Architecture;

public sealed class LimitTests
{
    private const int MostLines = 60, MostParameters = 8;

    private static readonly Assembly[] Assemblies = [typeof(SpoolPair).Assembly, typeof(IMessagePass).Assembly, typeof(SpoolEngine).Assembly];

    [Fact]
    public void No_method_is_longer_than_a_page() => SourceTree.Files
        .SelectMany(f => MethodLengths.Of(File.ReadAllText(Path.Combine(Suites.Repository, "src", f.Path))).Where(m => m.Lines > MostLines).Select(m => $"{f.Path}:{m.Start}: {m.Lines} lines: {m.Text}")).Should().BeEmpty();

    [Fact]
    public void No_constructor_takes_more_than_one_can_name() =>
        Constructors().Where(c => c.Parameters > MostParameters).Select(c => $"{c.Type}: {c.Parameters}").Should().BeEmpty();

    [Fact]
    public void The_limits_are_seen_at_all()
    {
        Constructors().Should().Contain((typeof(SpoolEngine).FullName!, 6), "what is there is found");
        const string Source = """
            internal sealed class Reader(int a)
            {
                public int Long(
                    int a,
                    int b)
                {
                    if (a > b)
                    {
                        return a;
                    }
                    return b;
                }

                public int Value
                {
                    get
                    {
                        return 1;
                    }
                }

                public string Word(int a) => a switch
                {
                    1 => "one",
                    _ => "more",
                };

                public string Words(int a) =>
                    Word(a)
                        + Word(a);
            }
            """;
        MethodLengths.Of(Source).Where(m => !m.Text.StartsWith("if", StringComparison.Ordinal)).Select(m => (m.Text, m.Lines)).Should()
            .Equal(("public int Long(", 10), ("get", 4), ("public string Word(int a) => a switch", 5), ("public string Words(int a) =>", 3));
        SourceTree.Files.SelectMany(f => MethodLengths.Of(File.ReadAllText(Path.Combine(Suites.Repository, "src", f.Path)))).Count().Should().BeGreaterThan(1000);
    }

    // What the compiler makes (closures, log messages, copies of records) nobody has to read.
    private static List<(string Type, int Parameters)> Constructors() =>
    [
        .. from assembly in Assemblies
           from type in assembly.GetTypes()
           where !type.Name.Contains('<', StringComparison.Ordinal) && type.GetCustomAttribute<CompilerGeneratedAttribute>() is null && type.GetCustomAttribute<GeneratedCodeAttribute>() is null
           from constructor in type.GetConstructors(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
           select (type.FullName!, constructor.GetParameters().Length),
    ];
}
