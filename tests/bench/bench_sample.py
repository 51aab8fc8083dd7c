"""What one sampled allocation costs, all in, on stacks of 30 frames: the time that a small period adds
to that of the usual one, divided by the samples that it adds."""

import glob
import math
import os
import re
import statistics

import bench_figures as figures
import bench_runs as runs

GOAL_NS = 1000
ALLOCATIONS = 2000000
DEPTH = 23  # with main and what is below and above it: 30 frames
USUAL, SMALL = 19, 13  # powers of two
SMALLEST, LARGEST = 16, 4096  # bytes; bench_churn's


def expected_samples(power):
    """Each byte begins a sample with the probability 1/period; a block has one at most."""
    sizes = range(SMALLEST, LARGEST + 1)
    return ALLOCATIONS * statistics.fmean(1 - math.exp(-size / 2**power) for size in sizes)


def from_file(pattern, read):
    """What is read from the one file that the run has left, which goes."""
    def samples_of(_):
        paths = glob.glob(pattern)
        if len(paths) != 1:
            raise runs.Failed(f"{len(paths)} files like {os.path.basename(pattern)}")
        samples = read(paths[0])
        os.remove(paths[0])
        return samples
    return samples_of


def samples_of_jemalloc(path):
    with open(path, encoding="utf-8") as file:
        return int(re.search(r"t\*: \d+: \d+ \[(\d+):", file.read()).group(1))


def profilers(bench):
    """(name, environment of a power of two, count of the samples of a run)"""
    yield ("ours, heap", lambda power: bench.ours("heap", heap_rate=str(2**power)),
           from_file(bench.path("bench_churn.*.heap.pb.gz"),
                     lambda path: runs.comment_number(path, "samples")))
    if "jemalloc" in bench.peers:
        yield ("jemalloc", lambda power: bench.jemalloc(False) | {
            "MALLOC_CONF": f"prof:true,prof_accum:true,prof_final:true,lg_prof_sample:{power},"
                           f"prof_prefix:{bench.path('je')}"},
               from_file(bench.path("je.*.heap"), samples_of_jemalloc))
    if "tcmalloc" in bench.peers:
        yield ("tcmalloc", lambda power: bench.tcmalloc(False) | {
            "TCMALLOC_SAMPLE_PARAMETER": str(2**power)}, expected_samples)


def measure(bench, command, environment_of, samples_of):
    costs, counted = [], []
    for turn in range(bench.rounds):
        ns, samples = {}, {}
        for power in (USUAL, SMALL) if turn % 2 == 0 else (SMALL, USUAL):
            ns[power] = bench.run(command, environment_of(power)).printed[0] * ALLOCATIONS
            samples[power] = samples_of(power)
        costs.append((ns[SMALL] - ns[USUAL]) / (samples[SMALL] - samples[USUAL]))
        counted.append(samples[SMALL])
    return figures.estimate(costs), statistics.median(counted)


def sample(bench):
    for stacks, title in (1, "the same stack each time"), (1000, "1,000 stacks, a new one every 16"):
        interval = figures.interval_name(bench.rounds)
        print(f"\na sampled allocation, all in, 30 frames, {title}: ns ({interval})")
        command = [bench.program("churn"), str(ALLOCATIONS), "1", str(DEPTH), "1000", str(stacks)]
        for name, environment_of, samples_of in profilers(bench):
            try:
                cost, counted = measure(bench, command, environment_of, samples_of)
            except runs.Failed as failure:
                print(f"  {name:20} failed: {failure}")
                continue
            line = f"  {name:20} {figures.show_interval(cost, 0):24} {counted:9.0f} samples"
            if name.startswith("ours"):
                line += f" ({expected_samples(SMALL):.0f} expected)   {figures.verdict(cost, GOAL_NS)}"
            print(line, flush=True)
