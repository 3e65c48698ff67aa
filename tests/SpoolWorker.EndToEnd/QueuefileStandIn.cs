// The queuefile transport in this process, for what a script cannot do: stop in the middle of copying -D, or fail there. Same order as Exim's:
// -H, then -D, under their final names, O_EXCL, no sync. The source -D stays locked meanwhile (record lock on its name line), as Exim's delivery process has it.
namespace SpoolWorker.EndToEnd;

internal enum HandOver
{
    Link,
    Copy,
}

internal enum HandOverResult
{
    Done,

    /// <summary>Exim would log "File exists" and try again later.</summary>
    Deferred,
}

internal sealed class QueuefileStandIn(string sourceInput, string intake, HandOver how)
{
    /// <summary>Called when half of -D is copied; throwing is the failed copy.</summary>
    public Action HalfWay { get; set; } = () => { };

    /// <summary>One call of the transport: what Exim does for one recipient.</summary>
    public HandOverResult Deliver(string id)
    {
        // read before the lock: closing any descriptor of -D in this process would drop it
        var body = File.ReadAllBytes(Path.Combine(sourceInput, id + "-D"));
        using var locked = new FileStream(Path.Combine(sourceInput, id + "-D"), FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        locked.Lock(0, id.Length + 3);
        if (!Put(id + "-H", File.ReadAllBytes(Path.Combine(sourceInput, id + "-H")), () => { }))
        {
            return HandOverResult.Deferred;
        }

        bool done;
        try
        {
            done = Put(id + "-D", body, HalfWay);
        }
        catch (IOException)
        {
            // out of space or the like: the half -D stays, as with Exim
            done = false;
        }

        if (!done)
        {
            File.Delete(Path.Combine(intake, id + "-H"));
        }

        return done ? HandOverResult.Done : HandOverResult.Deferred;
    }

    private bool Put(string name, byte[] content, Action halfWay)
    {
        var target = Path.Combine(intake, name);
        if (how == HandOver.Link)
        {
            try
            {
                Native.Link(Path.Combine(sourceInput, name), target);
                return true;
            }
            catch (IOException)
            {
                return false;
            }
        }

        FileStream copy;
        try
        {
            copy = new FileStream(target, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
        }
        catch (IOException)
        {
            return false;
        }

        using (copy)
        {
            EximUser.Own(target);
            File.SetUnixFileMode(target, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead);
            copy.Write(content.AsSpan(0, content.Length / 2));
            halfWay();
            copy.Write(content.AsSpan(content.Length / 2));
        }

        return true;
    }
}
