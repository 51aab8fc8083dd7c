"""Instructions of a 64-byte malloc and free, counted by valgrind: exact, but without the CPU's view."""

import re

import bench_runs as runs

PAIRS = 200000
COLLECTED = re.compile(r"Collected : (\d+)")


def count(bench, environment, pairs):
    # The script valgrind, under the preload too, becomes the tool by exec: it counts in neither.
    command = [runs.need("valgrind"), "--tool=callgrind", "--callgrind-out-file=/dev/null",
               bench.program("pair"), str(pairs)]
    run = bench.start(command, environment)
    run.end(120)
    return int(COLLECTED.search(run.errors).group(1))


def instructions(bench):
    print(f"\n64-byte malloc and free, instructions a pair (callgrind; {2 * PAIRS} pairs less {PAIRS})")
    each = {}
    for variant in bench.variants():
        if variant.name.startswith("heaptrack"):
            continue  # leaves the environment at the script, so that the tool runs without it
        try:
            once, twice = (count(bench, variant.environment, n * PAIRS) for n in (1, 2))
        except runs.Failed as failure:
            print(f"  {variant.name:20} failed: {failure}")
            continue
        own = each[variant.name] = (twice - once) / PAIRS
        more = f"   {own - each[variant.base]:+.1f}" if variant.base in each else ""
        print(f"  {variant.name:20} {own:8.1f}{more}", flush=True)
