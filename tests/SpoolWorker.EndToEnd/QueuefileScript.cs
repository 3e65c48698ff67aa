// What the queuefile transport does, as a script for Exim's pipe transport (Debian's Exim is built without queuefile). Exim itself calls it once for
// each recipient, holds its lock on -D meanwhile, and retries later: all that is the real thing. The script: -H first, then -D, final names,
// never over an existing file, no lock, no sync; a failed -D takes -H away again but leaves its own half behind. 75 makes Exim defer.
namespace SpoolWorker.EndToEnd;

internal static class QueuefileScript
{
    public const string Text = """
        id=$1; from=$2; to=$3; how=$4
        cat >/dev/null
        # noclobber makes '>' open with O_EXCL
        set -C
        umask 027
        take() {
          if [ "$how" = link ]; then ln "$from/$1" "$to/$1"; else cat "$from/$1" > "$to/$1" && chmod 640 "$to/$1"; fi
        }
        take "$id-H" || exit 75
        take "$id-D" || { rm -f "$to/$id-H"; exit 75; }

        """;
}
