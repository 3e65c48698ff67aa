// A folder a case in `vectors`: message.eml as it came; envelope, with lines "ip", "helo", "from"; dns, a TXT record a line; added, the
// header lines the pass puts on top. Where "added" differs, the test says what came instead.
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SpoolWorker.Commands.Input;
using SpoolWorker.Configuration;
using SpoolWorker.Hosting;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Authentication;
using SpoolWorker.Passes.Dmarc;
using SpoolWorker.Passes.Dns;
using SpoolWorker.Tests.Dkim;
using SpoolWorker.Tests.Dns;
using SpoolWorker.Tests.Registration;

namespace SpoolWorker.Tests.Authentication;

public sealed class AuthenticationVectorTests
{
    private static string Root => Path.Combine(Suites.Repository, "tests/SpoolWorker.Tests/Authentication/vectors");

    public static TheoryData<string> Cases() => [.. Directory.GetDirectories(Root).Select(Path.GetFileName).Order(StringComparer.Ordinal).Cast<string>()];

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_vector_gives_its_header_lines(string name)
    {
        var folder = Path.Combine(Root, name);
        var zone = new Zone();
        foreach (var (owner, text) in Lines($"{folder}/dns")) zone.Txt(owner, text);
        using var dns = new TestDnsServer(zone);
        using var message = MessageFile.Open($"{folder}/message.eml", out _)!;
        var header = message.Header;
        foreach (var (key, value) in Lines($"{folder}/envelope"))
        {
            var octets = Encoding.Latin1.GetBytes(value);
            header = key switch
            {
                "ip" => header.WithVariable("host_address", $"[{value}]:25"),
                "helo" => header.WithVariable("helo_name", octets),
                "from" => header.WithSender(octets),
                _ => throw new InvalidDataException($"{folder}/envelope: '{key}'"),
            };
        }
        var services = new ServiceCollection();
        PassCatalog.AddAll(services);
        foreach (var section in Registrations.In(services).Sections)
        {
            var options = section.NewOptions();
            if (options is DnsOptions resolver) resolver.Servers = [dns.Address];
            services.AddSingleton(section.Type, options);
        }
        await using var provider = services.BuildServiceProvider();
        var pass = new AuthenticatePass(new AuthenticateOptions { AuthservId = "mx.example.net" }, provider.GetRequiredService<DmarcOptions>(), provider.GetRequiredService<Authenticator>());
        var result = (await pass.RunAsync(new PassContext(header, message.Body, [], 1, new Dictionary<string, string>(), Mail.Now), CancellationToken.None)).AsDeclaredBy(pass.Name);
        var added = string.Concat(result.Headers.OfType<HeaderEdit.AddOnTop>().Reverse().Select(e => Encoding.Latin1.GetString(e.Line.Text.Span)));
        added.Should().Be(Encoding.Latin1.GetString(File.ReadAllBytes($"{folder}/added")), "{0}", added);
    }

    private static IEnumerable<(string Key, string Value)> Lines(string file) =>
        Encoding.Latin1.GetString(File.ReadAllBytes(file)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ', 2)).Select(p => (p[0], p[1]));
}
