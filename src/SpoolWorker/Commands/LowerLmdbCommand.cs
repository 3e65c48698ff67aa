// spoolworker lower-lmdb: for packaging/build, in no help. Writes the copy of the LMDB library that NativeLmdb makes in memory
// where the C library is older than the one it was linked with, so that an installed program loads a plain file.
using System.CommandLine;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Ledger.Store;

namespace SpoolWorker.Commands;

/// <summary>Edits the LMDB library for older C libraries.</summary>
internal static class LowerLmdbCommand
{
    public static Command Create()
    {
        var from = new Argument<string>("from") { Description = "The library of the LightningDB package", HelpName = "FROM" };
        var to = new Argument<string>("to") { Description = "Where the copy goes", HelpName = "TO" };
        var command = new Command("lower-lmdb", "Write a copy of the LMDB library that glibc 2.34 and later load") { from, to };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var image = File.ReadAllBytes(parsed.GetValue(from)!);
            if (!NativeLmdb.TryLowerRequirement(image))
            {
                Console.Error.WriteLine($"spoolworker: {parsed.GetValue(from)} does not refer to __isoc23_strtol of glibc 2.38 as it did; see whether it loads on Debian 12 as it is, and change {nameof(NativeLmdb)}");
                return ExitCode.DataError;
            }
            File.WriteAllBytes(parsed.GetValue(to)!, image);
            return ExitCode.Ok;
        });
        return command.WithExamples("spoolworker lower-lmdb liblmdb.so lowered/liblmdb.so");
    }
}
