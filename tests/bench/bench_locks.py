"""One mutex, locked and unlocked: alone, and by threads that want it at the same time. The host's own
throughput is what is compared: a profiler that changes the contention measures itself."""

import bench_figures as figures
import bench_runs as runs

ALONE_GOAL = 1.08
SAME = (0.97, 1.03)  # contended
OFF = (0.99, 1.01)


def variants(bench):
    return [runs.Variant("bare", {}),
            runs.Variant("ours, no mode", {"LD_PRELOAD": bench.library}, "bare"),
            runs.Variant("ours, block,mutex", bench.ours("block,mutex"), "bare")]


def within(found, goal):
    low, high = goal
    if found.count < figures.FEW:
        word = ""
    elif low <= found.low and found.high <= high:
        word = " met"
    else:
        word = " missed" if found.high < low or found.low > high else " unclear"
    return f"goal {low:g} to {high:g}{word}"


def measure(bench, title, arguments, goals=None):
    command = [bench.program("lock"), *arguments]
    rows = variants(bench)
    taken, failed = runs.interleave(rows, bench.rounds, lambda e: bench.run(command, e))
    figures.print_table(title, rows, taken, failed, [figures.NS, figures.CPU], goals, memory_goal=None)
    for row in rows[1:]:
        # Alone it is no faster for contending less: only the upper bound is a goal then.
        goal = OFF if row.name == "ours, no mode" and goals else None if goals else SAME
        if goal and taken[row.name]:
            print(f"  {row.name}: {within(figures.ratio(taken, row, figures.NS), goal)}")


def locks(bench):
    # An idle thread beside it, as locks of a program with one thread are not atomic.
    measure(bench, "lock and unlock of a free mutex, ns a pair", ["10000000", "1", "0", "0", "1"],
            {"ours, block,mutex": ALONE_GOAL})
    for threads in "2", "4":
        for inside, outside in ("200", "600"), ("50", "50"), ("0", "0"):
            pairs = str(2000000 // int(threads))
            measure(bench, f"{threads} threads on one mutex, {inside} turns inside and {outside} outside,"
                    " ns a pair", [pairs, threads, inside, outside])
