namespace SpoolWorker.Passes;

/// <summary>Where a pass stands among the others, for faults in its settings that depend on them.</summary>
/// <param name="Name">The pass.</param>
/// <param name="Order"><c>Passes</c>: the names of those that run, in their order.</param>
/// <param name="Known">All that could run.</param>
public sealed record PassPlace(string Name, IReadOnlyList<string> Order, IReadOnlyList<PassRegistration> Known)
{
    /// <summary>Whether a pass runs, and before this one.</summary>
    public bool IsBefore(string pass) => Order.TakeWhile(name => name != Name).Contains(pass);
}
