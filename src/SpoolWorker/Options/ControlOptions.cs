using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Options;

/// <summary>Section <c>Control</c>: the door for <c>status</c>, monitoring and the console.</summary>
[NeedsRestart]
internal sealed class ControlOptions
{
    /// <summary>Where <see cref="Socket"/> is when nobody says: systemd's <c>RuntimeDirectory=spoolworker</c> makes the directory.</summary>
    public const string UsualSocket = "/run/spoolworker/control.sock";

    /// <summary>The socket the worker can be asked at. Empty: none. Where the usual one cannot be made, the worker says so and goes on; one that is set has to be right.</summary>
    [PathSetting]
    public string Socket { get; set; } = UsualSocket;

    /// <summary>Users, and groups with an <c>@</c> before them, by name or number, who may look and act. Root and the worker's own user always may.</summary>
    public List<string> Operators { get; set; } = [];

    /// <summary>Users and groups who may look.</summary>
    public List<string> Readers { get; set; } = [];

    /// <summary>The user of the web console: it may act on behalf of the people it knows, and nobody else may act on behalf of anybody. Empty: there is none.</summary>
    public string Console { get; set; } = "";

    /// <summary>An address and port, such as <c>127.0.0.1:9464</c>, where anybody may ask for metrics and health, and for nothing else. Empty: none.</summary>
    public string Listen { get; set; } = "";
}
