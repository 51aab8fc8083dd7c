"""Real programs that scripts/judge stacks walks through. Each is a function of a Run, that uses about
so many seconds of CPU time in processes of a name, and returns that name."""

import os
import shutil
import socket
import subprocess
import time

TARGETS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "targets")

NGINX = """
daemon off; worker_processes 1; user root; pid {0}/pid; error_log {0}/error.log;
events {{ worker_connections 256; }}
http {{ access_log off; gzip on; gzip_types *; client_body_temp_path {0}/b; proxy_temp_path {0}/p;
  fastcgi_temp_path {0}/f; uwsgi_temp_path {0}/u; scgi_temp_path {0}/s;
  server {{ listen 127.0.0.1:{1}; root {0}; location /list/ {{ autoindex on; }} }} }}
"""


def source(name):
    return os.path.join(TARGETS, name)


class Missing(Exception):
    pass


class Run:
    def __init__(self, directory, judged, seconds):
        self.directory, self.judged, self.seconds = directory, judged, seconds
        self.quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL,
                      "stderr": subprocess.DEVNULL, "cwd": directory}

    def path(self, name, content=None):
        path = os.path.join(self.directory, name)
        if content is not None:
            with open(path, "w", encoding="utf-8") as file:
                file.write(content)
        return path

    def until_used(self, command):
        """Again and again, for the time that there is."""
        end = time.monotonic() + self.seconds
        while time.monotonic() < end:
            subprocess.run(command, env=self.judged, check=True, timeout=120, **self.quiet)

    def under_load(self, server, load, is_up):
        """A server under the judge, a client without; ended by its number."""
        process = subprocess.Popen(server, env=self.judged, **self.quiet)
        try:
            for _ in range(200):
                if is_up():
                    break
                time.sleep(0.05)
            load()
        finally:
            process.terminate()
            process.wait(30)


def need(*names):
    for name in names:
        if shutil.which(name) is None:
            raise Missing(f"{name} is not installed")


def answers(path):
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(path) == 0


def redis(run):
    need("redis-server", "redis-benchmark")
    address = run.path("socket")

    def load():
        client = subprocess.Popen(
            ["redis-benchmark", "-s", address, "-l", "-r", "5000", "-d", "64", "-c", "20", "-t",
             "set,get,lpush,lrange_100,zadd,mset"], **run.quiet)
        time.sleep(run.seconds * 1.6)
        client.terminate()
        client.wait()

    run.under_load(["redis-server", "--unixsocket", address, "--port", "0", "--save", ""], load,
                   lambda: answers(address))
    return "redis-server"


def postgres(run):
    directories = [os.path.join("/usr/lib/postgresql", v, "bin")
               for v in sorted(os.listdir("/usr/lib/postgresql"))
               ] if os.path.isdir("/usr/lib/postgresql") else []
    if not directories:
        raise Missing("postgres is not installed")
    binaries, data = directories[-1], run.path("data")
    as_user = []
    if os.getuid() == 0:
        shutil.chown(run.directory, "postgres")
        as_user = ["runuser", "-u", "postgres", "--"]
    bare = {k: v for k, v in run.judged.items() if k != "LD_PRELOAD"}

    def by(name, *arguments):
        subprocess.run([*as_user, os.path.join(binaries, name), *arguments], env=bare, check=True,
                       **run.quiet)

    def load():
        by("pgbench", "-h", run.directory, "-i", "-s", "2", "postgres")
        for way in (["-S"], []):
            by("pgbench", "-h", run.directory, "-c", "2", "-T", str(int(run.seconds * 0.7)), *way,
               "postgres")

    by("initdb", "-D", data, "-A", "trust", "--no-sync")
    run.judged = bare
    preload = [f"{k}={v}" for k, v in run.preload.items()]
    # The environment is set behind runuser: it is the server that is judged.
    process = subprocess.Popen(
        [*as_user, "env", *preload, os.path.join(binaries, "postgres"), "-D", data, "-k", run.directory,
         "-c", "listen_addresses=", "-c", "fsync=off"], env=bare, **run.quiet)
    try:
        for _ in range(200):
            if answers(run.path(".s.PGSQL.5432")):
                break
            time.sleep(0.05)
        time.sleep(1)  # it answers before it serves
        load()
    finally:
        with open(os.path.join(data, "postmaster.pid"), encoding="utf-8") as file:
            os.kill(int(file.readline()), 2)  # a fast shutdown
        process.wait(30)
    return "postgres"


def python(run):
    need("/usr/bin/python3")
    subprocess.run(["/usr/bin/python3", source("load.py"), str(run.seconds)],
                   env=run.judged, check=True, **run.quiet)
    return "python3"


def node(run):
    need("node")
    subprocess.run(["node", source("load.js"), str(run.seconds)], env=run.judged, check=True,
                   **run.quiet)
    return "node"


def cc1plus(run):
    run.until_used(["g++", "-std=c++17", "-O2", "-c", source("templates.cc"), "-o",
                    run.path("templates.o")])
    return "cc1plus"


def nginx(run):
    need("nginx", "ab")
    port = 20000 + os.getpid() % 20000
    os.mkdir(run.path("list"))
    for i in range(50):
        run.path(f"list/{i}.txt", f"{i} line of text\n" * 200)
    config = run.path("nginx.conf", NGINX.format(run.directory, port))

    def load():
        for path in ("list/1.txt", "list/"):
            for more in (["-k"], []):
                subprocess.run(["ab", "-q", "-t", str(max(2, int(run.seconds * 0.4))), "-n", "10000000",
                                "-c", "8", *more, "-H", "Accept-Encoding: gzip",
                                f"http://127.0.0.1:{port}/{path}"], check=False, **run.quiet)

    run.under_load(["nginx", "-c", config, "-p", run.directory, "-e", run.path("error.log")], load,
                   lambda: os.path.exists(run.path("pid")))
    return "nginx"


def xz(run):
    need("xz")
    with open(run.path("input"), "wb") as file:
        for i in range(25):
            file.write(os.urandom(1 << 20))
            file.write(b"".join(b"%d\n" % (n * 7919 % 1000003 + i) for n in range(150000)))
    run.until_used(["xz", "-k", "-f", "-2", "-T1", run.path("input")])
    return "xz"


def rust(run):
    burner = run.targets("target_burner_rs")
    if not os.path.exists(burner):
        raise Missing("there was no rustc to build it")
    run.until_used([burner])
    return "target_burner_r"


def cgo(run):
    compiler = "/usr/bin/go" if os.path.exists("/usr/bin/go") else "go"
    need(compiler)
    bare = {**{k: v for k, v in run.judged.items() if k != "LD_PRELOAD"}, "GOCACHE": run.path("cache"),
            "CGO_ENABLED": "1", "GO111MODULE": "off", "HOME": run.directory}
    subprocess.run([compiler, "build", "-o", "cgo_main", source("load.go")], env=bare, check=True, **run.quiet)
    subprocess.run([run.path("cgo_main"), str(run.seconds)], env=run.judged, check=True, **run.quiet)
    return "cgo_main"


def stress(run, *which):
    subprocess.run([run.targets("target_walk_stress"), str(run.seconds), *which], env=run.judged,
                   check=False, timeout=run.seconds * 3 + 30, **run.quiet)
    return "target_walk_str"


def throws(run):
    return stress(run, "0", "0")


def fibers(run):
    return stress(run, "4", "4")


PROGRAMS = [redis, postgres, python, node, cc1plus, nginx, xz, rust, cgo, stress, throws, fibers]
