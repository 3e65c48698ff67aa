// What of a recording a power cut leaves, by two models. Both keep what a sync that had returned covers, and both are weaker than
// any real disk: what they allow must do no harm.
//   ext4, data=ordered: changes of names are kept in their order, as far as the journal was committed: a sync of a file or directory
//     commits at least up to the last change that touched it. Data that was not synced may be missing behind a name that is
//     durable (delayed allocation): of what extends a file a first part is kept, of what lies in it any pages.
//   POSIX: of the changes that no sync of their directory covers any may be kept and any lost, and of the pages not synced as well. A
//     rename is one change, durable when either of its directories was synced: no journal tears it.
namespace SpoolWorker.EndToEnd.PowerCut;

/// <summary>Which of the changes that are not durable are lost.</summary>
internal enum Loss
{
    /// <summary>ext4: the journal was committed at the cut, no data was written.</summary>
    OrderedData,

    /// <summary>ext4: nothing since the last sync was committed, all data was written.</summary>
    OrderedNames,

    /// <summary>ext4: nothing but what was synced.</summary>
    OrderedAll,

    /// <summary>ext4: any of what it allows.</summary>
    OrderedSome,

    /// <summary>A kill without a cut.</summary>
    None,

    /// <summary>POSIX: everything not synced.</summary>
    All,

    /// <summary>POSIX: one change.</summary>
    One,

    /// <summary>POSIX: all but one.</summary>
    AllButOne,

    /// <summary>POSIX: about one in two.</summary>
    Half,

    /// <summary>POSIX: about one in eight.</summary>
    Few,
}

/// <summary>Computes disks after a cut.</summary>
internal static class DiskModels
{
    /// <summary>The disk when the power fails after some steps.</summary>
    /// <param name="recorder">The recording.</param>
    /// <param name="cut">How many steps were done.</param>
    /// <param name="loss">What is lost.</param>
    /// <param name="random">Chooses where there is a choice.</param>
    public static DiskState After(DiskRecorder recorder, int cut, Loss loss, Random random)
    {
        var steps = recorder.Steps.Take(cut).ToList();
        var isOrdered = loss <= Loss.OrderedSome;
        var durable = isOrdered ? DurableOrdered(steps) : DurablePosix(steps);
        var open = Enumerable.Range(0, cut).Where(i => !durable[i] && steps[i] is not SyncStep).ToList();
        var kept = isOrdered ? KeptOrdered(steps, open, loss, random) : KeptPosix(open, loss, random);
        return Apply(recorder.Start, steps.Where((_, i) => durable[i] || kept.Contains(i)));
    }

    /// <summary>A disk with steps done.</summary>
    public static DiskState Apply(DiskState start, IEnumerable<DiskStep> steps)
    {
        var names = new Dictionary<(int, string), int>(start.Names);
        var contents = new Dictionary<int, byte[]>(start.Contents);
        foreach (var step in steps)
        {
            switch (step)
            {
                case NameStep change:
                    foreach (var (folder, name, inode) in change.Changes)
                    {
                        if (inode is { } there) names[(folder, name)] = there;
                        else names.Remove((folder, name));
                    }
                    break;
                case WriteStep write: contents[write.Inode] = Written(contents.GetValueOrDefault(write.Inode, []), write); break;
                case SizeStep size:
                    var bytes = contents.GetValueOrDefault(size.Inode, []).AsSpan();
                    var sized = new byte[size.Size];
                    bytes[..(int)Math.Min(bytes.Length, size.Size)].CopyTo(sized);
                    contents[size.Inode] = sized;
                    break;
            }
        }
        return new DiskState(names, contents, start.Folders);
    }

    // A copy: the start's bytes are shared by all disks.
    private static byte[] Written(byte[] bytes, WriteStep write)
    {
        var all = new byte[Math.Max(bytes.Length, write.Offset + write.Bytes.Length)];
        bytes.CopyTo(all, 0);
        write.Bytes.CopyTo(all, write.Offset);
        return all;
    }

    private static bool[] DurableData(List<DiskStep> steps)
    {
        var durable = new bool[steps.Count];
        for (var i = 0; i < steps.Count; i++)
        {
            if (steps[i] is WriteStep { IsDurable: true }) durable[i] = true;
            if (steps[i] is not SyncStep sync) continue;
            for (var k = 0; k < sync.Covers; k++) durable[k] |= DataOf(steps[k]) is { } inode && (sync.Inode is null || sync.Inode == inode);
        }
        return durable;
    }

    private static bool[] DurableOrdered(List<DiskStep> steps)
    {
        var durable = DurableData(steps);
        var committed = 0;
        foreach (var sync in steps.OfType<SyncStep>())
        {
            // A sync of what the journal has nothing new of commits nothing. fdatasync leaves out what does not concern the size: only the creation counts.
            var touching = Enumerable.Range(0, sync.Covers).Where(k => steps[k] is NameStep change && (sync.Inode is not { } inode || change.Touched.Contains(inode)));
            var last = sync.DataOnly ? touching.FirstOrDefault(-1) : touching.LastOrDefault(-1);
            committed = Math.Max(committed, last + 1);
        }
        for (var i = 0; i < committed; i++) durable[i] |= steps[i] is NameStep;
        return durable;
    }

    private static bool[] DurablePosix(List<DiskStep> steps)
    {
        var durable = DurableData(steps);
        foreach (var sync in steps.OfType<SyncStep>())
        {
            for (var k = 0; k < sync.Covers; k++) durable[k] |= steps[k] is NameStep change && (sync.Inode is null || change.Changes.Any(c => c.Folder == sync.Inode));
        }
        return durable;
    }

    private static HashSet<int> KeptOrdered(List<DiskStep> steps, List<int> open, Loss loss, Random random)
    {
        var names = open.Where(i => steps[i] is NameStep).ToList();
        names = loss switch { Loss.OrderedData => names, Loss.OrderedSome => names[..random.Next(names.Count + 1)], _ => [] };
        var data = loss switch { Loss.OrderedNames => open.Where(i => steps[i] is not NameStep), Loss.OrderedSome => SomeData(steps, open, random), _ => [] };
        return [.. names, .. data];
    }

    private static IEnumerable<int> SomeData(List<DiskStep> steps, List<int> open, Random random)
    {
        var ended = new HashSet<int>();
        foreach (var i in open)
        {
            if (steps[i] is not WriteStep write) continue;
            var isKept = random.Next(2) == 0 && !(write.Extends && ended.Contains(write.Inode));
            if (isKept) yield return i;
            else if (write.Extends) ended.Add(write.Inode);
        }
    }

    private static HashSet<int> KeptPosix(List<int> open, Loss loss, Random random)
    {
        var one = open.Count == 0 ? -1 : open[random.Next(open.Count)];
        return [.. open.Where(i => loss switch
        {
            Loss.None => true,
            Loss.One => i != one,
            Loss.AllButOne => i == one,
            Loss.Half => random.Next(2) == 0,
            Loss.Few => random.Next(8) != 0,
            _ => false,
        })];
    }

    private static int? DataOf(DiskStep step) => step switch { WriteStep write => write.Inode, SizeStep size => size.Inode, _ => null };
}
