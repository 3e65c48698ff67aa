// Exim, record locks, signals: all of this is Linux.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

// One Exim scene at a time: each starts several processes, and the timings are meant for a small machine.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
