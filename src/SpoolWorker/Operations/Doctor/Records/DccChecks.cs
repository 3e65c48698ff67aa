// Each dccifd asked about a message of ours as the pass would, without counting it: that it listens says little, what it answers all.
using SpoolWorker.Configuration;
using SpoolWorker.Operations.Checks;
using SpoolWorker.Operations.Dcc;
using SpoolWorker.Passes;
using SpoolWorker.Passes.Dcc;
using SpoolWorker.Passes.Dcc.Protocol;
using SpoolWorker.Spool;

namespace SpoolWorker.Operations.Doctor.Records;

/// <summary>Findings about dccifd.</summary>
internal static class DccChecks
{
    private const string Subject = "Dcc:Address";

    public static async ValueTask<IReadOnlyList<Finding>> AllAsync(LoadedConfiguration loaded, CancellationToken cancellationToken)
    {
        if (!loaded.Settings.Passes.Contains("dcc") || loaded.PassOptions.GetValueOrDefault("dcc") is not DccOptions options) return [];
        var findings = new List<Finding>();
        foreach (var address in options.Address) findings.Add(await AskAsync(address, options, cancellationToken).ConfigureAwait(false));
        return findings;
    }

    private static async ValueTask<Finding> AskAsync(string address, DccOptions options, CancellationToken cancellationToken)
    {
        var one = new DccOptions { Address = [address], ConnectTimeout = options.ConnectTimeout, WriteTimeout = options.WriteTimeout, ReadTimeout = options.ReadTimeout };
        var message = new HeaderFile
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
        };
        var inquiry = await DccInquiry.AskAsync(one, message, new ProbeBody(), new DccEnvelope(null, null, null, "", []), counts: false, cancellationToken).ConfigureAwait(false);
        if (inquiry.Finding is not { } answer)
            // Another one is asked then.
            return options.Address.Count > 1 ? RecordKinds.DccSilent.Warning(Subject, $"{address}: {inquiry.Reply.Reason}") : RecordKinds.DccSilent.Error(Subject, $"{address}: {inquiry.Reply.Reason}");
        return answer.Overall == DccLetter.Temporary ? RecordKinds.DccNoServer.Warning(Subject, $"{address} answers T") : Finding.Ok(Subject, $"{address} answers {answer.Overall.ToLetter()}");
    }

    private sealed class ProbeBody : IMessageBody
    {
        private static readonly byte[] Text = "A message of spoolworker doctor, which asks whether somebody listens.\n"u8.ToArray();

        public long Length => Text.Length;

        public bool IsWireFormat => false;

        public Stream OpenRead() => new MemoryStream(Text, writable: false);
    }
}
