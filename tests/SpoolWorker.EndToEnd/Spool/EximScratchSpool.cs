using SpoolWorker.Spool;

namespace SpoolWorker.EndToEnd.Spool;

/// <summary>A fact that needs Debian's Exim and the right to give it a configuration.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class EximFactAttribute : FactAttribute
{
    public EximFactAttribute()
    {
        if (!File.Exists(EximScratchSpool.Program) || Environment.UserName != "root")
        {
            Skip = $"needs {EximScratchSpool.Program} and root";
        }
    }
}

/// <summary>A spool directory of its own with an Exim that only looks at it: no daemon, no delivery.</summary>
internal sealed class EximScratchSpool : IDisposable
{
    public const string Program = "/usr/sbin/exim4";

    private readonly TempDirectory _folder = new();

    public EximScratchSpool()
    {
        Directory.CreateDirectory(Path.Combine(_folder, "spool", "input"));
        Directory.CreateDirectory(Path.Combine(_folder, "log"));
        File.WriteAllText(Path.Combine(_folder, "conf"),
            $"spool_directory = {_folder}/spool\nlog_file_path = {_folder}/log/%s\nprimary_hostname = mx.test.example\nkeep_environment =\n");
        Run("chown", "-R", "Debian-exim:", _folder);

        // Exim takes a configuration only if nobody but root may change it
        Run("chown", "root:", Path.Combine(_folder, "conf"));
        Run("chmod", "644", Path.Combine(_folder, "conf"));
        Run("chmod", "755", _folder);
    }

    /// <summary>Writes the pair of a message with a one-line body.</summary>
    public void Put(HeaderFile header)
    {
        var input = Path.Combine(_folder, "spool", "input");
        File.WriteAllText(Path.Combine(input, header.Id.BodyName), $"{header.Id.BodyName}\nHello\n");
        File.WriteAllBytes(Path.Combine(input, header.Id.HeaderName), HeaderFileWriter.ToArray(header));
        Run("chown", "-R", "Debian-exim:", input);
    }

    /// <summary>Runs Exim and gives what it says, standard error included, one Latin-1 character a byte.</summary>
    public string Exim(params string[] arguments)
    {
        var ended = new ProgramCall(Program, ["-C", Path.Combine(_folder, "conf"), .. arguments]) { Encoding = System.Text.Encoding.Latin1 }.Run();
        return ended.Output + ended.Error;
    }

    public void Dispose() => _folder.Dispose();

    private static void Run(string program, params string[] arguments) => _ = new ProgramCall(program, arguments).Run().Good;
}
