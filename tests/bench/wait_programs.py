"""Real programs with threads and locks, that scripts/judge waits runs. Each is a function of a Run: it
calls run.judged for what is to be profiled, with a user of its own where the program wants one, and
returns what shows that it did its work, which must be the same bare and profiled."""

import os
import pwd
import shutil
import subprocess
import time

from judge_programs import Missing, need

CGO = """
package main
/*
#include <pthread.h>
#include <unistd.h>
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_t thread;
static void *hold_in_c(void *unused) {
  for (int i = 0; i < 20; i++) {
    pthread_mutex_lock(&mutex); usleep(5000); pthread_mutex_unlock(&mutex); usleep(1000);
  }
  return unused;
}
static void start_in_c(void) { pthread_create(&thread, 0, hold_in_c, 0); }
static void lock_in_c(void) { pthread_mutex_lock(&mutex); usleep(1000); pthread_mutex_unlock(&mutex); }
static void join_in_c(void) { pthread_join(thread, 0); }
*/
import "C"
import (
	"fmt"
	"sync"
)
func main() {
	var group sync.WaitGroup
	var mutex sync.Mutex
	total := 0
	C.start_in_c()
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() {
			for j := 0; j < 5; j++ {
				C.lock_in_c()
				mutex.Lock()
				total++
				mutex.Unlock()
			}
			group.Done()
		}()
	}
	group.Wait()
	C.join_in_c()
	fmt.Println(total)
}
"""


class Run:
    """A directory, the profiler's environment (empty: bare), how long a load lasts."""

    def __init__(self, directory, environment, seconds, targets):
        self.directory, self.environment, self.seconds, self.targets = directory, environment, seconds, targets
        self.printed = ""  # by the load
        self.base = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C", "HOME": directory}

    def path(self, name):
        return os.path.join(self.directory, name)

    def plain(self, command, user=None, **more):
        """Without the profiler; its standard output."""
        return subprocess.run(as_user(user) + command, env=self.base, cwd=self.directory, check=True, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              timeout=120, **more).stdout

    def judged(self, command, limit=120):
        return subprocess.run(command, env=self.base | self.environment, cwd=self.directory, check=True, text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=limit).stdout

    def server(self, command, user, is_up, load, stop_signal):
        """Behind runuser, so that the server alone is profiled; ended by its own number."""
        settings = [f"{k}={v}" for k, v in self.environment.items()]
        process = subprocess.Popen(as_user(user) + ["env", *settings, *command], env=self.base, cwd=self.directory,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
        try:
            for _ in range(400):
                if is_up():
                    break
                time.sleep(0.05)
            return load()
        finally:
            stop = children_of(process.pid) if as_user(user) else [process.pid]
            for pid in stop:
                os.kill(pid, stop_signal)
            process.wait(60)

    def own_directory(self, user):
        if os.getuid() == 0:
            shutil.chown(self.directory, user)


def as_user(user):
    return ["runuser", "-u", user, "--"] if user and os.getuid() == 0 else []


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(word) for word in file.read().split()]


def has_user(name):
    try:
        pwd.getpwnam(name)
    except KeyError:
        raise Missing(f"there is no user {name}") from None


def succeeds(run, command, user):
    try:
        run.plain(command, user)
        return True
    except subprocess.CalledProcessError:
        return False


def postgres(run):
    parent = "/usr/lib/postgresql"
    if not os.path.isdir(parent):
        raise Missing("postgres is not installed")
    binaries = os.path.join(parent, sorted(os.listdir(parent))[-1], "bin")
    run.own_directory("postgres")
    data = run.path("data")

    def by(name, *arguments):
        return run.plain([os.path.join(binaries, name), *arguments], "postgres")

    by("initdb", "-D", data, "-A", "trust", "--no-sync")

    def load():
        by("pgbench", "-h", run.directory, "-i", "-s", "1", "-q", "postgres")
        run.printed = by("pgbench", "-h", run.directory, "-c", "8", "-T", str(int(run.seconds)), "postgres")
        return by("psql", "-h", run.directory, "-Atc", "select sum(abalance) = (select sum(tbalance) from "
                  "pgbench_tellers) from pgbench_accounts", "postgres")

    return run.server([os.path.join(binaries, "postgres"), "-D", data, "-k", run.directory, "-c",
                       "listen_addresses=", "-c", "fsync=off"], "postgres",
                      lambda: succeeds(run, [os.path.join(binaries, "pg_isready"), "-h", run.directory], "postgres"),
                      load, 2)


def mariadb(run):
    need("mariadbd", "mariadb-slap", "mariadb-install-db")
    has_user("mysql")
    run.own_directory("mysql")
    data, address = run.path("data"), run.path("socket")
    run.plain(["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
               "--skip-test-db"], "mysql")

    def load():
        run.plain(["mariadb-slap", "--no-defaults", f"--socket={address}", "-u", "root", "--concurrency=8",
                   "--iterations=1", "--auto-generate-sql", "--auto-generate-sql-load-type=mixed",
                   "--auto-generate-sql-unique-write-number=50", f"--number-of-queries={int(run.seconds * 1000)}",
                   "--create-schema=judged", "--no-drop"], "mysql")
        return run.plain(["mariadb", "--no-defaults", f"--socket={address}", "-u", "root", "-Ne",
                          "check table judged.t1"], "mysql")

    return run.server(["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={address}", "--skip-networking",
                       f"--pid-file={run.path('pid')}", "--innodb-flush-log-at-trx-commit=0"], "mysql",
                      lambda: succeeds(run, ["mariadb-admin", "--no-defaults", f"--socket={address}", "-u", "root",
                                             "ping"], "mysql"), load, 15)


def ffmpeg(run):
    need("ffmpeg")
    frames = str(int(run.seconds * 25))
    return run.judged(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25", "-frames:v",
                       frames, "-c:v", "libx264", "-preset", "veryfast", "-threads", "4", "-f", "md5", "-"])


def target(run, name):
    path = os.path.join(run.targets, "target_" + name)
    if not os.path.exists(path):
        raise Missing(f"{name} is not built")
    return run.judged([path])


def rust(run):
    """The sites, not what they took."""
    return " ".join(line.split()[1] for line in target(run, "waits_rs").splitlines())


def openmp(run):
    return target(run, "openmp_waits")


def cgo(run):
    compiler = "/usr/bin/go" if os.path.exists("/usr/bin/go") else shutil.which("go")
    if compiler is None:
        raise Missing("go is not installed")
    source = run.path("cgo.go")
    with open(source, "w", encoding="utf-8") as file:
        file.write(CGO)
    subprocess.run([compiler, "build", "-o", run.path("cgo_main"), source], cwd=run.directory, check=True,
                   env=run.base | {"GOCACHE": run.path("cache"), "CGO_ENABLED": "1", "GO111MODULE": "off"},
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=300)
    return run.judged([run.path("cgo_main")])


PROGRAMS = [postgres, mariadb, rust, ffmpeg, openmp, cgo]
