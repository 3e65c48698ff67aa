// How views become JSON: written by generated code, without reflection, so that a command does not wait for it. What escapes is the
// writer (SafeJson), as generated code writes straight to it; Write is the only door.
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SpoolWorker.Characters;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Checks;
using SpoolWorker.Operations.Views.Config;
using SpoolWorker.Operations.Views.Mail;
using SpoolWorker.Operations.Views.Orders;
using SpoolWorker.Operations.Views.Queue;
using SpoolWorker.Operations.Views.Status;
using SpoolWorker.Operations.Views.Tables;
using SpoolWorker.Operations.Views.Tools;

namespace SpoolWorker.Operations.Json;

/// <summary>All views there are.</summary>
// Written only: without metadata of every property, whose making would cost a short command more than its work.
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Serialization, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AcknowledgementView))]
[JsonSerializable(typeof(AuditView))]
[JsonSerializable(typeof(CheckView))]
[JsonSerializable(typeof(ConfigView))]
[JsonSerializable(typeof(ConfigExplainView))]
[JsonSerializable(typeof(DoctorView))]
[JsonSerializable(typeof(ExplainView))]
[JsonSerializable(typeof(FindingView))]
[JsonSerializable(typeof(InitView))]
[JsonSerializable(typeof(InjectView))]
[JsonSerializable(typeof(ListedIdView))]
[JsonSerializable(typeof(ListTotalView))]
[JsonSerializable(typeof(ListGroupView))]
[JsonSerializable(typeof(ScheduleView))]
[JsonSerializable(typeof(MessageRow))]
[JsonSerializable(typeof(MessageView))]
[JsonSerializable(typeof(OrderAnswerView))]
[JsonSerializable(typeof(RecordView))]
[JsonSerializable(typeof(TraceEventView))]
[JsonSerializable(typeof(TraceView))]
[JsonSerializable(typeof(TrialView))]
[JsonSerializable(typeof(TriedMessageView))]
[JsonSerializable(typeof(StandingHoldView))]
[JsonSerializable(typeof(ReloadView))]
[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(VerbView))]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(AuthenticationView))]
[JsonSerializable(typeof(BounceView))]
[JsonSerializable(typeof(DccView))]
[JsonSerializable(typeof(JobRunView))]
[JsonSerializable(typeof(HintsView))]
[JsonSerializable(typeof(KeyView))]
[JsonSerializable(typeof(SpfView))]
[JsonSerializable(typeof(SrsView))]
[JsonSerializable(typeof(TableAnswerView))]
[JsonSerializable(typeof(TableDeletedView))]
[JsonSerializable(typeof(TableImportView))]
[JsonSerializable(typeof(TableRowView))]
[JsonSerializable(typeof(TableStatisticsView))]
[JsonSerializable(typeof(TableWrittenView))]
[JsonSerializable(typeof(WiringView))]
internal sealed partial class ViewJson : JsonSerializerContext
{
    /// <summary>On one line.</summary>
    public static readonly JsonWriterOptions Line = new() { Encoder = SafeJson.Encoder, SkipValidation = true };

    /// <summary>Over several lines.</summary>
    public static readonly JsonWriterOptions Indented = Line with { Indented = true, NewLine = "\n" };

    /// <summary>The bytes of one view, without a line end.</summary>
    public static ReadOnlyMemory<byte> Write<T>(T view, JsonTypeInfo<T> type, JsonWriterOptions options)
        where T : View
    {
        var bytes = new System.Buffers.ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(bytes, options)) JsonSerializer.Serialize(json, view, type);
        return bytes.WrittenMemory;
    }
}
