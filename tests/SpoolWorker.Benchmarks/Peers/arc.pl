# Mail::DKIM's share of the benchmark `arc`: arc.pl SECONDS FOLDER SELECTOR DOMAIN ADMD; prints "what microseconds-of-CPU" a line.
use strict;
use warnings;
use Mail::DKIM::ARC::Signer;
use Mail::DKIM::ARC::Verifier;
use Mail::DKIM::DNS;
use Net::DNS;

my ($seconds, $folder, $selector, $domain, $admd) = @ARGV;

sub slurp {
    my ($name) = @_;
    open(my $in, '<:raw', "$folder/$name") or die $name;
    local $/;
    return scalar <$in>;
}

# The key from memory: what is measured is no resolver.
package OneKey;
sub new { my ($class, $name, $text) = @_; my $packet = Net::DNS::Packet->new($name, 'TXT', 'IN'); $packet->push(answer => Net::DNS::RR->new(name => $name, type => 'TXT', txtdata => [$text =~ /(.{1,250})/g])); return bless { packet => $packet }, $class; }
sub send { return $_[0]{packet}; }

package main;

Mail::DKIM::DNS::resolver(OneKey->new("$selector._domainkey.$domain", slurp('record.txt')));

sub cpu { my ($user, $system) = times; return $user + $system; }

sub measure {
    my ($what, $work) = @_;
    $work->();
    my ($start, $count) = (cpu(), 0);
    while (cpu() - $start < $seconds) { $work->(); $count++; }
    print "$what ", (cpu() - $start) / $count * 1e6, "\n";
}

sub verify {
    my ($message) = @_;
    my $arc = Mail::DKIM::ARC::Verifier->new(Strict => 1);
    $arc->PRINT($message);
    $arc->CLOSE;
    $arc->result eq 'pass' or die $arc->result_detail;
}

sub seal {
    my ($message) = @_;
    my $arc = Mail::DKIM::ARC::Signer->new(Algorithm => 'rsa-sha256', Chain => 'ar', Domain => $domain, SrvId => $admd, Selector => $selector, KeyFile => "$folder/key.pem", Timestamp => time());
    $arc->PRINT($message);
    $arc->CLOSE;
    $arc->result eq 'sealed' or die;
}

my ($one, $three, $plain) = map { slurp($_) } qw(one.eml three.eml plain.eml);
measure('verify-1', sub { verify($one) });
measure('verify-3', sub { verify($three) });
measure('seal', sub { seal($plain) });
