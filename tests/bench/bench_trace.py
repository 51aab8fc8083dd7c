"""What a trace costs: an event of the program's own, locks that threads want at the same time, a switch between
two threads."""

import bench_figures as figures
import bench_runs as runs


def variants(bench):
    return [runs.Variant("bare", {}), runs.Variant("ours, no mode", {"LD_PRELOAD": bench.library}, "bare"),
            runs.Variant("ours, block,mutex", bench.ours("block,mutex"), "bare"),
            runs.Variant("ours, trace", bench.ours("trace"), "bare")]


def measure(bench, title, name, *arguments):
    rows = variants(bench)
    command = [bench.program(name), *arguments]
    taken, failed = runs.interleave(rows, bench.rounds, lambda e: bench.run(command, e))
    figures.print_table(title, rows, taken, failed, [figures.NS, figures.CPU], memory_goal=None)


def trace(bench):
    measure(bench, "begin or end of a region, ns each", "marks", "10000000")
    measure(bench, "the same by two threads, ns each of either", "marks", "10000000", "2")
    for threads in "2", "4":
        for inside, outside in ("200", "600"), ("50", "50"):
            pairs = str(2000000 // int(threads))
            measure(bench, f"{threads} threads on one mutex, {inside} turns inside and {outside} outside, ns a pair",
                    "lock", pairs, threads, inside, outside)
    measure(bench, "one byte through two pipes and back, ns a round", "ping_pong", "100000")
