// spoolworker table: LMDB tables in the form Exim's lmdb lookup reads, for reading and for writing. A change is on disk
// when the command ends with 0, and did not happen otherwise. What a table cannot tell now (missing, broken, foreign,
// busy) is exit code 75, as it is a temporary failure for mail; a key that is not there is 66.
using System.CommandLine;
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Commands.Output;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Commands.Tables;
using SpoolWorker.Operations.Json;
using SpoolWorker.Operations.Tables;
using SpoolWorker.Operations.Views.Tables;
using SpoolWorker.Passes.Lookup;
using SpoolWorker.Passes.Lookup.Files;
using SpoolWorker.Passes.Lookup.Lmdb;
using SpoolWorker.Passes.Mail;

namespace SpoolWorker.Commands;

/// <summary>The table commands.</summary>
internal static class TableCommand
{
    private const string ExitCodes = """
        EXIT CODES:
          0 done   64 wrong usage   65 the input is wrong (with its line; nothing was changed)   66 no such key, or no such input
          74 reading or writing a file failed   75 the table cannot be read or written now (missing, broken, foreign, busy)
        """;

    public static Command Create() => new Command("table", "Look into and write LMDB tables, in the form Exim's lmdb lookup reads")
    {
        Get(), Put(), Delete(), List(), Import(), Export(), Stats(),
    }.WithExamples("""
        spoolworker table import /etc/exim4/relays.mdb relays.txt --lower   from lines 'key: value'
        spoolworker table get /etc/exim4/relays.mdb example.com
        spoolworker table export /etc/exim4/relays.mdb - --format csv
        in Exim:  ${lookup{$domain}lmdb{/etc/exim4/relays.mdb}}
        in a list of the worker:  "lmdb;/etc/exim4/relays.mdb"
        """, ExitCodes);

    private static Command Get()
    {
        var options = new TableOptions();
        var key = new Argument<string>("KEY") { Description = "The key" };
        var kind = new Option<LookupKind?>("--kind") { Description = "Search as lists do: for an address, domain, hostname or network, from the special to the general", HelpName = "KIND" };
        var command = new Command("get", "Print the value of a key") { options.File, key, kind, options.Lower, options.Escaped };
        options.Form.AddTo(command);
        command.SetAction(parsed =>
        {
            using var table = new LmdbTable(Path.GetFullPath(parsed.GetValue(options.File)!));
            var asked = options.Bytes(parsed, parsed.GetValue(key)!, isKey: true);
            var state = parsed.GetValue(kind) is { } searched
                ? table.FindFirst(new LookupKeys(searched).Of(ByteText.Lower(ByteText.FromBytes(asked))).Select(Encoding.Latin1.GetBytes), out var value, out var reason)
                : table.Find(asked, out value, out reason);
            if (state == LookupState.Unavailable) return TableFailure.Told(reason!);
            if (options.Form.Of(parsed) == OutputForm.Json) ViewOutput.Print(TableAnswerView.Of(asked, value), ViewJson.Default.TableAnswerView);
            else if (value is not null)
            {
                using var output = Console.OpenStandardOutput();
                if (parsed.GetValue(options.Escaped)) RowWriter.WritePrint(output, value);
                else output.Write(value);
                output.Write("\n"u8);
            }
            else Console.Error.WriteLine($"spoolworker: '{Printable.Text(asked)}' is not in {table.Path}");
            return state == LookupState.Found ? ExitCode.Ok : ExitCode.NoInput;
        });
        return command.WithExamples("""
            spoolworker table get relays.mdb example.com
            spoolworker table get relays.mdb mx.example.com --kind domain   mx.example.com, .example.com, .com, *
            spoolworker table get relays.mdb 192.0.2.7 --kind network --json
            """, ExitCodes);
    }

