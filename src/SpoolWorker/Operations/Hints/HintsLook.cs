// What the hints databases of Exim's spools hold, by Exim's own exim_dumpdb, whether the job tidies them or not. Changes nothing; a database is locked for as long as its tool reads it.
using System.Text;
using SpoolWorker.Characters;
using SpoolWorker.Configuration;
using SpoolWorker.Engine.Target;
using SpoolWorker.Operations.Views;
using SpoolWorker.Operations.Views.Tools;
using SpoolWorker.Options;
using SpoolWorker.Upkeep.Hints;

namespace SpoolWorker.Operations.Hints;

/// <summary>Looks into hints databases.</summary>
/// <param name="loaded">A configuration with nothing wrong in <c>Hints</c>, <c>Intakes</c> and <c>Target</c>.</param>
/// <param name="clock">Measures the tools' time.</param>
internal sealed class HintsLook(LoadedConfiguration loaded, TimeProvider clock)
{
    private readonly HintsOptions _options = (HintsOptions)loaded.Sections[typeof(HintsOptions)];

    /// <summary>Looks.</summary>
    /// <param name="spool">This spool alone; null: those of the configuration.</param>
    /// <param name="name">This database, with what it knows; null: all, with their number of records.</param>
    /// <param name="most">Rows at most; 0: all.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <returns>The databases, and the worst trouble there was; null: none.</returns>
    public async Task<(IReadOnlyList<HintsView> Databases, Trouble? Trouble)> LookAsync(string? spool, string? name, int most, CancellationToken cancellationToken)
    {
        var (views, trouble) = (new List<HintsView>(), (Trouble?)null);
        var places = PlacesOf(spool);
        if (places.Count == 0) return ([], new Trouble(TroubleKind.NotFound, "no spool is known: --spool names one, or the configuration Intakes, Target or Hints:Spools"));
        foreach (var place in places)
        {
            try
            {
                foreach (var database in HintsSpool.Databases(place.Path).Where(d => name is null || d.Name == name))
                {
                    var (view, fault) = await OfAsync(database, place, name is not null, most, cancellationToken).ConfigureAwait(false);
                    views.Add(view);
                    trouble ??= fault;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                trouble ??= Trouble.Of(e);
            }
        }
        if (views.Count == 0 && name is not null) trouble ??= new Trouble(TroubleKind.NotFound, $"no database '{name}' in {string.Join(", ", places.Select(p => HintsSpool.DirectoryOf(p.Path)))}; {HintsSpool.KnownNames}");
        return (views, trouble);
    }

    private IReadOnlyList<HintsPlace> PlacesOf(string? spool)
    {
        if (spool is null) return HintsPlaces.Of(_options, loaded.Settings);
        var path = Places.Full(spool);
        var known = HintsPlaces.Of(_options, loaded.Settings).FirstOrDefault(p => p.Path == path || Places.IsSame(p.Path + "/.", path + "/."));
        return known is not null ? [known] : HintsPlaces.Of(new HintsOptions { Tools = _options.Tools, Spools = [new HintsSpoolOptions { Path = path }] }, new Settings { Target = loaded.Settings.Target });
    }

    private async Task<(HintsView View, Trouble? Trouble)> OfAsync(HintsDatabase database, HintsPlace place, bool withRows, int most, CancellationToken cancellationToken)
    {
        var view = new HintsView { Spool = database.Spool, Name = database.Name, Bytes = database.Bytes, AgeSeconds = (long)_options.AgeOf(database.Name).TotalSeconds, LeftTo = place.LeftTo };
        if (place.Tools is null) return Failed(view, TroubleKind.NotInstalled, $"no {HintsPlaces.DumpTool} in the usual places; Hints:Tools names its directory (Debian: exim4-base)");
        if (database.Fault is { } fault) return Failed(view, TroubleKind.Failed, fault);
        if (database.Bytes == 0) return (view with { Records = 0, Rows = withRows ? [] : null }, null);
        if (!withRows)
        {
            var (records, counted) = await HintsJob.CountAsync(database, place.Tools, _options, clock, cancellationToken).ConfigureAwait(false);
            return counted.End is ToolEnd.Done or ToolEnd.Unknown ? (view with { Records = records }, null) : Failed(view, KindOf(counted.End), counted.Reason);
        }
        var dump = new HintsDump(database.Name);
        var read = await new HintsTool($"{place.Tools}/{HintsPlaces.DumpTool}", _options.TimeLimit, clock).RunAsync(database, dump.Arguments, dump.Take, cancellationToken).ConfigureAwait(false);
        view = view with { Records = dump.Records, Rows = [.. (most > 0 ? dump.Rows.Take(most) : dump.Rows).Select(row => Of(row, database.Name))] };
        return read.End == ToolEnd.Done ? (view, null) : Failed(view, KindOf(read.End), read.Reason);
    }

    private static (HintsView, Trouble?) Failed(HintsView view, TroubleKind kind, string fault) => (view with { Fault = fault }, new Trouble(kind, $"{HintsSpool.DirectoryOf(view.Spool)}/{view.Name}: {fault}"));

    private static TroubleKind KindOf(ToolEnd end) => end switch
    {
        ToolEnd.Unreadable => TroubleKind.BadData,
        ToolEnd.Unknown => TroubleKind.NotInstalled,
        _ => TroubleKind.NotNow,
    };

    private static HintRowView Of(HintRow row, string database)
    {
        // Addresses may be UTF-8, and anything else.
        static string Exact(string latin) => SafeText.Exact(Encoding.Latin1.GetBytes(latin));
        static string? Time(DateTimeOffset? time) => time is { } moment ? View.TimeOf(moment) : null;

        var isRetry = database == "retry";
        return new HintRowView
        {
            Key = Exact(row.Key),
            Records = isRetry ? row.Count : null,
            Messages = !isRetry && row.Count > 0 ? row.Count : null,
            Time = Time(row.Time),
            FirstFailed = Time(row.FirstFailed),
            LastTry = Time(row.LastTry),
            NextTry = Time(row.NextTry),
            Expired = isRetry ? row.IsExpired : null,
            Error = isRetry ? Exact(row.Text) : null,
            Rate = row.Rate,
            Text = !isRetry && row.Text.Length > 0 ? Exact(row.Text) : null,
        };
    }
}
