using System.Diagnostics;
using System.Text;

namespace SpoolWorker.Testing;

/// <summary>What a program that ended has left.</summary>
internal sealed record ProgramResult(int ExitCode, string Output, string Error)
{
    /// <summary>Its output, when it went well; else an exception that says what it wrote.</summary>
    public string Good => ExitCode == 0 ? Output : throw new InvalidOperationException($"exit code {ExitCode}: {Error}{Output}");
}

/// <summary>A program run to its end. It has a deadline: a broken scene fails with what was seen last, it never hangs.</summary>
internal sealed record ProgramCall(string Program, params IReadOnlyList<string> Arguments)
{
    /// <summary>Far above what any of them needs on a busy machine.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    /// <summary>Given on standard input, which ends behind it.</summary>
    public string Input { get; init; } = "";

    /// <summary>Of all three streams.</summary>
    public Encoding Encoding { get; init; } = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);

    public string WorkingDirectory { get; init; } = "";

    /// <summary>Set beside what is inherited.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public TimeSpan Deadline { get; init; } = Patience;

    /// <summary>Our own program.</summary>
    public static ProgramCall SpoolWorker(params IReadOnlyList<string> arguments) =>
        new("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "spoolworker.dll"), .. arguments]);

    /// <exception cref="TimeoutException">It did not end in time; it was killed.</exception>
    public ProgramResult Run()
    {
        var start = new ProcessStartInfo(Program, Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Encoding,
            StandardOutputEncoding = Encoding,
            StandardErrorEncoding = Encoding,
            WorkingDirectory = WorkingDirectory,
        };
        foreach (var (name, value) in Environment) start.Environment[name] = value;
        using var process = Process.Start(start)!;
        // Read while writing: neither side waits for the other's full pipe.
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            process.StandardInput.Write(Input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all: its exit code tells why.
        }
        if (!process.WaitForExit(Deadline))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"{Program} {string.Join(' ', Arguments)} ran longer than {Deadline.TotalSeconds} s");
        }
        return new ProgramResult(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }
}
