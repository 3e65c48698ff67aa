# Mail::DKIM as a peer: works on every *.eml of a directory, with keys from the DNS server on 127.0.0.1.
#   mail-dkim.pl verify PORT DIR                                     prints "name state reason" a line
#   mail-dkim.pl seal PORT DIR SELECTOR DOMAIN KEY ADMD              puts a set on each message, in place
use strict;
use warnings;
use File::Basename;
use Mail::DKIM::ARC::Signer;
use Mail::DKIM::ARC::Verifier;
use Mail::DKIM::DNS;
use Net::DNS::Resolver;

my ($mode, $port, $folder, $selector, $domain, $key, $admd) = @ARGV;
Mail::DKIM::DNS::resolver(Net::DNS::Resolver->new(nameservers => ['127.0.0.1'], port => $port, recurse => 1));

for my $path (sort glob("$folder/*.eml")) {
    open(my $in, '<:raw', $path) or die $path;
    my $message = do { local $/; <$in> };
    close $in;
    if ($mode eq 'verify') {
        my $arc = Mail::DKIM::ARC::Verifier->new(Strict => 1);
        # It dies of some malformed messages.
        my $verified = eval { $arc->PRINT($message); $arc->CLOSE; 1 };
        print basename($path), ' ', $verified ? $arc->result . ' ' . $arc->result_detail =~ s/\n/ /gr : 'error', "\n";
        next;
    }
    my $arc = Mail::DKIM::ARC::Signer->new(Algorithm => 'rsa-sha256', Chain => 'ar', Domain => $domain, SrvId => $admd, Selector => $selector, KeyFile => $key, Headers => 'x-hop', Timestamp => time());
    $arc->PRINT($message);
    $arc->CLOSE;
    $arc->result eq 'sealed' or die "$path: ", $arc->{details} // $arc->result;
    open(my $out, '>:raw', $path) or die $path;
    print $out join("\015\012", $arc->as_strings), "\015\012", $message;
    close $out;
}
