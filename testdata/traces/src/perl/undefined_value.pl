# A method is called on nothing, while a file is being read.
use strict;
use warnings;

sub embed {
    my ($provider, $text) = @_;
    return $provider->embed($text);
}

while (my $line = <DATA>) {
    chomp $line;
    embed(undef, $line);
}
__DATA__
first document
