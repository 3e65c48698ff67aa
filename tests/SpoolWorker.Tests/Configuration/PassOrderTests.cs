// The start refuses an order of passes in which something would be judged or signed that is not what came in or goes out.
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Configuration;
using SpoolWorker.Passes;

namespace SpoolWorker.Tests.Configuration;

public class PassOrderTests
{
    [Theory]
    [InlineData("")]
    [InlineData("authenticate")]
    [InlineData("authenticate dcc srs rules dsn arc-seal")]
    [InlineData("srs authenticate rules arc-seal")]
    [InlineData("authenticate rules dkim-sign")]
    [InlineData("authenticate dkim-sign arc-seal dsn")]
    public void Orders_that_work(string passes) => Faults(passes).Should().BeEmpty();

    [Theory]
    [InlineData("dcc authenticate", "Passes:1 = 'authenticate': comes behind dcc")]
    [InlineData("rules authenticate arc-seal", "Passes:1 = 'authenticate': comes behind rules")]
    [InlineData("dsn-info authenticate", "Passes:1 = 'authenticate': comes behind dsn-info")]
    [InlineData("arc-seal authenticate", "Passes:1 = 'authenticate': comes behind arc-seal", "Passes:1 = 'authenticate': edits header lines behind arc-seal")]
    [InlineData("authenticate arc-seal rules", "Passes:2 = 'rules': edits header lines behind arc-seal")]
    [InlineData("authenticate dkim-sign dcc", "Passes:2 = 'dcc': edits header lines behind dkim-sign")]
    [InlineData("authenticate arc-seal dkim-sign", "Passes:2 = 'dkim-sign': edits header lines behind arc-seal")]
    [InlineData("authenticate authenticate", "Passes:1 = 'authenticate': named twice", "Passes:1 = 'authenticate': comes behind authenticate")]
    [InlineData("autenticate", "Passes:0 = 'autenticate': no such pass")]
    public void Orders_that_are_refused(string passes, params string[] faults)
    {
        var found = Faults(passes);
        found.Should().HaveCount(faults.Length);
        found.Zip(faults).Should().OnlyContain(f => f.First.StartsWith(f.Second));
    }

    private static List<string> Faults(string passes)
    {
        var services = new ServiceCollection();
        PassCatalog.AddAll(services);
        var settings = new Settings { Passes = [.. passes.Split(' ', StringSplitOptions.RemoveEmptyEntries)] };
        return [.. SettingsValidator.Faults(settings, Registrations.In(services).Passes).Where(f => f.StartsWith("Passes:"))];
    }
}
