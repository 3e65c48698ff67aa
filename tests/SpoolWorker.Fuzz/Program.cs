using System.Globalization;
using SharpFuzz;
using SpoolWorker.Fuzz;

// One program for all fuzz targets: the first argument names the target, a second one a file or folder to run once without a fuzzer, to look into a
// finding. With the first alone it serves afl-fuzz. Instrument SpoolWorker.Spool.dll with the sharpfuzz tool before:
//   dotnet publish tests/SpoolWorker.Fuzz -o fuzz && sharpfuzz fuzz/SpoolWorker.Spool.dll
//   afl-fuzz -i tests/SpoolWorker.Fuzz/corpus/header-file -o findings dotnet fuzz/SpoolWorker.Fuzz.dll header-file
// With `table-seeds FILE FROM COUNT` it makes that many damaged copies of a table and uses each, naming its seed first: the unit tests run that as a
// process of its own, whose crash is the finding.
// What was found goes into the corpus, which the unit tests replay. Exit code 2: unknown target.

if (args is ["table-seeds", var seedFile, var from, var count])
{
    var sound = File.ReadAllBytes(seedFile);
    for (var seed = int.Parse(from, CultureInfo.InvariantCulture); seed < int.Parse(from, CultureInfo.InvariantCulture) + int.Parse(count, CultureInfo.InvariantCulture); seed++)
    {
        Console.WriteLine(seed);
        TableTargets.Table(TableTargets.Mutate(sound, new Random(seed)));
    }
    return 0;
}

if (args.Length == 0 || !FuzzTargets.All.TryGetValue(args[0], out var target))
{
    Console.Error.WriteLine($"usage: SpoolWorker.Fuzz <{string.Join('|', FuzzTargets.All.Keys)}> [file or folder]");
    return 2;
}

if (args.Length == 1)
{
    Fuzzer.OutOfProcess.Run(stream =>
    {
        using var input = new MemoryStream();
        stream.CopyTo(input);
        target(input.ToArray());
    });
    return 0;
}

foreach (var file in Directory.Exists(args[1]) ? Directory.GetFiles(args[1]) : [args[1]])
{
    target(File.ReadAllBytes(file));
}

return 0;
