# An error is caught and dies again as part of a longer one.
use strict;
use warnings;

package Acme::Provider;

sub call {
    my ($url) = @_;
    die "POST $url answered 401";
}

package main;

sub index_batch {
    my ($batch) = @_;
    eval { Acme::Provider::call('http://10.0.0.7/v1'); 1 } or die "batch $batch failed: $@";
}

print STDERR "indexing\n";
index_batch(17);
