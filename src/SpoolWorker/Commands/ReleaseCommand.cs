// spoolworker release: an operator lets a held message go. The held pair is requeued into the target through the same
// commit protocol as any other message, with no passes, so neither a kill nor a power cut loses or doubles it. Beside a
// running worker it leaves recovery alone, which is that worker's; without one it recovers first, as a start does. If the
// release itself is killed, the pair is in held/ still or in the target already, and the same command, or the next start, finishes it.
// Several releases may run at once: they take turns, and who comes too late says what became of the message.
using System.CommandLine;
using Microsoft.Extensions.Logging.Abstractions;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Engine;
using SpoolWorker.Engine.Chain;
using SpoolWorker.Engine.Commit;
using SpoolWorker.Engine.Intakes;
using SpoolWorker.Engine.Outcomes;
using SpoolWorker.Engine.Target;
using SpoolWorker.Ledger;
using SpoolWorker.Options;
using SpoolWorker.Spool;

namespace SpoolWorker.Commands;

/// <summary>Requeues held messages.</summary>
internal static class ReleaseCommand
{
    private const string Examples = """
        spoolworker release 1xVVht-000477-0i        let it go; the worker may be running
        spoolworker list --held                     what is held, and why
        """;

    private const string Requeued = "requeued ";

    private const string Notes = """
        Recipients that are done already stay done. The pair keeps its id unless the target still holds that id.

        EXIT CODES:
          0 requeued, or a release that died is finished   64 not a message id   65 the pair cannot be read   66 not held
          69 the program's LMDB library is missing   74 the spool failed, or the ledger is damaged   75 in use, or target or ledger cannot be written to now; try again
          77 not permitted   78 configuration, or the ledger is of a later version
        """;

