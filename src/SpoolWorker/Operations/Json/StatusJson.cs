// The status as a client reads it: what ViewJson writes, with what reading needs. Apart, as every other view is only written.
using System.Text.Json.Serialization;
using SpoolWorker.Operations.Views.Orders;
using SpoolWorker.Operations.Views.Status;

namespace SpoolWorker.Operations.Json;

/// <summary>The status, to be read; and the shapes of all that the control socket sends.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(OrderAnswerView))]
[JsonSerializable(typeof(ReloadView))]
[JsonSerializable(typeof(StatusView))]
internal sealed partial class StatusJson : JsonSerializerContext;
