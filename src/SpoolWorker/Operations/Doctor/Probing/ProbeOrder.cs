using SpoolWorker.Passes.Services;

namespace SpoolWorker.Operations.Doctor.Probing;

/// <summary>How a probe is sent.</summary>
/// <param name="Recipient">Its recipient; null: the usual one.</param>
/// <param name="Smtp">Where it is handed over; null: where the Exim that receives listens.</param>
/// <param name="Within">How long it may take altogether.</param>
/// <param name="Actor">Who asks, for the audit.</param>
internal sealed record ProbeOrder(string? Recipient, ServiceAddress? Smtp, TimeSpan Within, string Actor);