    public static Command Create(CommonOptions common)
    {
        var id = new Argument<string>("id") { Description = "Message id of the held pair" };
        var json = CommonOptions.Json();
        var command = new Command("release", "Requeue a held message into the target") { id, json };
        common.AddTo(command);
        command.SetAction(async (parsed, cancellationToken) =>
        {
            if (common.Load(parsed, out var exitCode, Needs.Of("Target", "Held", "Corrupt", "Ledger")) is not { } loaded) return exitCode;
            if (!MessageId.TryParse(parsed.GetValue(id).AsSpan(), out var messageId))
            {
                await Console.Error.WriteLineAsync($"spoolworker: '{parsed.GetValue(id)}' is not a message id (6-6-2 or 6-11-4 letters and digits)").ConfigureAwait(false);
                return ExitCode.Usage;
            }
            try
            {
                return await ReleaseAsync(loaded.Settings, messageId, parsed.GetValue(json), cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return Fail(ExitCode.Of(e), e.Message);
            }
        });
        return command.WithExamples(Examples, Notes);
    }

    private static async Task<int> ReleaseAsync(Settings settings, MessageId id, bool json, CancellationToken cancellationToken)
    {
        var held = new Intake(Places.Full(settings.Held.Path), IntakeKind.Spool);
        if (!IsThere(held, id))
        {
            using var known = MessageLedger.Exists(settings.Ledger) ? MessageLedger.Open(settings.Ledger) : null;
            return NotHeld(known, held, id);
        }
        Places.MakePrivate(settings.Ledger.Path);
        using var locks = await LedgerLocks.ForReleaseAsync(settings.Ledger.Path, cancellationToken).ConfigureAwait(false);
        if (locks is null) return Fail(ExitCode.TemporaryFailure, "another release is at work, or the worker is starting; try again");

        using var ledger = MessageLedger.Open(settings.Ledger);
        // Another release took it while this one waited for its turn.
        if (!IsThere(held, id)) return NotHeld(ledger, held, id);
        var plan = new EnginePlan(new IntakeSet(held), ForRelease(settings), Watch: false);
        var chain = new PassChain([], TimeProvider.System, NullLogger<PassChain>.Instance);
        Outcome? released = null;
        var engine = new SpoolEngine(plan, ledger, chain, null, TimeProvider.System, NullLoggerFactory.Instance);
        await using (engine.ConfigureAwait(false))
        {
            engine.Outcomes.Published += outcome => released = outcome;
            // A release that died half way may have left it: the start finishes that one.
            engine.Start(recover: locks.IsAlone);
            if (held.Directory.FolderWith(id, 'H') is null) return Gone(ledger, held, id, json);
            ForgetOther(ledger, held, id);
            await engine.AddAsync(new MessageKey(held, id), cancellationToken).ConfigureAwait(false);
            while (engine.Busy > 0 && engine.FatalReason is null) await Task.Delay(2, cancellationToken).ConfigureAwait(false);
        }
        if (engine.FatalReason is { } fatal) return Fail(ExitCode.InputOutput, fatal);
        return Report(ledger, held, id, released, json);
    }

    private static int Report(MessageLedger ledger, Intake held, MessageId id, Outcome? released, bool json)
    {
        if (released is { Placed: [{ ToTarget: true } placed] })
        {
            RemoveNote(held, id);
            Print(id, placed.Id.ToString(), placed.Folder, [.. released.Settled], json);
            return ExitCode.Ok;
        }
        if (released is not null && (released.IsSettled || released.Is(OutcomeKind.Gone)) && held.Directory.FolderWith(id, 'H') is null) return Gone(ledger, held, id, json);
        if (released is not null && released.Is(OutcomeKind.NotReady)) return Fail(ExitCode.TemporaryFailure, $"{id} is locked by another process; try again");
        return Fail(ExitCode.TemporaryFailure, $"{id} stays held: {(released is { Reason.Length: > 0 } ? released.Reason : "the target cannot be written to now")}");
    }

    // It was there when this release had its turn: one that died half way is finished by now.
    private static int Gone(MessageLedger ledger, Intake held, MessageId id, bool json)
    {
        // Corrupt pairs leave a reason of their own in corrupt/.
        if (ledger.Find(held.Path, id) is not { Expires: > 0, Done.Count: > 0 } release) return Fail(ExitCode.DataError, $"{id} cannot be read and was moved to corrupt/; see: spoolworker list --corrupt");
        RemoveNote(held, id);
        var requeued = release.Done.Values.Select(RequeuedAs).FirstOrDefault(name => name.Length > 0) ?? "";
        Print(id, requeued.Length > 0 ? requeued : id.ToString(), "", [.. release.Done.Keys], json);
        return ExitCode.Ok;
    }

    private static int NotHeld(MessageLedger? ledger, Intake held, MessageId id) => Fail(ExitCode.NoInput, ledger?.Find(held.Path, id) is { Expires: > 0, Done.Count: > 0 } release
        ? $"{id} is held no more: it was released before ({release.Done.Values.First()})"
        : $"{id} is not held in {held.Path}; see: spoolworker list --held");

    private static string RequeuedAs(string what) => what.StartsWith(Requeued, StringComparison.Ordinal) ? what[Requeued.Length..] : "";

    // A note alone, or a -D, is what a release that died has left.
    private static bool IsThere(Intake held, MessageId id) => held.Directory.Holds(id) || held.Directory.Has(SpoolStage.NoteName(id));

    // Durable with the next sync of held/, or brought back by a power cut and removed by the next start: the record stays as long as it.
    private static void RemoveNote(Intake held, MessageId id)
    {
        using var folder = held.Directory.Open();
        folder.Unlink(SpoolStage.NoteName(id));
    }

    private static void Print(MessageId id, string name, string folder, IReadOnlyList<string> recipients, bool json)
    {
        if (!json)
        {
            Console.WriteLine($"released {id}: requeued{(name == id.ToString() ? "" : $" as {name}")} {(folder.Length > 0 ? $"in {folder}" : "before; what that release had left is removed")}");
            return;
        }
        Output.Json.Print(writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("released", id.ToString());
            writer.WriteString("id", name);
            if (folder.Length > 0) writer.WriteString("directory", folder);
            writer.WriteBoolean("before", folder.Length == 0);
            writer.WriteStartArray("recipients");
            foreach (var recipient in recipients) writer.WriteStringValue(recipient);
            writer.WriteEndArray();
            writer.WriteEndObject();
        });
    }

    // What the engine would hold again goes: the operator has decided. So frozen is thawed, nothing counts as failed, and the
    // engine's own held/ is out of the way of this intake.
    private static Settings ForRelease(Settings settings) => new()
    {
        Target = settings.Target,
        Ledger = settings.Ledger,
        Corrupt = settings.Corrupt,
        Held = settings.Held,
        Engine = new EngineOptions { Workers = 1, TakeFrozen = true, MaxAttempts = int.MaxValue, Sync = SyncMethod.Fsync, IncompleteAfter = TimeSpan.Zero, SettleTime = TimeSpan.Zero },
    };

    // Another message that was held and released under this id is no reason to hold this one again, which the engine would.
    private static void ForgetOther(MessageLedger ledger, Intake held, MessageId id)
    {
        if (ledger.Find(held.Path, id) is not { } entry) return;
        var claim = SpoolPair.Claim(held.Directory, id, out var pair, out _);
        using (pair)
        {
            if (claim != ClaimResult.Claimed || !HeaderFileReader.TryRead(pair!.HeaderBytes, id, out var header, out _)) return;
            if (entry.Staged.Count == 0 && entry.Fingerprint.Length > 0 && entry.Fingerprint != Fingerprint.Of(header, pair.DataStatus.Size)) ledger.Forget(held.Path, id);
            else if (entry.Deferred is not null) ledger.Commit([entry with { Deferred = null, Failures = 0 }], []);
        }
    }

    private static int Fail(int exitCode, string message)
    {
        Console.Error.WriteLine($"spoolworker: {message}");
        return exitCode;
    }
}
