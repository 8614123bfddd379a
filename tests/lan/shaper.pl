#!/usr/bin/perl
# Joins two TAP devices as a bad cable does: shaper.pl <device> <device> <delay in ms> <loss in percent>, both ways.
use strict;
use warnings;
use Time::HiRes qw(time);

my ($first, $second, $delay, $loss) = @ARGV;
my $TUNSETIFF = 0x400454ca;         # linux/if_tun.h
my $TAP_WITHOUT_HEADER = 0x1002;    # IFF_TAP | IFF_NO_PI

sub attach {
    my ($name) = @_;
    open(my $device, '+<', '/dev/net/tun') or die "$name: $!\n";
    ioctl($device, $TUNSETIFF, pack('a16 s x22', $name, $TAP_WITHOUT_HEADER)) or die "$name: $!\n";
    return $device;
}

my @ends = (attach($first), attach($second));
my @waiting = ([], []);
$| = 1;
print "ready\n";
while (1) {
    my $now = time;
    my $pause = 1;
    for my $side (0, 1) {
        my $queue = $waiting[$side];
        syswrite($ends[$side], shift(@$queue)->[1]) while @$queue && $queue->[0][0] <= $now;
        $pause = $queue->[0][0] - $now if @$queue && $queue->[0][0] - $now < $pause;
    }
    my $ready = '';
    vec($ready, fileno($_), 1) = 1 for @ends;
    next if select($ready, undef, undef, $pause) <= 0;
    for my $side (0, 1) {
        next unless vec($ready, fileno($ends[$side]), 1);
        sysread($ends[$side], my $frame, 65_536) or exit;
        push @{ $waiting[1 - $side] }, [time + $delay / 1000, $frame] if rand(100) >= $loss;
    }
}
