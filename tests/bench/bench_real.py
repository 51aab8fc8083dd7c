"""Real programs: their CPU time (user and system) and wall time over a fixed work."""

import os
import shlex
import shutil
import socket
import subprocess

import bench_figures as figures
import bench_runs as runs

GOALS = {f"ours, {mode}": 1.01 for mode in ("heap", "cpu", "cpu,heap")}
HERE = os.path.dirname(os.path.abspath(__file__))

# Enough of a translation unit for a second of cc1plus: templates, made anew for each N.
UNIT_START = """
#include <algorithm>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>
template <int N> struct Record { int number[N + 1]; std::string name; };
"""
UNIT_PART = """
int use_{n}(const std::vector<std::string>& names) {{
  std::map<std::string, Record<{n}>> records;
  std::unordered_map<int, std::function<int(Record<{n}>&)>> steps;
  for (const auto& name : names) records[name].name = name + "{n}";
  steps[{n}] = [&](Record<{n}>& r) {{ return r.number[0] + static_cast<int>(records.size()); }};
  std::vector<Record<{n}>> all;
  for (auto& [name, record] : records) all.push_back(record);
  std::sort(all.begin(), all.end(), [](auto& a, auto& b) {{ return a.name < b.name; }});
  return all.empty() ? 0 : steps[{n}](all[0]);
}}
"""


def measure(bench, title, run, variants=None, goals=None):
    variants = variants or bench.variants()
    taken, failed = runs.interleave(variants, bench.rounds, run)
    figures.print_table(title, variants, taken, failed, [figures.CPU, figures.WALL], goals or GOALS)


def python(bench):
    command = [runs.need("/usr/bin/python3"), os.path.join(HERE, "python_load.py"), "15"]
    measure(bench, "python3, lists, dictionaries and texts", lambda e: bench.run(command, e))


def cc1plus(bench):
    gcc = runs.need("g++")
    source = bench.path("unit.cc")
    with open(source, "w", encoding="utf-8") as file:
        file.write(UNIT_START + "".join(UNIT_PART.format(n=n) for n in range(2)))
    # As the driver would start it, so that it alone is under the preload.
    steps = subprocess.run([gcc, "-###", "-std=c++20", "-O2", "-S", source, "-o", bench.path("unit.s")],
                           capture_output=True, text=True, check=True).stderr.splitlines()
    command = next(shlex.split(step) for step in steps if "/cc1plus " in step)
    measure(bench, "cc1plus -O2, a translation unit of templates", lambda e: bench.run(command, e))


def answers(path):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) == 0


def redis(bench, variants=None, goals=None):
    """The server's own use from start to end; the client runs bare beside it."""
    runs.need("redis-server", "redis-benchmark")
    address = bench.path("redis.socket")
    server = [shutil.which("redis-server"), "--unixsocket", address, "--port", "0", "--save", ""]
    client = ["redis-benchmark", "-s", address, "-n", "100000", "-r", "20000", "-d", "100", "-c", "20",
              "-P", "16", "-q", "-t", "set,get,lpush,lpop,sadd,mset"]

    def run(environment):
        running = bench.start(server, environment)
        try:
            runs.wait_until(lambda: answers(address))
            subprocess.run(client, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True,
                           timeout=120)
        except (subprocess.SubprocessError, runs.Failed) as failure:
            why = str(failure)
        else:
            why = None
        running.stop()
        used = running.end(60)
        if why:
            raise runs.Failed(why)
        return used

    measure(bench, "redis-server under redis-benchmark, 600,000 requests", run, variants, goals)
