// A value that the configuration file names twice. Whichever were taken, the other is what somebody meant; the configuration
// provider refuses such a file, too, but tells no line. Keys differ in case as little as settings do, and "Engine:Workers" is a
// key as well as Workers in Engine.
using System.Globalization;
using System.Text.Json;

namespace SpoolWorker.Configuration;

/// <summary>Finds values that are named twice.</summary>
internal static class RepeatedKey
{
    /// <summary>Where, and which; null when each stands once.</summary>
    /// <param name="content">A file that is one JSON object.</param>
    public static string? FaultOf(ReadOnlySpan<byte> content)
    {
        var reader = new Utf8JsonReader(content, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var open = new Stack<Container>();
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        while (reader.Read())
        {
            switch (reader.TokenType)
            {
                case JsonTokenType.PropertyName:
                    open.Peek().Name = reader.GetString()!;
                    open.Peek().At = (int)reader.TokenStartIndex;
                    break;
                case JsonTokenType.StartObject or JsonTokenType.StartArray:
                    open.Push(new Container(open.TryPeek(out var above) ? above.Next((int)reader.TokenStartIndex) : "", reader.TokenType == JsonTokenType.StartArray));
                    break;
                case JsonTokenType.EndObject or JsonTokenType.EndArray:
                    open.Pop();
                    break;
                default:
                    var key = open.Peek().Next((int)reader.TokenStartIndex);
                    if (!seen.Add(key)) return Told(content[..open.Peek().At], key);
                    break;
            }
        }
        return null;
    }

    // In bytes, as the parser counts.
    private static string Told(ReadOnlySpan<byte> before, string key) =>
        $"line {before.Count((byte)'\n') + 1}, column {before.Length - before.LastIndexOf((byte)'\n')}: {key} is named twice; keep one of them";

    private sealed class Container(string path, bool isList)
    {
        private int _count;

        public string Name { get; set; } = "";

        /// <summary>Where the key stands, or the value of a list.</summary>
        public int At { get; set; }

        /// <summary>The key of a value that was read.</summary>
        public string Next(int at)
        {
            if (isList) At = at;
            return (path.Length > 0 ? path + ":" : "") + (isList ? _count++.ToString(CultureInfo.InvariantCulture) : Name);
        }
    }
}
