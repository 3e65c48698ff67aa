// The user and group Exim runs as. Exim reads only spool files that are theirs.
using System.Globalization;

namespace SpoolWorker.EndToEnd;

internal static class EximUser
{
    public const string Name = "Debian-exim";

    private static readonly Lazy<(uint User, uint Group)> Ids = new(() =>
    {
        var entry = File.ReadLines("/etc/passwd").First(line => line.StartsWith(Name + ":", StringComparison.Ordinal)).Split(':');
        return (uint.Parse(entry[2], CultureInfo.InvariantCulture), uint.Parse(entry[3], CultureInfo.InvariantCulture));
    });

    public static void Own(string path) => Native.Chown(path, Ids.Value.User, Ids.Value.Group);
}
