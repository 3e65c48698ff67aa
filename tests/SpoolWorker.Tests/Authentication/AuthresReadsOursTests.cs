// Our lines, made of whatever an envelope or a signature can hold, as another program reads them: Debian's python3-authres. Each must
// give back the results and values that went in, and nothing more. authres takes a quoted value at the end of a result only, and
// leaves quoted pairs as they are.
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using SpoolWorker.Passes.Authentication;

namespace SpoolWorker.Tests.Authentication;

/// <summary>A test that needs python3-authres.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class AuthresFactAttribute : FactAttribute
{
    public AuthresFactAttribute() => Skip = File.Exists("/usr/lib/python3/dist-packages/authres/__init__.py") ? null : "python3-authres is not installed";
}

public sealed class AuthresReadsOursTests
{
    private static readonly string[] Letters = ["a", "Z", "7", ".", "-", "+", "=", "@", " ", "\t", "\n", "\r", "\r\n", "\n\t", "\"", "\\", ";", "(", ")", "<", ">", ",", ":", "/", "[", "]", "%", "\u0001", "\u007f", "dkim=pass", "spf=pass"];

    [AuthresFact]
    public void Whatever_stands_in_a_value_comes_out_as_one_value()
    {
        var random = new Random(4714);
        var sent = new List<string[]>();
        var lines = new StringBuilder();
        for (var i = 0; i < 1500; i++)
        {
            var line = new AuthenticationResultsLine("mx.example.net");
            string[] values = [Value(random), Value(random), Value(random)];
            line.Add("spf", "fail", "", i % 3 == 0 ? Value(random) : "", ("smtp.mailfrom", values[0]));
            line.Add("dkim", "neutral", values[1], "", ("header.d", values[2]));
            sent.Add([.. values.Select(Shown)]);
            lines.Append(JsonSerializer.Serialize(Encoding.Latin1.GetString(line.Build().Text.Span))).Append('\n');
        }
        var read = Python(lines.ToString()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        read.Should().HaveCount(sent.Count);
        for (var i = 0; i < read.Length; i++)
        {
            var found = JsonSerializer.Deserialize<string?[][]>(read[i])!.Select(r => r.Select(v => v is null ? null : Regex.Replace(v, @"\\(.)", "$1")).ToArray()).ToArray();
            found.Should().BeEquivalentTo(
                (string?[][])[["mx.example.net"], ["spf", "fail", null, sent[i][0]], ["dkim", "neutral", sent[i][1], sent[i][2]]], o => o.WithStrictOrdering(), lines.ToString().Split('\n')[i]);
        }
    }

    // Not empty, since a property without a value is left out.
    private static string Value(Random random) => "v" + string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => Letters[random.Next(Letters.Length)]));

    // Control characters go.
    private static string Shown(string value) => string.Concat(value.Where(c => c is >= ' ' and not '\x7f'));

    private static string Python(string input, [CallerFilePath] string path = "") =>
        new ProgramCall("/usr/bin/python3", Path.Combine(Path.GetDirectoryName(path)!, "read_authres.py")) { Input = input }.Run().Good;
}
