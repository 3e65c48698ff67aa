// Acknowledgements as they are read back: what ViewJson writes, with what reading needs.
using System.Text.Json.Serialization;
using SpoolWorker.Operations.Views.Checks;

namespace SpoolWorker.Operations.Json;

/// <summary>An acknowledgement, to be read.</summary>
[JsonSourceGenerationOptions(GenerationMode = JsonSourceGenerationMode.Metadata, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(AcknowledgementView))]
internal sealed partial class AcknowledgementJson : JsonSerializerContext;
