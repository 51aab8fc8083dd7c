#include "program/system/child_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

namespace program {
namespace {

volatile sig_atomic_t child_pid = 0;

// From a terminal that hangs up the child has its own; passed on is what a process sent to us.
void pass_on(int signal_number, siginfo_t* info, void*) {
  const int error = errno;
  const bool sent = info->si_code == SI_USER || info->si_code == SI_QUEUE;
  if (sent && child_pid > 0) kill(child_pid, signal_number);
  errno = error;
}

sigset_t handled_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal_number : {SIGINT, SIGQUIT, SIGTERM, SIGHUP}) sigaddset(&set, signal_number);
  return set;
}

void wait_quietly() {
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  sigaction(SIGINT, &ignore, nullptr);
  sigaction(SIGQUIT, &ignore, nullptr);
  sigaction(SIGPIPE, &ignore, nullptr);  // a closed pipe must not decide how we end
  struct sigaction forward {};
  forward.sa_sigaction = pass_on;
  forward.sa_flags = SA_SIGINFO | SA_RESTART;
  for (const int signal_number : {SIGTERM, SIGHUP}) {
    struct sigaction before {};
    sigaction(signal_number, nullptr, &before);
    if (before.sa_handler != SIG_IGN) sigaction(signal_number, &forward, nullptr);  // nohup
  }
}

[[noreturn]] void execute(const std::vector<std::string>& command,
                          const std::vector<char*>& environment, int error_pipe) {
  std::vector<char*> argv;
  argv.reserve(command.size() + 1);
  for (const std::string& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  execvpe(argv[0], argv.data(), environment.data());
  const int error = errno;
  const ssize_t unused = write(error_pipe, &error, sizeof error);
  (void)unused;
  _exit(125);
}

}  // namespace

bool run_and_wait(const std::vector<std::string>& command, const std::vector<char*>& environment,
                  int* wait_status, int* error) {
  int error_pipe[2];
  if (pipe2(error_pipe, O_CLOEXEC) != 0) {
    *error = errno;
    return false;
  }
  sigset_t before;
  const sigset_t handled = handled_signals();
  sigprocmask(SIG_BLOCK, &handled, &before);
  // If we were started with SIGCHLD ignored, the kernel would throw the status away.
  struct sigaction child_default {};
  struct sigaction child_before {};
  child_default.sa_handler = SIG_DFL;
  sigaction(SIGCHLD, &child_default, &child_before);
  const pid_t pid = fork();
  if (pid == 0) {  // with what we were started with
    sigaction(SIGCHLD, &child_before, nullptr);
    sigprocmask(SIG_SETMASK, &before, nullptr);
    execute(command, environment, error_pipe[1]);
  }
  *error = pid < 0 ? errno : 0;
  child_pid = pid;
  wait_quietly();
  close(error_pipe[1]);
  sigprocmask(SIG_SETMASK, &before, nullptr);
  if (pid > 0) {
    int failed = 0;
    if (read(error_pipe[0], &failed, sizeof failed) == sizeof failed) *error = failed;
    while (waitpid(pid, wait_status, 0) < 0 && errno == EINTR) continue;
  }
  child_pid = 0;
  close(error_pipe[0]);
  return *error == 0;
}

int end_like(int wait_status) {
  if (!WIFSIGNALED(wait_status)) return WEXITSTATUS(wait_status);
  const int signal_number = WTERMSIG(wait_status);
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
  prctl(PR_SET_DUMPABLE, 0);  // a core_pattern that is a pipe does not ask for the limit
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, signal_number);
  signal(signal_number, SIG_DFL);
  sigprocmask(SIG_UNBLOCK, &set, nullptr);
  raise(signal_number);
  return 128 + signal_number;
}

}  // namespace program
