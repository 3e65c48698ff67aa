// Kinds of findings about the daemons that passes ask. Their names are those of the registrations' services (NeededService), with their trouble behind.
using SpoolWorker.Operations.Checks;

namespace SpoolWorker.Operations.Doctor.Services;

/// <summary>Kinds of findings; docs/doctor.md is made of these.</summary>
internal static class ServiceKinds
{
    public static readonly FindingKind ClamdSilent = new("clamd-silent", "A clamd of `Clamd:Address` does not answer, or not as clamd does: it is asked to look at a small message. Mail is deferred, or goes on unseen (`Clamd:OnUnavailable`).", "Start it (`systemctl start clamav-daemon`), or correct `Clamd:Address`. It listens only once it has its database: `freshclam` gets that.");
    public static readonly FindingKind DccSilent = new("dccifd-silent", "A dccifd of `Dcc:Address` does not answer, or not as dccifd does.", "Start it, or correct `Dcc:Address`.");
    public static readonly FindingKind DccNoServer = new("dccifd-without-server", "dccifd answers that it reached no DCC server: mail is deferred or goes on unjudged (`Dcc:OnTemporary`).", "`cdcc info` says which servers it knows; a firewall has to let UDP port 6277 out.");
    public static readonly FindingKind RspamdSilent = new("rspamd-silent", "An rspamd of `Rspamd:Url` does not answer, or not as a scanner does: it is asked about a small message. Mail is deferred, or goes on without a score (`Rspamd:OnUnavailable`).", "Start it (`systemctl start rspamd`), or correct `Rspamd:Url`: a worker `normal` (port 11333) or `rspamd_proxy`, not the controller.");
    public static readonly FindingKind SpamdSilent = new("spamd-silent", "A spamd of `Spamd:Address` does not answer PING. Mail is deferred, or goes on without a score (`Spamd:OnUnavailable`).", "Start it (`systemctl start spamd`, `spamassassin` in older Debian), or correct `Spamd:Address`; over TCP it answers only whom its `-A` lists.");

    private static readonly FindingKind[] All = [ClamdSilent, DccSilent, DccNoServer, RspamdSilent, SpamdSilent];

    /// <summary>That of a daemon's trouble; null: there is none.</summary>
    public static FindingKind? Of(string service, string trouble) => All.FirstOrDefault(k => k.Name == $"{service}-{trouble}");
}
