# A setting is wrong: a message of several lines, with the whole way there.
use strict;
use warnings;

package Acme::Settings;
use Carp qw(confess);

sub dimensions {
    my ($class, %settings) = @_;
    $settings{dimensions} =~ /^\d+$/ or confess "dimensions must be a number:\n  got '$settings{dimensions}'\n ";
    return $settings{dimensions};
}

package main;

sub start { return Acme::Settings->dimensions(dimensions => 'many') }

start();
