// Kinds of findings about what is asked of the DNS: its servers, and our own records there.
using SpoolWorker.Operations.Checks;

namespace SpoolWorker.Operations.Doctor.Records;

/// <summary>Kinds of findings; docs/doctor.md is made of these.</summary>
internal static class RecordKinds
{
    public static readonly FindingKind DnsSilent = new("dns-silent", "A name server that passes ask does not answer, or answers every question with a failure: mail is deferred.", "Look at that server, or name another in `Dns:Servers`.");
    public static readonly FindingKind KeyMissing = new("key-record-missing", "No record is published for a key that signs or seals: nobody can check what it signs.", "Publish the record; `spoolworker keygen` printed it.");
    public static readonly FindingKind KeyDiffers = new("key-record-differs", "The record that is published is of another key: every signature fails.", "Publish the record of this key, or sign with the one that is published.");
    public static readonly FindingKind KeyUnusable = new("key-record-unusable", "What is published for a key cannot be used: revoked, broken, or not for mail with SHA-256.", "Publish the record as `spoolworker keygen` printed it.");
    public static readonly FindingKind KeyTesting = new("key-record-testing", "The record of a key says `t=y`: receivers treat its mail as if it were not signed.", "Publish it without `t=y` when the trial is over.");
    public static readonly FindingKind KeyUnknown = new("key-record-unknown", "The record of a key could not be asked for.", "See the name servers of that domain, then look again.");
    public static readonly FindingKind SrsMx = new("srs-domain-without-mx", "The domain of SRS addresses has no host that takes mail: bounces to forwarded mail are lost.", "Publish an MX record that names the host which receives for the worker.");
    public static readonly FindingKind SrsSpf = new("srs-domain-without-spf", "The domain of SRS addresses has no SPF policy: forwarding gains nothing by SRS.", "Publish one that lets the sending hosts pass.");
    public static readonly FindingKind SrsSpfFails = new("srs-domain-spf-fails", "The SPF policy of the domain of SRS addresses refuses an address of this host: forwarded mail fails SPF.", "Add the sending hosts to it; where another host sends, acknowledge this.");
    public static readonly FindingKind SrsUnknown = new("srs-domain-unknown", "The records of the domain of SRS addresses could not be asked for.", "See the name servers of that domain, then look again.");
}