    private static Command Put()
    {
        var options = new TableOptions();
        var key = new Argument<string>("KEY") { Description = "The key" };
        var value = new Argument<string>("VALUE") { Description = "Its value" };
        var command = new Command("put", "Set the value of a key; makes the table when there is none") { options.File, key, value, options.Lower, options.Escaped, options.Mode, options.Owner, options.Group };
        options.Form.AddTo(command);
        command.SetAction(parsed =>
        {
            if (options.NewFile(parsed) is not { } file) return ExitCode.Usage;
            var (k, v) = (options.Bytes(parsed, parsed.GetValue(key)!, isKey: true), options.Bytes(parsed, parsed.GetValue(value)!, isKey: false));
            using var table = new LmdbTable(Path.GetFullPath(parsed.GetValue(options.File)!));
            if (TableEdits.Put(table, file, k, v) is { } trouble) return ExitCode.Told(trouble);
            if (options.Form.Of(parsed) == OutputForm.Json) ViewOutput.Print(new TableWrittenView { Written = 1 }, ViewJson.Default.TableWrittenView);
            return ExitCode.Ok;
        });
        return command.WithExamples("""
            spoolworker table put relays.mdb example.com "mx.example.com"
            spoolworker table put relays.mdb 'odd\00key' 'line\0aline' --escaped --group Debian-exim
            """, ExitCodes);
    }

    private static Command Delete()
    {
        var options = new TableOptions();
        var keys = new Argument<string[]>("KEY") { Description = "The keys", Arity = ArgumentArity.OneOrMore };
        var command = new Command("delete", "Remove keys, all in one transaction") { options.File, keys, options.Lower, options.Escaped };
        options.Form.AddTo(command);
        command.SetAction(parsed =>
        {
            var wanted = parsed.GetValue(keys)!.Select(k => options.Bytes(parsed, k, isKey: true)).ToArray();
            using var table = new LmdbTable(Path.GetFullPath(parsed.GetValue(options.File)!));
            if (TableEdits.Delete(table, wanted, out var missing) is { } trouble) return ExitCode.Told(trouble);
            if (options.Form.Of(parsed) == OutputForm.Json) ViewOutput.Print(new TableDeletedView { Deleted = wanted.Length - missing.Count }, ViewJson.Default.TableDeletedView);
            foreach (var key in missing) Console.Error.WriteLine($"spoolworker: '{Printable.Text(key)}' is not in {table.Path}");
            return missing.Count == 0 ? ExitCode.Ok : ExitCode.NoInput;
        });
        return command.WithExamples("spoolworker table delete relays.mdb example.com example.org", ExitCodes);
    }

    private static Command List()
    {
        var options = new TableOptions("row");
        var prefix = new Argument<string>("PREFIX") { Description = "Only keys that begin so", DefaultValueFactory = _ => "" };
        var limit = new Option<long>("--limit") { Description = "Rows at most (0: all)", HelpName = "N" };
        var command = new Command("list", "Print keys and values, in the order of their bytes") { options.File, prefix, limit, options.Lower, options.Escaped };
        options.Form.AddTo(command);
        command.SetAction(parsed =>
        {
            using var table = new LmdbTable(Path.GetFullPath(parsed.GetValue(options.File)!));
            return TableOutput.List(table, options.Bytes(parsed, parsed.GetValue(prefix)!, isKey: true), parsed.GetValue(limit), options.Form.Of(parsed));
        });
        return command.WithExamples("""
            spoolworker table list relays.mdb
            spoolworker table list relays.mdb .example --limit 20 --json
            """, ExitCodes);
    }

