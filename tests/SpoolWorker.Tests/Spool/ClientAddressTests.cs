using SpoolWorker.Spool;

namespace SpoolWorker.Tests.Spool;

public class ClientAddressTests
{
    [Theory]
    [InlineData("[192.0.2.7]:4711", "192.0.2.7")]
    [InlineData("[192.0.2.7]", "192.0.2.7")]
    [InlineData("[2001:db8::1]:25", "2001:db8::1")]
    [InlineData("[::ffff:192.0.2.7]:25", "::ffff:192.0.2.7")]
    [InlineData("192.0.2.7.4711", "192.0.2.7")]
    [InlineData("192.0.2.7", "192.0.2.7")]
    [InlineData("2001:db8::1.4711", "2001:db8::1")]
    [InlineData("2001:db8::1", "2001:db8::1")]
    [InlineData("::ffff:192.0.2.7.25", "::ffff:192.0.2.7")]
    [InlineData("nonsense", null)]
    [InlineData("[", null)]
    [InlineData("", null)]
    public void Both_forms_are_read(string value, string? expected)
    {
        var message = new HeaderFile { Id = default, Login = default, Uid = 0, Gid = 0, Sender = default, ReceivedTime = 0, WarningCount = 0 };
        message.ClientAddress.Should().BeNull();
        (message.WithVariable("host_address", value).ClientAddress?.ToString()).Should().Be(expected);
    }
}
