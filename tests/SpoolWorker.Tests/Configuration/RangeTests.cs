using System.Collections;
using System.Reflection;
using Microsoft.Extensions.Configuration;
using SpoolWorker.Commands.Parsing;
using SpoolWorker.Configuration;
using SpoolWorker.Options;
using SpoolWorker.Passes.Ranges;

namespace SpoolWorker.Tests.Configuration;

public sealed class RangeTests
{
    [Theory]
    [InlineData("200ms", "00:00:00.2", "200ms")]
    [InlineData("90s", "00:01:30", "90s")]
    [InlineData("60s", "00:01:00", "1m")]
    [InlineData("5m", "00:05:00", "5m")]
    [InlineData("2h", "02:00:00", "2h")]
    [InlineData("14d", "14.00:00:00", "14d")]
    [InlineData("14.00:00:00", "14.00:00:00", "14d")]
    [InlineData("1:00:00", "01:00:00", "1h")]
    [InlineData("00:00:00.2", "00:00:00.2", "200ms")]
    [InlineData("0s", "00:00:00", "0s")]
    public void Times_are_read_in_both_forms(string text, string expected, string written)
    {
        Duration.TryParse(text, out var time, out var error).Should().BeTrue(error);
        time.Should().Be(TimeSpan.Parse(expected, System.Globalization.CultureInfo.InvariantCulture));
        Duration.Text(time).Should().Be(written);
    }

    [Theory]
    [InlineData("10", "without a unit")]
    [InlineData("0", "without a unit")]
    [InlineData("", "must be a time such as")]
    [InlineData("m", "must be a time such as")]
    [InlineData("5 m", "must be a time such as")]
    [InlineData("-5m", "must be a time such as")]
    [InlineData("5M", "must be a time such as")]
    [InlineData("1.5h", "must be a time such as 90s, 5m, 2h, 14d or [d.]hh:mm:ss, in whole numbers; for 1.5h say 90m")]
    [InlineData("1.5", "a number without a unit is no time, and units go with whole ones; say 1500ms, 90s, 90m or 36h")]
    [InlineData("1.2.3", "must be a time such as")]
    [InlineData(".", "must be a time such as")]
    [InlineData("0.0s", "must be a time such as")]
    [InlineData("99999999.5d", "must be a time such as")]
    [InlineData("10:00", "must be a time such as")]
    [InlineData("1:2:3:4", "must be a time such as")]
    [InlineData("25:00:00", "must be a time such as")]
    [InlineData("-1:00:00", "must be a time such as")]
    [InlineData("99999999d", "must be a time such as")]
    [InlineData("99999999999999999999s", "must be a time such as")]
    public void What_is_no_time_says_what_is(string text, string fault)
    {
        Duration.TryParse(text, out _, out var error).Should().BeFalse();
        error.Should().Contain(fault);
    }

    // One fault for each value, with key, value and range; what crashed Polly and failed every message among them.
    [Theory]
    [InlineData("Schedule:Scan", "10", "a number without a unit is no time; say 10s, 10m, 10h or 10d")]
    [InlineData("Schedule:Scan", "0s", "must be 100ms to 1d")]
    [InlineData("Rules:Timeout", "13:00:00", "must be 10ms to 12h")]
    [InlineData("Rules:BreakFor", "2d", "must be 500ms to 1d")]
    [InlineData("Rules:BreakAfter", "0", "must be 1 to 1000")]
    [InlineData("Ledger:Keep", "3000000d", "must be 1m to 3650d")]
    [InlineData("Ledger:MapSize", "4096", "must be 1048576 to 70368744177664")]
    [InlineData("Engine:Workers", "257", "must be 0 to 256")]
    [InlineData("Engine:Workers", "many", "must be a whole number")]
    [InlineData("Engine:Workers", "99999999999", "must be a whole number")]
    [InlineData("Engine:SettleTime", "2", "a number without a unit is no time; say 2s, 2m, 2h or 2d")]
    [InlineData("Dns:Timeout", "0:01:01", "must be 100ms to 1m")]
    [InlineData("Dns:CacheBytes", "-1", "must be 0 to 1099511627776")]
    [InlineData("Dmarc:Timeout", "0s", "must be 1s to 5m")]
    [InlineData("Dcc:ReadTimeout", "0s", "must be 10ms to 1d")]
    [InlineData("Dcc:ConnectTimeout", "2d", "must be 10ms to 1d")]
    [InlineData("Dcc:GreylistRetry", "8d", "must be 0s to 7d")]
    [InlineData("Dcc:MaxSize", "-1", "must be 0 to 1099511627776")]
    [InlineData("Arc:MaxSets", "51", "must be 1 to 50")]
    [InlineData("Arc:MinKeyBits", "512", "must be 1024 to 4096")]
    [InlineData("Arc:Deadline", "0s", "must be 10ms to 10m")]
    [InlineData("Spf:Timeout", "0s", "must be 1s to 5m")]
    [InlineData("Dkim:MaxSignatures", "0", "must be 1 to 100")]
    [InlineData("Dkim:MaxLookups", "0", "must be 1 to 100")]
    [InlineData("Dkim:Timeout", "0s", "must be 10ms to 10m")]
    [InlineData("Dkim:MinRsaBits", "512", "must be 1024 to 4096")]
    [InlineData("Dkim:MaxRsaBits", "2048", "must be 4096 to 16384")]
    [InlineData("Dkim:ClockSkew", "2d", "must be 0s to 1d")]
    [InlineData("Dkim:KeyCache", "0", "must be 1 to 1000000")]
    [InlineData("Dkim:Sign:Keys:0:Expire", "30s", "must be 0s or 1m to 3650d")]
    [InlineData("Dsn:DelayWarning", "soon", "must be a time such as 90s, 5m, 2h, 14d or [d.]hh:mm:ss")]
    [InlineData("Dsn:DelayWarning:0", "0s", "must be 1s to 3650d")]
    [InlineData("Dsn:GiveUpAfter", "-1:00:00", "must be a time such as 90s, 5m, 2h, 14d or [d.]hh:mm:ss")]
    [InlineData("Dsn:Return", "both", "must be one of full, headers")]
    [InlineData("Dsn:Return", "unset", "must be one of full, headers")]
    [InlineData("Dsn:Return", "1", "must be one of full, headers")]
    [InlineData("Dsn:MaxReturnSize", "-1", "must be 0 to 1099511627776")]
    [InlineData("Dsn:RateLimit", "-1", "must be 0 to 1000000")]
    [InlineData("Dsn:RatePer", "0s", "must be 1s to 365d")]
    [InlineData("Srs:MaxAge", "1024", "must be 0 to 1023")]
    [InlineData("Srs:HashLength", "28", "must be 1 to 27")]
    [InlineData("Srs:Database", "a\0b", "holds a NUL character; take it out")]
    [InlineData("DsnInfo:MainLog", "/var/log\0", "holds a NUL character; take it out")]
    [InlineData("Held:Path", "\0", "holds a NUL character; take it out")]
    public void Every_value_out_of_range_is_a_fault(string key, string value, string fault) =>
        Faults((key, value)).Should().ContainSingle().Which.Should().Be($"{key} = '{value.Replace("\0", "\\0", StringComparison.Ordinal)}': {fault}");

