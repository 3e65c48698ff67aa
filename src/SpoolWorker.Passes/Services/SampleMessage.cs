using SpoolWorker.Spool;

namespace SpoolWorker.Passes.Services;

/// <summary>A message that nobody has sent, to ask a daemon about: that it listens says little, what it answers all.</summary>
internal static class SampleMessage
{
    /// <summary>It, as a pass would have it.</summary>
    public static PassContext Context() => new(new HeaderFile
    {
        Id = default,
        Login = "spoolworker"u8.ToArray(),
        Uid = 0,
        Gid = 0,
        ReceivedTime = 0,
        WarningCount = 0,
        Sender = ReadOnlyMemory<byte>.Empty,
        Recipients = [],
        Headers = [HeaderLine.Create("Subject: spoolworker doctor\n")],
    }, new Body(), [new Recipient("unknown"u8.ToArray())], 1, new Dictionary<string, string>(), TimeProvider.System.GetUtcNow());

    private sealed class Body : IMessageBody
    {
        private static readonly byte[] Text = "A message of spoolworker doctor, which asks whether somebody listens.\n"u8.ToArray();

        public long Length => Text.Length;

        public bool IsWireFormat => false;

        public Stream OpenRead() => new MemoryStream(Text, writable: false);
    }
}
