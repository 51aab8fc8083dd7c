// Starts the workers. It is born before the broker has threads, so that a new worker can be made at
// any time, and has dropped its rights before the first.
#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "program/sandbox/message.h"
#include "program/sandbox/sandbox.h"
#include "program/symbols/naming_worker.h"

namespace program {
namespace {

volatile sig_atomic_t worker_pid = 0;
volatile sig_atomic_t is_ending = 0;

// The worker is not reaped as long as this has its number, so the number is no other process's.
void on_end(int) {
  is_ending = 1;
  if (worker_pid > 0) kill(worker_pid, SIGKILL);
}

// The tables of hosts and the files of the broker are among what is open.
void close_all_but(int kept) {
  const long most = sysconf(_SC_OPEN_MAX);
  const auto end = static_cast<int>(most > 0 && most < 65536 ? most : 65536);
  if (close_range(0, static_cast<unsigned>(kept) - 1, 0) == 0 &&
      close_range(static_cast<unsigned>(kept) + 1, ~0u, 0) == 0)
    return;
  for (int fd = 0; fd < end; fd++) {
    if (fd != kept) close(fd);
  }
}

void die_with(pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(0);
}

int wait_for(pid_t worker) {
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(worker), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
    continue;
  worker_pid = 0;
  int status = 0;
  while (waitpid(worker, &status, 0) < 0 && errno == EINTR) continue;
  return status;
}

}  // namespace

void keep_workers(int control, uint64_t most_resident_bytes) {
  const pid_t broker = getppid();
  struct sigaction end {};
  end.sa_handler = on_end;
  sigaction(SIGTERM, &end, nullptr);
  for (const int number : {SIGCHLD, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    signal(number, SIG_DFL);
  // Key presses reach the broker, which decides.
  for (const int number : {SIGINT, SIGQUIT, SIGHUP}) signal(number, SIG_IGN);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  close_all_but(control);
  // The limit would count what else the unprivileged user runs; the worker makes no process.
  const rlimit unlimited{RLIM_INFINITY, RLIM_INFINITY};
  setrlimit(RLIMIT_NPROC, &unlimited);
  const std::string missing = drop_rights();
  die_with(broker);  // a change of user has cleared it
  for (Message wanted; is_ending == 0 && receive_message(control, &wanted);) {
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) _exit(1);
    const pid_t keeper = getpid();
    const pid_t worker = fork();
    if (worker == 0) {
      signal(SIGTERM, SIG_DFL);
      die_with(keeper);
      close(control);
      close(ends[0]);
      work_as_namer(ends[1], most_resident_bytes);
    }
    worker_pid = worker;
    close(ends[1]);
    const bool sent = worker > 0 && send_message(control, {Message::kWorker, {missing}, ends[0]});
    close(ends[0]);
    if (!sent && worker > 0) kill(worker, SIGKILL);
    const int status = worker > 0 ? wait_for(worker) : 0;
    if (!sent || !send_message(control, {Message::kEnded, {std::to_string(status)}})) break;
  }
  _exit(0);
}

}  // namespace program