    [Fact]
    public void A_secret_is_no_part_of_its_fault() => Faults(("Srs:Config", "secret\0")).Should().Equal("Srs:Config: holds a NUL character; take it out");

    [Fact]
    public void All_faults_are_told_together() => Faults(("Schedule:Scan", "10"), ("Engine:Workers", "257"), ("Dns:Retries", "11"), ("Dsn:DelayWarning:0", "1h"), ("Dsn:DelayWarning:1", "x")).Should().HaveCount(4);

    [Fact]
    public void Every_number_and_every_time_has_a_range_and_its_default_lies_in_it()
    {
        var known = CommonOptions.Known();
        var all = known.Passes.Select(p => (object)p.NewOptions()).Concat(known.Sections.Select(s => s.NewOptions())).Append(new Settings()).ToList();
        var without = new List<string>();
        var seen = new HashSet<Type>();
        foreach (var options in all) Look(options, without, seen);
        without.Should().BeEmpty("a setting without a range can take the worker down");
        seen.Should().Contain(typeof(SpoolWorker.Passes.Dkim.DkimKeyOptions), "elements of lists are looked at too");
    }

    private static void Look(object options, List<string> without, HashSet<Type> seen)
    {
        if (!seen.Add(options.GetType())) return;
        foreach (var property in options.GetType().GetProperties().Where(p => p.CanWrite))
        {
            var type = property.PropertyType;
            var value = property.GetValue(options);
            var element = type.IsGenericType && type.GetGenericTypeDefinition() == typeof(List<>) ? type.GetGenericArguments()[0] : type;
            if (element == typeof(TimeSpan) || (element.IsPrimitive && element != typeof(bool)))
            {
                var range = property.GetCustomAttribute<SettingRangeAttribute>();
                foreach (var one in value is IList list ? list.Cast<object>() : [value!])
                {
                    if (range is null || range.FaultOf(one) is not null) without.Add($"{options.GetType().Name}.{property.Name}");
                }
            }
            else if (element.IsClass && element != typeof(string) && element != typeof(Dictionary<string, string>)) Look(Activator.CreateInstance(element)!, without, seen);
        }
    }

    private static IReadOnlyList<string> Faults(params (string Key, string Value)[] values)
    {
        var root = new ConfigurationBuilder().AddInMemoryCollection(values.Select(v => KeyValuePair.Create(v.Key, (string?)v.Value))).Build();
        var reader = new SettingsReader();
        var known = CommonOptions.Known();
        reader.Bind(root, new Settings(), new HashSet<string>(known.Within(""), StringComparer.OrdinalIgnoreCase));
        foreach (var pass in known.Passes) known.Bind(root, reader, pass.Section, pass.NewOptions());
        foreach (var section in known.Sections) known.Bind(root, reader, section.Section, section.NewOptions());
        return reader.Faults;
    }
}
