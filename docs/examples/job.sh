#!/bin/sh
# Any CI service: compares the commit that is checked out with the branch it is to be merged into.
# usage: job.sh BRANCH; `profiler` is in PATH.
set -eu
branch=${1:?usage: job.sh BRANCH}

git worktree add ../base "$branch"
make -C ../base bench
make bench
exec profiler compare --mode cpu,allocs --run-option=--heap-rate=1 --output profiles -o profiles.html \
  --junit junit.xml --fail-on 'alloc_objects > +0%' --fail-on 'cpu > +5%' -- ../base/bench -- ./bench
