"""Beside a large live heap: what a free and malloc of blocks costs that are not sampled, and what the
profiler keeps in memory. The large blocks are never touched; the machine needs 6 GB of free memory."""

import glob
import os
import re
import statistics

import bench_figures as figures
import bench_runs as runs

PAIRS = "3000000"
ROUNDS = 7
NEEDED_KIB = 6 << 20
ONE = figures.Figure("one block", lambda used: used.printed[0])
ANY = figures.Figure("any block", lambda used: used.printed[1])


def free_memory_kib():
    with open("/proc/meminfo", encoding="utf-8") as file:
        return int(re.search(r"MemAvailable:\s+(\d+)", file.read()).group(1))


def comments(bench):
    """What the profile of the last run says of itself."""
    path = glob.glob(bench.path("bench_live_heap.*.heap.pb.gz"))[0]
    numbers = [runs.comment_number(path, name)
               for name in ("samples", "memory used", "live blocks not kept", "lost")]
    os.remove(path)
    return numbers


def measure(bench, title, blocks, bytes_each, variants, memory_goal):
    command = [bench.program("live_heap"), str(blocks), str(bytes_each), PAIRS]
    measured = []

    def run(environment):
        used = bench.run(command, environment)
        if "PROFILER_MODE" in environment:
            measured.append(comments(bench))
        return used

    taken, failed = runs.interleave(variants, min(bench.rounds, ROUNDS), run)
    figures.print_table(title, variants, taken, failed, [ONE, ANY], memory_goal=memory_goal)
    if measured:
        samples, memory, not_kept, lost = (statistics.median(column) for column in zip(*measured))
        print(f"  ours: {samples:.0f} samples, {memory / 1024:.0f} KiB of tables,"
              f" {not_kept:.0f} live blocks not kept, {lost:.0f} lost")


def live(bench):
    if free_memory_kib() < NEEDED_KIB:
        raise runs.Missing("6 GB of free memory are not there")
    bare = runs.Variant("bare", {})
    variants = [v for v in bench.variants()
                if v.name.startswith(("bare", "ours, heap", "jemalloc", "tcmalloc"))]
    measure(bench, "10 GB alive, 20,000 live samples: ns a free and malloc of 16 bytes",
            163840, 64 << 10, variants, figures.MEMORY_GOAL_KIB)
    many = bench.ours("heap", heap_rate="32K", memory="512M")
    measure(bench, "120 GB alive, 1,000,000 live samples", 1024000, 120 << 10,
            [bare, runs.Variant("ours, heap", many, "bare")], None)
