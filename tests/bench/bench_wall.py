"""What wall costs waiting threads: a byte to and fro through pipes, redis-server under redis-benchmark, and
threads that do nothing."""

import statistics

import bench_figures as figures
import bench_real
import bench_runs as runs

GOAL_PIPES, GOAL_REDIS = 1.05, 1.01
IDLE_THREADS = "10000"


def variants(bench):
    return [runs.Variant("bare", {}), runs.Variant("ours, no mode", {"LD_PRELOAD": bench.library}, "bare"),
            runs.Variant("ours, wall", bench.ours("wall"), "bare")]


def ping_pong(bench):
    # Once on one processor, where nothing is as cheap as the switch, once as the kernel likes it.
    for title, prefix in ("on one processor", ["taskset", "-c", "0"]), ("on any", []):
        rows = variants(bench)
        command = [*prefix, bench.program("ping_pong"), "100000"]
        taken, failed = runs.interleave(rows, bench.rounds, lambda e, c=command: bench.run(c, e))
        figures.print_table(f"one byte through two pipes and back, {title}, ns a round", rows, taken, failed,
                            [figures.NS, figures.CPU], {"ours, wall": GOAL_PIPES}, memory_goal=None)


def idle(bench):
    rows = variants(bench)
    command = [bench.program("idle_threads"), IDLE_THREADS, "5"]
    taken, failed = runs.interleave(rows, min(bench.rounds, 5), lambda e: bench.run(command, e))
    print(f"\n{IDLE_THREADS} threads asleep for 5 s: CPU us of the process, switches to its threads")
    for row in rows:
        used = [each for each, _ in taken[row.name]]
        if row.name in failed or not used:
            print(f"  {row.name:20} failed: {failed.get(row.name)}")
        else:
            print(f"  {row.name:20} {statistics.median(u.printed[0] for u in used):8.0f} us"
                  f" {statistics.median(u.printed[1] for u in used):8.0f} switches")


def wall(bench):
    ping_pong(bench)
    bench_real.redis(bench, variants(bench), {"ours, wall": GOAL_REDIS})
    idle(bench)
