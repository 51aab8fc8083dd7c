#!/usr/bin/env python3
"""The memory of an agent while many clients ask for a large profile at once, in every form.

usage: http_memory.py BUILD_DIR [--clients N] [--stacks N] [--read MIB] [--all-forms] [--slow]
--read: a client leaves when it has read so much; texts of 120 MiB, whole for each, would take an hour.
--all-forms: tracebacks, names of addresses and windows in JSON as well.
--slow: each client reads a byte now and then for ten seconds before it reads the rest.
The tables are the program's memory: of the agent its own (anonymous) memory counts. Ends with 1 past 64 MiB over idle.
"""

import argparse
import collections
import os
import re
import socket
import subprocess
import sys
import tempfile
import threading
import time

FORMS = ["heap", "heap?debug=1", "heap?format=json", "heap?seconds=2", "delta_heap", "allocs?debug=1"]
OTHER_FORMS = ["heap?seconds=2&format=json", "threads?debug=2", "symbol?0x1"]
MOST_KIB = 64 << 10


def agents_of(spool):
    """The agent itself, then the processes that name functions for it."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                is_agent = b"\0agent\0" in file.read()
            with open(f"/proc/{pid}/environ", "rb") as file:
                if is_agent and b"PROFILER_SPOOL=" + spool.encode() in file.read():
                    found.append(int(pid))
        except OSError:
            pass
    return sorted(found)


def memory(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        text = file.read()
    return {key: int(re.search(key + r":\s+(\d+)", text)[1]) for key in ("VmRSS", "RssAnon")}


def ask(port, form, is_slow, most=sys.maxsize):
    with socket.create_connection(("127.0.0.1", port), timeout=300) as client:
        client.sendall(f"GET /debug/pprof/{form} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        first = client.recv(15)
        size = len(first)
        for _ in range(10 if is_slow else 0):
            time.sleep(1)
            size += len(client.recv(1))
        while size < most and (block := client.recv(1 << 20)):
            size += len(block)
        return first[9:12].decode(), size


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("build")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--stacks", type=int, default=250000)
    parser.add_argument("--read", type=int, default=8)
    parser.add_argument("--all-forms", action="store_true")
    parser.add_argument("--slow", action="store_true")
    options = parser.parse_args()
    build = os.path.abspath(options.build)
    forms = FORMS + (OTHER_FORMS if options.all_forms else [])
    with tempfile.TemporaryDirectory() as directory:
        environment = dict(os.environ, LD_PRELOAD=build + "/preload/libprofiler.so", PROFILER_MODE="heap",
                           PROFILER_HEAP_RATE="1", PROFILER_MEMORY="256M", PROFILER_SYMBOLIZE="none", PROFILER_HTTP="127.0.0.1:0",
                           PROFILER_LOG="info", PROFILER_SPOOL=directory, PROFILER_OUTPUT=directory + "/")
        host = subprocess.Popen([build + "/tests/targets/target_many_paths", directory + "/end", str(options.stacks)],
                                env=environment, stderr=subprocess.PIPE, text=True)
        port = int(re.search(r"127\.0\.0\.1:(\d+)", host.stderr.readline())[1])
        size, last = ask(port, "heap", False)[1], 0
        while size > last * 1.01:  # it still allocates
            time.sleep(1)
            size, last = ask(port, "heap", False)[1], size
        print(f"the profile: {size} bytes", flush=True)
        time.sleep(1)
        agent = agents_of(directory)[0]
        idle, most, answers, over = memory(agent), collections.Counter(), [], threading.Event()

        def watch():
            while not over.wait(0.005):
                for key, value in memory(agent).items():
                    most[key] = max(most[key], value)

        def client(number):
            form = forms[number % len(forms)]
            try:
                answers.append((form, *ask(port, form, options.slow, options.read << 20)))
            except OSError as error:
                answers.append((form, str(error), 0))

        watcher = threading.Thread(target=watch)
        watcher.start()
        clients = [threading.Thread(target=client, args=(n,)) for n in range(options.clients)]
        begin = time.monotonic()
        for each in clients:
            each.start()
        for each in clients:
            each.join()
        seconds = time.monotonic() - begin
        time.sleep(1)
        over.set()
        watcher.join()
        after = memory(agent)
        for (form, status), count in sorted(collections.Counter(a[:2] for a in answers).items()):
            print(f"  {count} x {form}: {status}")
        print(f"{options.clients} clients, {sum(a[2] for a in answers) >> 20} MiB in {seconds:.1f} s")
        for key, name in (("RssAnon", "its own memory"), ("VmRSS", "with the tables it maps")):
            print(f"{name}: idle {idle[key] >> 10} MiB, at most {(most[key] - idle[key]) / 1024:.1f} MiB more, "
                  f"{(after[key] - idle[key]) / 1024:.1f} MiB more a second later")
        host.kill()
        host.wait()
        return 0 if most["RssAnon"] - idle["RssAnon"] <= MOST_KIB else 1


if __name__ == "__main__":
    sys.exit(main())
