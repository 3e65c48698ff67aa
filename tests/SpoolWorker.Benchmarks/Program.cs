using System.CommandLine;
using SpoolWorker.Benchmarks;
using SpoolWorker.Benchmarks.Growth;
using SpoolWorker.Benchmarks.Verdicts;

Command[] benchmarks =
[
    HeaderFileBenchmark.Create(), EngineBenchmark.Create(), ListBenchmark.Create(), IdleLatencyBenchmark.Create(), MemoryBenchmark.Create(),
    DkimBenchmark.Create(),
    DccBenchmark.Create(),
    SpfBenchmark.Create(),
    ArcBenchmark.Create(),
    AuthEngineBenchmark.Create(),
    TableBenchmark.Create(),
    BounceBenchmark.Create(),
    LedgerBenchmark.Create(),
    GrowthBenchmark.Create(),
    VerdictBenchmark.Create(),
];
var list = new Option<bool>("--list") { Description = "Name the benchmarks" };
var root = new RootCommand("""
    SpoolWorker's benchmarks. Each prints a table, or JSON with --json. Run them on a quiet machine.

    Examples:
      dotnet run -c Release --project tests/SpoolWorker.Benchmarks -- --list
      dotnet run -c Release --project tests/SpoolWorker.Benchmarks -- header-file --quick
      dotnet run -c Release --project tests/SpoolWorker.Benchmarks -- engine --messages 10000 --rounds 3
      dotnet run -c Release --project tests/SpoolWorker.Benchmarks -- engine --only w8-g64-auto --rounds 20 --no-control
      dotnet run -c Release --project tests/SpoolWorker.Benchmarks -- list --spoolworker artifacts/publish --json
      dotnet run -c Release --project tests/SpoolWorker.Benchmarks -- memory --messages 100000
      dotnet run -c Release --project tests/SpoolWorker.Benchmarks -- growth
      dotnet run -c Release --project tests/SpoolWorker.Benchmarks -- table
    """)
{
    list,
};
foreach (var benchmark in benchmarks) root.Subcommands.Add(benchmark);
root.Subcommands.Add(EngineRun.Create());
root.Subcommands.Add(ControlRun.Create());
root.Subcommands.Add(MemoryRun.Create());
root.Subcommands.Add(GrowthRun.Create());
root.Subcommands.Add(VerdictRun.Create());
root.SetAction(parsed =>
{
    if (!parsed.GetValue(list)) return root.Parse("--help").Invoke();
    foreach (var benchmark in benchmarks) Console.WriteLine($"{benchmark.Name,-14}  {benchmark.Description!.Split('\n')[0]}");
    return 0;
});
return await root.Parse(args).InvokeAsync();
