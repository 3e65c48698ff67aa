namespace SpoolWorker.LogFollowing;

/// <summary>Messages that Exim delivered over TLS, as its main log tells by <c>X=</c>.</summary>
/// <param name="Resumed">Over a session that was resumed: a star behind the cipher, with <c>log_selector = +tls_resumption</c> (deliver.c, d_tlslog).</param>
/// <param name="Others">Over another.</param>
internal readonly record struct TlsDeliveries(long Resumed, long Others)
{
    public TlsDeliveries With(bool isResumed) => isResumed ? this with { Resumed = Resumed + 1 } : this with { Others = Others + 1 };

    public static TlsDeliveries operator +(TlsDeliveries a, TlsDeliveries b) => new(a.Resumed + b.Resumed, a.Others + b.Others);
}