    private static Command Import()
    {
        var options = new TableOptions();
        var input = new Argument<string>("INPUT") { Description = "File with the rows, or - for standard input", DefaultValueFactory = _ => "-" };
        var replace = new Option<bool>("--replace") { Description = "What is in the table goes, in the same transaction; else rows are added to it" };
        var command = new Command("import", "Bring rows into a table, in one transaction; makes the table when there is none")
        {
            options.File, input, options.Format, options.Heading, options.Lower, replace, options.Mode, options.Owner, options.Group,
        };
        options.Form.AddTo(command);
        command.SetAction(parsed =>
        {
            if (options.NewFile(parsed) is not { } file) return ExitCode.Usage;
            var name = parsed.GetValue(input)!;
            return Guarded(name, () =>
            {
                using var opened = RowInput.Of(Opened(name), name, parsed.GetValue(options.Format), out var format);
                using var table = new LmdbTable(Path.GetFullPath(parsed.GetValue(options.File)!));
                using var progress = new PhasedProgress(TimeProvider.System);
                var import = new TableImport(table, opened, new ImportOptions(format, parsed.GetValue(options.Heading), parsed.GetValue(options.Lower), parsed.GetValue(replace), file), progress.Report);
                if (!import.TryRun(out var error)) return TableFailure.Told(error!);
                if (options.Form.Of(parsed) == OutputForm.Json) ViewOutput.Print(import.View, ViewJson.Default.TableImportView);
                else Console.WriteLine($"imported {Amount.Of(import.Rows - import.Duplicates, "row")} into {table.Path}{(import.Duplicates > 0 ? $"; {Amount.Of(import.Duplicates, "row")} of a key that came again passed over" : "")}");
                return ExitCode.Ok;
            });
        });
        return command.WithExamples("""
            spoolworker table import relays.mdb relays.txt --lower      key: value, as for lsearch
            mdb_dump -n -p old.mdb | spoolworker table import new.mdb -
            spoolworker table import relays.mdb relays.csv --replace --header
            """, $"""
            Without --format the form is seen from the input: VERSION=3 in front is a dump, a name that ends in .csv is CSV, the rest lsearch.
            When a key comes twice, lsearch keeps the first row, as Exim does; dump and CSV the last. A key has 1 to 511 bytes.
            A dump of a table with several values for a key (dupsort) gives the first of each, which is what Exim looks up.

            {ExitCodes}
            """);
    }

    private static Stream Opened(string name) => name == "-" ? Console.OpenStandardInput() : new FileStream(name, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private static Command Export()
    {
        var options = new TableOptions();
        var output = new Argument<string>("OUTPUT") { Description = "File for the rows, or - for standard output", DefaultValueFactory = _ => "-" };
        var command = new Command("export", "Write all rows of one state of a table: as a dump (default), lsearch or CSV") { options.File, output, options.Format, options.Heading };
        command.SetAction(parsed =>
        {
            var name = parsed.GetValue(output)!;
            return Guarded(parsed.GetValue(options.File)!, () =>
            {
                using var table = new LmdbTable(Path.GetFullPath(parsed.GetValue(options.File)!));
                if (!table.TryStatistics(out var statistics, out var reason)) return TableFailure.Told(reason);
                if (statistics.SeveralValues) Console.Error.WriteLine($"spoolworker: {table.Path} keeps several values for a key (dupsort): only the first of each is written, which is what Exim looks up");
                using var progress = new Progress("exporting", statistics.Entries, TimeProvider.System);
                var export = new TableExport(table, statistics, parsed.GetValue(options.Format), parsed.GetValue(options.Heading), progress.Report);
                var trouble = name == "-" ? TableOutput.Export(export) : export.WriteFile(name);
                return trouble is null ? ExitCode.Ok : ExitCode.Told(trouble);
            });
        });
        return command.WithExamples("""
            spoolworker table export relays.mdb > relays.dump              mdb_load -n -f relays.dump copy.mdb
            spoolworker table export relays.mdb relays.csv --format csv --header
            """, ExitCodes);
    }

    private static Command Stats()
    {
        var options = new TableOptions();
        var command = new Command("stats", "What a table is made of: rows, pages, sizes, readers") { options.File };
        options.Form.AddTo(command);
        command.SetAction(parsed =>
        {
            using var table = new LmdbTable(Path.GetFullPath(parsed.GetValue(options.File)!));
            if (!table.TryStatistics(out var statistics, out var reason)) return TableFailure.Told(reason);
            var view = TableViews.Of(statistics);
            if (options.Form.Of(parsed) == OutputForm.Json) ViewOutput.Print(view, ViewJson.Default.TableStatisticsView);
            else Console.Write(TableText.Statistics(view));
            return ExitCode.Ok;
        });
        return command.WithExamples("spoolworker table stats relays.mdb --json", ExitCodes);
    }

    private static int Guarded(string name, Func<int> work)
    {
        try
        {
            return work();
        }
        catch (RowException e)
        {
            return TableFailure.Told($"{(name == "-" ? "standard input" : name)}{(e.Line > 0 ? $":{e.Line}" : "")}: {e.Message}", ExitCode.DataError);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return TableFailure.Told(e.Message, ExitCode.NoInput);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return TableFailure.Told(e.Message, ExitCode.InputOutput);
        }
    }
}
