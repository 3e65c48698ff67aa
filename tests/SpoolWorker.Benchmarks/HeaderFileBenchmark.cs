// Reading and writing -H in memory, by BenchmarkDotNet, with what is allocated. In this process: the samples lie beside
// this program, and no project has to be built for it.
using System.CommandLine;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using SpoolWorker.Benchmarks.Support;
using SpoolWorker.Spool;

namespace SpoolWorker.Benchmarks;

/// <summary>The header-file benchmark.</summary>
internal static class HeaderFileBenchmark
{
    public static Command Create()
    {
        var quick = new Option<bool>("--quick") { Description = "Three short iterations" };
        var command = new Command("header-file", """
            Nanoseconds and bytes to read and write a -H file

            Examples:
              header-file
              header-file --quick --json
            """) { quick, CommonOptions.Json };
        command.SetAction(parsed => Run(parsed.GetValue(quick), parsed.GetValue(CommonOptions.Json)));
        return command;
    }

    private static int Run(bool quick, bool json)
    {
        var job = (quick ? Job.ShortRun : Job.Default).WithToolchain(InProcessEmitToolchain.Instance);
        var config = ManualConfig.CreateEmpty().AddJob(job).AddDiagnoser(MemoryDiagnoser.Default).AddLogger(new StreamLogger(new StreamWriter(Console.OpenStandardError()) { AutoFlush = true }))
            .AddColumnProvider(BenchmarkDotNet.Columns.DefaultColumnProviders.Instance).WithArtifactsPath(Path.Combine(Path.GetTempPath(), $"header-file-{Environment.ProcessId}"));
        var summary = BenchmarkRunner.Run<HeaderFileBenchmarks>(config);
        var report = new Report("header-file", "one core, files in memory", new("sample", "sample"), new("bytes", "-H bytes", "0"), new("what", "what"), new("microseconds", "us", "0.00"),
            new("errorMicroseconds", "+/-", "0.00"), new("allocatedBytes", "allocated bytes", "0"), new("megabytesPerSecond", "MB/s", "0"));
        foreach (var one in summary.Reports.Where(r => r.ResultStatistics is not null).OrderBy(r => r.BenchmarkCase.Parameters["Sample"].ToString(), StringComparer.Ordinal))
        {
            var sample = (string)one.BenchmarkCase.Parameters["Sample"];
            var size = (double)HeaderFileBenchmarks.Find(sample).Bytes.Length;
            var nanoseconds = one.ResultStatistics!.Mean;
            report.Add(sample, size, one.BenchmarkCase.Descriptor.WorkloadMethod.Name, nanoseconds / 1000, one.ResultStatistics.StandardError / 1000,
                (double)(one.GcStats.GetBytesAllocatedPerOperation(one.BenchmarkCase) ?? 0), size / nanoseconds * 1000);
        }
        report.Print(json, Directory.GetCurrentDirectory());
        if (Directory.Exists(summary.ResultsDirectoryPath)) Directory.Delete(Path.GetDirectoryName(summary.ResultsDirectoryPath)!, recursive: true);
        return report.IsEmpty ? 70 : 0;
    }
}

/// <summary>What is measured.</summary>
public class HeaderFileBenchmarks
{
    private byte[] _bytes = [];
    private MessageId _id;
    private HeaderFile? _header;

    /// <summary>Part of the sample's name.</summary>
    [Params("11-4.96-plain", "19-4.99-many-rcpts", "14-4.96-tls-client-cert")]
    public string Sample { get; set; } = "";

    internal static (string Name, byte[] Bytes, MessageId Id) Find(string sample) => PairFactory.Samples().First(s => s.Name == sample);

    [GlobalSetup]
    public void Setup()
    {
        (_, _bytes, _id) = Find(Sample);
        _header = Read();
    }

    [Benchmark]
    public HeaderFile Read() => HeaderFileReader.TryRead(_bytes, _id, out var header, out var error) ? header : throw new InvalidDataException(error.Reason);

    [Benchmark]
    public byte[] Write() => HeaderFileWriter.ToArray(_header!);

    [Benchmark]
    public byte[] RoundTrip() => HeaderFileWriter.ToArray(Read());
}
