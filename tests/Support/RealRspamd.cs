namespace SpoolWorker.Testing;

/// <summary>Debian's rspamd with a few rules of our own, settings by id, and no Redis, network or statistics. rspamd itself knows GTUBE.</summary>
internal sealed class RealRspamd : IRealEngine
{
    public const string Program = "/usr/bin/rspamd", Client = "/usr/bin/rspamc";

    private const UnixFileMode ForItsUser = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    private const string Plugins = "/usr/share/rspamd/plugins", User = "_rspamd";

    /// <summary>A line that scores 3.2, and 7 with the settings strict, 0.5 with lax.</summary>
    public const string Offer = "this is an offer\n";

    /// <summary>Its max_message, unless another is asked for.</summary>
    public const int MaxMessage = 1024 * 1024;

    private readonly TempDirectory _directory = new(isForAll: true);
    private readonly LeashedDaemon _daemon;

    /// <param name="maxMessage">Its max_message.</param>
    /// <param name="hasDebiansRules">With the rules of Debian's package that look at nothing but the message, too.</param>
    public RealRspamd(int maxMessage = MaxMessage, bool hasDebiansRules = false)
    {
        var work = _directory.Create("work");
        // A root's rspamd will not run its workers as root.
        string[] own = Environment.UserName == "root" ? ["-u", User, "-g", User] : [];
        if (own.Length > 0) File.SetUnixFileMode(work, ForItsUser);
        File.WriteAllText(_directory.At("tld"), "com\nexample\n");
        File.WriteAllText(_directory.At("rules.lua"), Rules);
        File.WriteAllText(_directory.At("rspamd.conf"), $$"""
            options {
              tempdir = "{{work}}"; temp_dir = "{{work}}"; hs_cache_dir = "{{work}}"; url_tld = "{{_directory.At("tld")}}"; disable_hyperscan = true; filters = "{{(hasDebiansRules ? "regexp" : "")}}";
              dns { nameserver = ["127.0.0.1"]; timeout = 0.1s; retransmits = 1; }
              max_message = {{maxMessage}};
            }
            logging { type = "console"; level = "warning"; }
            worker "normal" { bind_socket = "{{Address}} mode=0666"; count = 1; }
            actions { reject = 15; "add header" = 6; greylist = 4; }
            modules { path = "{{Plugins}}/settings.lua"; path = "{{Plugins}}/milter_headers.lua"; }
            milter_headers { use = ["x-spamd-result"]; skip_local = false; }
            settings {
              strict { id = "strict"; apply { scores { OFFER = 7; } } }
              lax { id = "lax"; apply { scores { OFFER = 0.5; } actions { reject = 30; "add header" = 20; } } }
            }
            lua = "{{_directory.At("rules.lua")}}";
            {{(hasDebiansRules ? DebiansRules : "")}}
            """);
        _daemon = new LeashedDaemon([Program, "-f", .. own, "-c", _directory.At("rspamd.conf")]);
        _daemon.UntilAnswers(Address, "GET /ping HTTP/1.0\r\n\r\n"u8.ToArray(), "HTTP/1.1 200"u8.ToArray());
    }

    public string Address => _directory.At("rspamd.sock");

    public static string? Missing() => File.Exists(Program) && File.Exists(Client) ? null : "rspamd is not installed (Debian: rspamd)";

    public void Dispose()
    {
        _daemon.Dispose();
        _directory.Dispose();
    }

    // Without the filter chartable, whose R_MIXED_CHARSET is there at one time and not at the next for the same message.
    private const string DebiansRules = """
        lua = "/usr/share/rspamd/rules/rspamd.lua";
        .include "/etc/rspamd/groups.conf"
        modules { path = "/usr/share/rspamd/plugins/once_received.lua"; path = "/usr/share/rspamd/plugins/mime_types.lua"; path = "/usr/share/rspamd/plugins/phishing.lua"; }
        once_received { symbol = "ONCE_RECEIVED"; symbol_strict = "ONCE_RECEIVED_STRICT"; symbol_mx = "DIRECT_TO_MX"; }
        phishing { symbol = "PHISHING"; openphish_enabled = false; phishtank_enabled = false; }
        mime_types { bad_extensions = { exe = 1, com = 2 }; extension_map = { html = "text/html", txt = "text/plain" }; }

        """;

    // "say the envelope": its answer tells what it was told.
    private const string Rules = """
        local function has(task, text) return tostring(task:get_content()):find(text, 1, true) ~= nil end
        local function rule(name, score, text)
          rspamd_config:register_symbol({name = name, score = score, callback = function(task) return has(task, text) end})
        end
        rule('OFFER', 3.2, 'an offer')
        rule('FRIEND', -4.5, 'dear friend')
        rspamd_config:register_symbol({name = 'LATER', type = 'prefilter', callback = function(task)
          if has(task, 'not now') then task:set_pre_result('soft reject', 'Come back later', 'later') end
        end})
        rspamd_config:register_symbol({name = 'EDITS', type = 'postfilter', callback = function(task)
          if has(task, 'say the envelope') then
            local to = {}
            for _, r in ipairs(task:get_recipients('smtp') or {}) do table.insert(to, r.addr) end
            local from, ip = task:get_from('smtp'), task:get_from_ip()
            task:set_milter_reply({add_headers = {['X-Rspamd-Action'] = string.format('%s|%s|%s|%s|%s|%s|%s|%d', from and from[1].addr or '', table.concat(to, ','),
              ip and ip:is_valid() and ip:to_string() or '', task:get_helo() or '', task:get_hostname() or '', task:get_user() or '', task:get_queue_id() or '', #tostring(task:get_content()))}})
          end
          if has(task, 'edit the header') then
            task:set_milter_reply({
              add_headers = {['X-Rspamd-Server'] = 'a\r\nX-Injected: yes', ['X-Rspamd-Queue-Id'] = 'a\nX-Injected: yes', ['X-Other'] = 'not asked for',
                ['X-Rspamd-Action'] = {{value = 'one', order = 1}, {value = 'two\r\n\tfolded'}}, ['Authentication-Results'] = {value = 'ours.example; spf=pass', order = 1}},
              remove_headers = {['Authentication-Results'] = {2}, ['X-Old'] = 0, Subject = 0}})
          end
        end})

        """;
}
