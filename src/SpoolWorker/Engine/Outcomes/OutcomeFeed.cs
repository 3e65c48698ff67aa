// Where outcomes are published, each once: who wants to know subscribes. By whatever thread ended the look, before the message
// may be looked at again, so a subscriber is quick. One that throws is a bug of its own and costs no message anything.
using Microsoft.Extensions.Logging;

namespace SpoolWorker.Engine.Outcomes;

/// <summary>The outcomes of messages as they come.</summary>
internal sealed class OutcomeFeed(ILogger log)
{
    /// <summary>Called with each outcome; by several threads at once.</summary>
    public event Action<Outcome>? Published;

    public void Publish(Outcome outcome)
    {
        foreach (var subscriber in Delegate.EnumerateInvocationList(Published))
        {
            try
            {
                subscriber(outcome);
            }
            catch (Exception e)
            {
                log.SubscriberFailed(e, outcome.Id, e.Message);
            }
        }
    }
}
