"""What it costs that the tables are a file that outlives the program: PROFILER_SPOOL=auto beside none, in
turns, and the longest that one call may take while the disks are busy."""

import os
import subprocess
import tempfile

import bench_figures as figures
import bench_runs as runs

SAMPLED = {"heap_rate": "4K", "block_rate": "1ns", "cpu_hz": "1000"}
LOADS = [
    ("malloc pair", "heap", ["pair", "10000000"], {}),
    ("malloc, 4 KiB a sample", "heap", ["churn", "1000000", "1", "23"], SAMPLED),
    ("lock pair, free", "block,mutex", ["lock", "5000000", "1", "0", "0", "1"], {}),
    ("lock pair, two threads", "block,mutex", ["lock", "1000000", "2", "20", "20"], SAMPLED),
    ("1000 cpu samples a second", "cpu", ["pair", "20000000"], SAMPLED),
]
WORST_GOAL_MS = 1
WORST_SECONDS = 5


def spool(bench):
    for title, mode, command, more in LOADS:
        variants = [runs.Variant("none", bench.ours(mode, spool="none", **more)),
                    runs.Variant("auto", bench.ours(mode, spool="auto", **more), "none")]
        command = [bench.program(command[0]), *command[1:]]
        taken, failed = runs.interleave(variants, bench.rounds, lambda e, c=command: bench.run(c, e))
        figures.print_table(f"PROFILER_SPOOL, {title}: ns", variants, taken, failed,
                            [figures.NS, figures.CPU], memory_goal=None)
    worst(bench)


class DiskLoad:
    """A writer of 64 MiB and a `sync`, again and again, for the length of a block."""

    def __enter__(self):
        self.directory = tempfile.TemporaryDirectory(dir=os.getcwd())
        words = "while :; do dd if=/dev/zero of=load bs=1M count=64 conv=fsync 2>/dev/null; done & " \
                "while :; do sync; done"
        self.process = subprocess.Popen(["timeout", str(10 * WORST_SECONDS), "sh", "-c", words],
                                        cwd=self.directory.name, start_new_session=True)
        return self.directory.name

    def __exit__(self, *_):
        os.killpg(self.process.pid, 9)  # the group is its own
        self.process.wait()
        self.directory.cleanup()


def worst(bench):
    print(f"\na malloc and free, each sampled, each from a new stack, under sync and a disk load: ms,"
          f" worst of {WORST_SECONDS} s")
    with DiskLoad() as directory:
        for place in "none", "auto", directory:
            environment = bench.ours("heap", heap_rate="1", memory="512M", spool=place)
            try:
                used = bench.run([bench.program("hooks"), str(WORST_SECONDS)], environment)
            except runs.Failed as failure:
                print(f"  {place}: failed: {failure}")
                continue
            name = place if place != directory else "a directory on the disk"
            most, median, count = used.printed
            verdict = "met" if most <= WORST_GOAL_MS * 1e6 else "missed"
            print(f"  {name:20} {most / 1e6:8.3f}   median {median / 1e6:.5f}, {count:.0f} calls"
                  f"   goal {WORST_GOAL_MS} {verdict}", flush=True)
