# An exception object that knows how to print itself.
use strict;
use warnings;

package Acme::QuotaExhausted;
use overload '""' => sub { my ($self) = @_; ref($self) . ": retry after $self->{seconds} s\n" };

sub throw {
    my ($class, %fields) = @_;
    die bless {%fields}, $class;
}

package main;

Acme::QuotaExhausted->throw(seconds => 20);
