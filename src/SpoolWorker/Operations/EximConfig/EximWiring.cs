// The Exim configuration for one way into the worker, in parts that can be had one by one: the tests take the very text
// an operator is shown. Together the parts are a file that Exim accepts (`exim -C FILE -bV`), so nothing in here can rot
// unseen.
using System.Text;
using SpoolWorker.Operations.Views.Tools;

namespace SpoolWorker.Operations.EximConfig;

/// <summary>One wiring.</summary>
/// <param name="Name">queuefile, named-queue, second-exim.</param>
/// <param name="About">What it does and what else has to be done, for people.</param>
/// <param name="Main">Main section.</param>
/// <param name="Acl">For <c>begin acl</c>.</param>
/// <param name="Routers">For <c>begin routers</c>.</param>
/// <param name="Transports">For <c>begin transports</c>.</param>
internal sealed record EximWiring(string Name, string About, string Main, string Acl, string Routers, string Transports)
{
    public static readonly string[] Parts = ["main", "acl", "routers", "transports", "authenticators"];

    /// <summary>For <c>begin authenticators</c>.</summary>
    public string Authenticators { get; init; } = "";

    public string Part(string part) => part switch
    {
        "main" => Main,
        "acl" => Acl,
        "routers" => Routers,
        "transports" => Transports,
        "authenticators" => Authenticators,
        _ => throw new ArgumentOutOfRangeException(nameof(part), part, "not a part"),
    };

    /// <summary>For programs.</summary>
    public WiringView View => new() { Wiring = Name, About = About, Main = Some(Main), Acl = Some(Acl), Routers = Some(Routers), Transports = Some(Transports), Authenticators = Some(Authenticators) };

    /// <summary>All parts under their headings; empty ones are left out.</summary>
    public string All()
    {
        var text = new StringBuilder();
        foreach (var line in About.TrimEnd().Split('\n')) text.Append(line.Length > 0 ? $"# {line}\n" : "#\n");
        foreach (var part in Parts.Where(p => Part(p).Length > 0))
        {
            text.Append('\n').Append(part == "main" ? "# ---- main section: above the first 'begin' line\n" : $"# ---- {part}: behind 'begin {part}'\nbegin {part}\n\n").Append(Part(part));
        }
        return text.ToString();
    }

    private static string? Some(string part) => part.Length > 0 ? part : null;
}
