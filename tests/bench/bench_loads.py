"""Programs of our own that allocate, and do little else: nanoseconds that they print, and their CPU
time, which other programs of a busy machine disturb less."""

import bench_figures as figures
import bench_runs as runs


def measure(bench, title, command, goals=None):
    command = [bench.program(command[0]), *command[1:]]
    variants = bench.variants()
    taken, failed = runs.interleave(variants, bench.rounds, lambda e: bench.run(command, e))
    figures.print_table(title, variants, taken, failed, [figures.NS, figures.CPU], goals)


def pair(bench):
    measure(bench, "64-byte malloc and free, ns a pair", ["pair", "10000000"],
            {"ours, heap": 1.11, "ours, cpu": 1.01})


def churn(bench):
    goals = {"ours, heap": 1.05}
    measure(bench, "16 to 4096 bytes, a window of live blocks, 1 thread, depth 5, ns an allocation",
            ["churn", "3000000", "1", "5"], goals)
    measure(bench, "the same, 2 threads, depth 30", ["churn", "3000000", "2", "30"], goals)


def larson(bench):
    measure(bench, "2 threads that free each other's blocks, ns a free and malloc",
            ["larson", "2000000", "2"])


def cfrac(bench):
    measure(bench, "factoring with numbers on the heap, ns an operation", ["cfrac", "12"])
