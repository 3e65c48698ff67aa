using SpoolWorker.Engine.Target;
using SpoolWorker.Engine.Telemetry;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Status;
using SpoolWorker.Options;

namespace SpoolWorker.Operations.Status;

/// <summary>The name of a device, as in <c>8:1</c>.</summary>
internal static class DeviceName
{
    // FileStatus.Device: the major number in the upper half.
    private const int Half = 32;

    public static string Of(ulong device) => $"{device >> Half}:{device & uint.MaxValue}";
}

/// <summary>What is told the same with and without a worker.</summary>
internal static class StatusViews
{
    public static IReadOnlyList<PlaceView> Places(PlaceSurvey survey, DateTimeOffset now) =>
    [
        .. survey.Recent.Select(f => new PlaceView
        {
            Place = f.Place,
            Messages = f.Messages,
            Capped = f.IsCapped,
            Oldest = f.Oldest is { } oldest ? View.TimeOfSeconds(oldest) : null,
            OldestAgeSeconds = f.Oldest is { } since ? Math.Max(0, now.ToUnixTimeSeconds() - since) : null,
        }),
    ];

    public static IReadOnlyList<DiskView> Disks(PlaceSurvey survey) => [.. survey.Rooms.Select(r => new DiskView { Place = r.Place, Device = r.Device is { } device ? DeviceName.Of(device) : null, Free = r.Room.FreeBytes, Size = r.Room.Bytes })];

    public static TargetView Target(TargetOptions target)
    {
        var path = Engine.Target.Places.TargetPath(target);
        return new TargetView { Directory = path, Daemon = target.Wake == WakeMethod.None ? null : Engine.Target.Places.HasDaemon(Engine.Target.Places.SpoolOf(path)) };
    }
}
