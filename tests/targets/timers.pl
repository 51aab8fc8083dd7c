# Timers and handlers of its own, and what came of them.
use strict;
use POSIX ();
use Time::HiRes qw(setitimer getitimer ITIMER_REAL ITIMER_PROF ITIMER_VIRTUAL clock CLOCK_MONOTONIC clock_gettime);
my %calls = map { $_ => 0 } qw(PROF ALRM VTALRM);
POSIX::sigaction(POSIX::SIGPROF(), POSIX::SigAction->new(sub { $calls{PROF}++ }, undef, 0));
$SIG{ALRM} = sub { $calls{ALRM}++ };
$SIG{VTALRM} = sub { $calls{VTALRM}++ };
setitimer($_, 0.02, 0.02) for ITIMER_PROF, ITIMER_VIRTUAL, ITIMER_REAL;
my ($start, $cpu) = (clock_gettime(CLOCK_MONOTONIC), clock());
my $sum = 0;
while (clock() - $cpu < 1) { $sum += $_ for 1 .. 1000 }
my ($used, $took) = (clock() - $cpu, clock_gettime(CLOCK_MONOTONIC) - $start);
my @intervals = map { sprintf "%.3f", (getitimer($_))[1] } ITIMER_PROF, ITIMER_VIRTUAL, ITIMER_REAL;
setitimer($_, 0) for ITIMER_PROF, ITIMER_VIRTUAL, ITIMER_REAL;
my $before = $calls{ALRM};
alarm 1;
# In whole seconds of the wall clock: one more where the second turns in between.
my $slept = sleep 10;
my $until = $slept >= 1 && $slept < 9 ? "the alarm" : $slept;
print "@intervals, alarms ", $calls{ALRM} - $before, ", slept until ", $until, "\n";
printf "figures prof %.1f virtual %.1f real %.1f\n", $calls{PROF} * 2 / $used, $calls{VTALRM} * 2 / $used, $calls{ALRM} * 2 / $took;
