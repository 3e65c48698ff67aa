// What packaging/build makes is the same for everybody who makes it. Here what is published is packed twice; that two publications are the same is a matter of the SDK, and of
// minutes: packaging/build in two clones, and cmp.
using System.Security.Cryptography;

namespace SpoolWorker.EndToEnd.Debian;

[Collection(PackageSuite.Name)]
public sealed class BuildTests(BuiltPackage package)
{
    [EximFact]
    public void Packed_again_elsewhere_at_another_time_it_is_the_same_byte_for_byte()
    {
        var again = package.Build("again", new Dictionary<string, string> { ["TZ"] = "Asia/Tokyo", ["LC_ALL"] = "C.UTF-8" });
        Path.GetFileName(again).Should().Be(Path.GetFileName(package.Made));
        Sum(again).Should().Be(Sum(package.Made));
    }

    private static string Sum(string file)
    {
        using var stream = File.OpenRead(file);
        return Convert.ToHexString(SHA256.HashData(stream));
    }
}
