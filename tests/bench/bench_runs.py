"""What is measured (the bare program, ours, the peers) and how one run of it is."""

import glob
import gzip
import os
import re
import shutil
import signal
import subprocess
import time
from typing import NamedTuple

PEERS = {"tcmalloc": "/usr/lib/*/libtcmalloc.so.4", "jemalloc": "/usr/lib/*/libjemalloc.so.2",
         "heaptrack": "/usr/lib/heaptrack/libheaptrack_preload.so"}
SLOW_ROUNDS = 3  # of a peer that takes many times as long as the program


class Variant(NamedTuple):
    name: str
    environment: dict
    base: str | None = None  # the variant it is compared with
    most_rounds: int = 1000


class Used(NamedTuple):
    printed: list  # the numbers on its standard output
    wall_us: float
    cpu_us: float
    rss_kib: float


def comment_number(path, name):
    """A number that a profile of ours says of itself ("# samples: 12"), straight from its bytes: the
    length of a text stands before it."""
    with gzip.open(path) as file:
        content = file.read()
    start = content.index(f"# {name}: ".encode())
    return int(re.search(rb": (\d+)", content[start:start + content[start - 1]]).group(1))


class Failed(Exception):
    """A run that did not end well: what it was."""


class Missing(Exception):
    """A program that a section needs is not installed."""


def need(*names):
    for name in names:
        if shutil.which(name) is None:
            raise Missing(f"{name} is not installed")
    return shutil.which(names[0])


class Bench:
    """What all sections share: the build's files, a directory that will go, the rounds."""

    def __init__(self, build, directory, rounds, peers):
        self.library = os.path.abspath(os.path.join(build, "preload/libprofiler.so"))
        self.programs = os.path.abspath(os.path.join(build, "tests/bench"))
        self.directory, self.rounds = directory, rounds
        self.peers = {}
        for name, pattern in PEERS.items() if peers else ():
            found = glob.glob(pattern)
            if found:
                self.peers[name] = found[0]
            else:
                print(f"skipped: {name} ({pattern} is not there: scripts/install_packages bench)")
        for path in self.library, self.program("usage"):
            if not os.path.exists(path):
                raise Missing(f"{path} is not built")

    def program(self, name):
        return os.path.join(self.programs, "bench_" + name)

    def path(self, name):
        return os.path.join(self.directory, name)

    def ours(self, mode, **options):
        """The environment of a mode; names are not looked up, as the exit would wait for them."""
        environment = {"LD_PRELOAD": self.library, "PROFILER_MODE": mode, "PROFILER_SYMBOLIZE": "none",
                       "PROFILER_OUTPUT": self.directory + "/"}
        return environment | {"PROFILER_" + k.upper(): v for k, v in options.items()}

    def jemalloc(self, profiling):
        return {"LD_PRELOAD": self.peers["jemalloc"]} | (
            {"MALLOC_CONF": "prof:true,lg_prof_sample:19"} if profiling else {})

    def tcmalloc(self, sampling):
        return {"LD_PRELOAD": self.peers["tcmalloc"]} | (
            {"TCMALLOC_SAMPLE_PARAMETER": "524288"} if sampling else {})

    def variants(self):
        rows = [Variant("bare", {}), Variant("ours, no mode", {"LD_PRELOAD": self.library}, "bare")]
        rows += [Variant(f"ours, {mode}", self.ours(mode), "bare")
                 for mode in ("heap", "cpu", "cpu,heap")]
        if "jemalloc" in self.peers:
            rows += [Variant("jemalloc bare", self.jemalloc(False)),
                     Variant("jemalloc profiling", self.jemalloc(True), "jemalloc bare")]
        if "tcmalloc" in self.peers:
            rows += [Variant("tcmalloc bare", self.tcmalloc(False)),
                     Variant("tcmalloc sampling", self.tcmalloc(True), "tcmalloc bare")]
        if "heaptrack" in self.peers:
            # Raw events into nothing: less than what the script heaptrack does with them.
            rows.append(Variant(f"heaptrack, {SLOW_ROUNDS} rounds",
                                {"LD_PRELOAD": self.peers["heaptrack"],
                                 "DUMP_HEAPTRACK_OUTPUT": "/dev/null"}, "bare", SLOW_ROUNDS))
        return rows

    def start(self, command, environment):
        """Under bench_usage, in a process group of its own, which Run.stop ends if need be."""
        return Run(self, command, environment)

    def run(self, command, environment, seconds=300):
        return self.start(command, environment).end(seconds)


class Run:
    def __init__(self, bench, command, environment):
        everyones = {"PATH": os.environ["PATH"], "LANG": "C", "PYTHONHASHSEED": "0"}
        settings = [f"{k}={v}" for k, v in (everyones | environment).items()]
        self.report = bench.path("usage")
        self.command = command
        self.process = subprocess.Popen(
            [bench.program("usage"), self.report, *settings, *command], cwd=bench.directory, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True)
        self.errors = ""

    def stop(self):
        """bench_usage passes the signal on to its child."""
        self.process.terminate()

    def end(self, seconds=300):
        try:
            output, self.errors = self.process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)  # the group is the run's own
            self.process.communicate()
            raise Failed(f"not over after {seconds} s") from None
        status = self.process.returncode
        if status != 0:
            raise Failed(f"status {status}" + (f" (signal {status - 128})" if status > 128 else ""))
        with open(self.report, encoding="utf-8") as file:
            wall, user, system, rss = map(float, file.read().split())
        printed = [float(word) for word in output.split() if word.replace(".", "", 1).isdigit()]
        return Used(printed, wall, user + system, rss)


def interleave(variants, rounds, measure):
    """{variant: a (run, run of its base) for each round}: the base runs right before or after it, as
    what a machine is slowed by comes and goes in seconds; every other round goes backwards. A variant
    that failed is not tried again: {variant: why}."""
    taken, failed = {v.name: [] for v in variants}, {}
    environments = {v.name: v.environment for v in variants}
    for turn in range(rounds):
        order = 1 if turn % 2 == 0 else -1
        for variant in variants[::order]:
            if variant.name in failed or turn >= variant.most_rounds:
                continue
            names = [name for name in (variant.base, variant.name)[::order] if name]
            try:
                used = {name: measure(environments[name]) for name in names}
            except Failed as failure:
                failed[variant.name] = str(failure)
            else:
                taken[variant.name].append((used[variant.name], used.get(variant.base)))
    return taken, failed


def wait_until(condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise Failed(f"not up after {seconds} s")
        time.sleep(0.01)
