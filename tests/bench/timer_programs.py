"""Real programs with timers and handlers of their own, that scripts/judge timers runs. Each is a function
of a wait_programs.Run: it returns what must be the same bare and profiled, and its own figures."""

import glob
import json
import os
import re
import socket

import wait_programs
from judge_programs import need

TARGETS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "targets")

NODE = """
let sum = 0, ticks = 0;
const timer = setInterval(() => {
  ticks++;
  function work() { for (let i = 0; i < 3e6; i++) sum += i % 7; }
  work();
  if (ticks === 300) { clearInterval(timer); console.log('done', sum); }
}, 5);
"""

JAVA = """
import java.util.concurrent.*;
public class Main {
  public static void main(String[] a) throws Exception {
    ScheduledExecutorService timer = Executors.newScheduledThreadPool(2);
    CountDownLatch left = new CountDownLatch(100);
    long start = System.nanoTime();
    timer.scheduleAtFixedRate(left::countDown, 20, 20, TimeUnit.MILLISECONDS);
    long sum = 0;
    while (left.getCount() > 0) for (int i = 0; i < 1000000; i++) sum += i % 7;
    timer.shutdownNow();
    System.gc();
    sun.misc.Signal.handle(new sun.misc.Signal("USR2"), s -> System.out.println("handled"));
    sun.misc.Signal.raise(new sun.misc.Signal("USR2"));
    Thread.sleep(200);
    System.out.println("figures " + (System.nanoTime() - start) / 1000000);
  }
}
"""


def split(out):
    """Its output, and the numbers of the lines that begin with "figures"."""
    lines = out.splitlines()
    numbers = [float(n) for line in lines if line.startswith("figures") for n in re.findall(r"[\d.]+", line)]
    return [line for line in lines if not line.startswith("figures")], numbers


def python3(run):
    return split(run.judged(["/usr/bin/python3", os.path.join(TARGETS, "timers.py")]))


def perl(run):
    need("perl")
    return split(run.judged(["/usr/bin/perl", os.path.join(TARGETS, "timers.pl")]))


def gprof(run):
    need("gprof")
    path = os.path.join(run.targets, "target_counted_by_gprof")
    run.judged([path])
    text = run.plain(["gprof", "-b", "-p", path, run.path("gmon.out")])
    names = [line.split()[-1] for line in text.splitlines() if line.strip().endswith("burn_some")]
    seconds = sum(float(line.split()[2]) for line in text.splitlines() if re.match(r"\s*\d+\.\d+\s", line))
    return [names[0], os.path.getsize(run.path("gmon.out"))], [seconds]


def node(run):
    need("node")
    with open(run.path("main.js"), "w", encoding="utf-8") as file:
        file.write(NODE)
    out = run.judged(["node", "--cpu-prof", "--cpu-prof-dir=" + run.path("prof"), run.path("main.js")])
    with open(glob.glob(run.path("prof/*.cpuprofile"))[0], encoding="utf-8") as file:
        profile = json.load(file)
    names = {n["id"]: n["callFrame"]["functionName"] for n in profile["nodes"]}
    work = sum(t for s, t in zip(profile["samples"], profile["timeDeltas"]) if names[s] == "work")
    return [out], [work / 1e3]


def java(run):
    need("java", "javac")
    with open(run.path("Main.java"), "w", encoding="utf-8") as file:
        file.write(JAVA)
    run.plain(["javac", "-XDignore.symbol.file", run.path("Main.java")])
    return split(run.judged(["java", "-cp", run.directory, "Main"]))


def nginx(run):
    need("nginx", "ab")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with open(run.path("page"), "w", encoding="utf-8") as file:
        file.write("x" * 20000)
    with open(run.path("nginx.conf"), "w", encoding="utf-8") as file:
        file.write(f"daemon off; user root; worker_processes 1; timer_resolution 10ms; pid {run.path('pid')};"
                   f"error_log {run.path('errors')}; events {{}} http {{ access_log off; server {{"
                   f"listen 127.0.0.1:{port}; root {run.directory}; }} }}")

    def is_up():
        with socket.socket() as client:
            return client.connect_ex(("127.0.0.1", port)) == 0

    def load():
        text = run.plain(["ab", "-k", "-c", "8", "-t", str(int(run.seconds)), "-n", "10000000",
                          f"http://127.0.0.1:{port}/page"])
        wrong = re.search(r"Failed requests:\s+(\d+)", text).group(1)
        return [wrong], [float(re.search(r"Requests per second:\s+([\d.]+)", text).group(1))]

    return run.server(["nginx", "-c", run.path("nginx.conf"), "-p", run.directory], None, is_up, load, 3)


def postgres(run):
    same = wait_programs.postgres(run)
    return [same], [float(re.search(r"tps = ([\d.]+)", run.printed).group(1))]


PROGRAMS = [python3, perl, gprof, node, java, nginx, postgres]
