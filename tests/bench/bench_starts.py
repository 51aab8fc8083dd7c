"""What is added to the shortest of lives: /bin/true, from spawn to end."""

import os
import statistics
import time

import bench_runs as runs


def start_once(environment):
    everyones = {"PATH": os.environ["PATH"], "LANG": "C"}
    begin = time.perf_counter_ns()
    pid = os.posix_spawn("/bin/true", ["true"], everyones | environment)
    _, status = os.waitpid(pid, 0)
    if status != 0:
        raise runs.Failed(f"wait status {status}")
    return (time.perf_counter_ns() - begin) / 1e6


def starts(bench, times):
    variants = [v for v in bench.variants() if v.name.startswith(("bare", "ours"))]
    # A program's own exit waits for names; with them it is a row of its own.
    for mode in ("cpu", "heap"):
        variants.append(runs.Variant(f"ours, {mode}, names", bench.ours(mode, symbolize="full"), "bare"))
    taken, failed = runs.interleave(variants, times, start_once)
    print("\n/bin/true, ms from spawn to end, and what is added")
    for name, _, base, _ in variants:
        used = taken[name]
        if name in failed:
            print(f"  {name:20} failed: {failed[name]}")
            continue
        line = f"  {name:20} {statistics.median(own for own, _ in used):8.3f} ms"
        if base:
            more = [own - bases for own, bases in used]
            line += (f"   added: median {statistics.median(more):+.3f},"
                     f" mean {statistics.fmean(more):+.3f} ms")
        print(line, flush=True)
