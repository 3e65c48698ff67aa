using SpoolWorker.Commands.Input;

namespace SpoolWorker.Tests.Commands;

/// <summary>What redirect and inject take for an address: one mailbox, and nothing that becomes another one, two, or none.</summary>
public class AddressArgumentTests
{
    [Theory]
    [InlineData("bob@r.example")]
    [InlineData("bob+tag=x#1|y/z!%&'*{}~^`?$-_@r-1.example")]
    [InlineData("\"b c\"@r.example")]
    [InlineData("\"b\\\"@\\\\c\"@r.example")]
    [InlineData("bob@[192.0.2.1]")]
    [InlineData("bob@[IPv6:2001:db8::1]")]
    [InlineData("üser@dömain.example")]
    [InlineData("SRS0=hhhh=TT=a.example=alice@r.example")]
    [InlineData("bob@localhost")]
    public void One_mailbox_is_taken(string text) => AddressArgument.IsMailbox(text).Should().BeTrue();

    [Theory]
    [InlineData("")]
    [InlineData("bob")]
    [InlineData("@r.example")]
    [InlineData("bob@")]
    [InlineData("<bob@r.example>")]
    [InlineData("Bob <bob@r.example>")]
    [InlineData("bob@r.example,carol@r.example")]
    [InlineData("bob@r.example;carol@r.example")]
    [InlineData("bob@r.example carol@r.example")]
    [InlineData("a@b@c.example")]
    [InlineData("bob@r.example,")]
    [InlineData("bob@r.example#1")]
    [InlineData("bob@r.example 1")]
    [InlineData("bob@r..example")]
    [InlineData("bob@.r.example")]
    [InlineData("bob@r.example.")]
    [InlineData("bob@*")]
    [InlineData("bob@[192.0.2.1")]
    [InlineData("bob@[r.example]")]
    [InlineData("\"b@r.example")]
    [InlineData("\"b\\\"@r.example")]
    [InlineData("\"b\"c\"@r.example")]
    [InlineData("b\"c@r.example")]
    [InlineData(":fail:@r.example")]
    [InlineData("bob@r.example\n")]
    [InlineData("bob\u0000@r.example")]
    [InlineData("b\ufffdb@r.example")]
    public void All_else_is_not(string text) => AddressArgument.IsMailbox(text).Should().BeFalse();

    // -H would hold it, and Exim would read no more than some 16 KB of its line: the message could not be read any more.
    [Fact]
    public void What_no_command_line_of_smtp_carries_is_not() => (AddressArgument.IsMailbox($"bob@{new string('x', 500)}"), AddressArgument.IsMailbox($"bob@{new string('x', 60_000)}")).Should().Be((true, false));
}
