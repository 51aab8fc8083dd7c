#include "program/sandbox/confinement.h"

#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "program/system/console.h"

namespace program {
namespace {

// Enough for the debug information of a browser; honest profiles need a hundredth.
constexpr rlim_t kMaxDataBytes = rlim_t{4} << 30;

// Read by the handlers, which must not allocate: written whole before anything can fault on it.
char fault_line[1024];
char timeout_line[1024];

// The alternate stack is for a stack that a deeply nested file used up.
alignas(16) char handler_stack[16 << 10];

void end_with(const char* line) {
  if (says(Level::kError)) {
    const ssize_t unused = write(STDERR_FILENO, line, strlen(line));
    (void)unused;
  }
  _exit(1);
}

void on_fault(int) {
  end_with(fault_line);
}
void on_timeout(int) {
  end_with(timeout_line);
}

void handle(int signal_number, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_ONSTACK;
  sigaction(signal_number, &action, nullptr);
}

}  // namespace

void confine() {
#ifndef __SANITIZE_ADDRESS__  // whose own memory counts, terabytes of it
  rlimit data{};
  getrlimit(RLIMIT_DATA, &data);
  data.rlim_cur = std::min(data.rlim_max, kMaxDataBytes);
  setrlimit(RLIMIT_DATA, &data);
#endif
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);

  const stack_t stack{.ss_sp = handler_stack, .ss_flags = 0, .ss_size = sizeof handler_stack};
  sigaltstack(&stack, nullptr);
  set_current_file("");
  for (const int signal_number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) {
    handle(signal_number, on_fault);
  }
}

void set_current_file(const std::string& path, const std::string& outcome) {
  std::string shown = path.empty() ? "a file" : path;
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < 0x20) c = '?';
  }
  snprintf(fault_line, sizeof fault_line,
           "profiler: %.800s: reading it or a file it names failed; %.100s\n", shown.c_str(),
           outcome.c_str());
  snprintf(timeout_line, sizeof timeout_line,
           "profiler: %.800s: the time limit has passed; %.100s\n", shown.c_str(), outcome.c_str());
}

void set_time_limit(double seconds) {
  handle(SIGALRM, on_timeout);
  const double whole = std::floor(seconds);
  itimerval limit{};
  limit.it_value.tv_sec = static_cast<time_t>(whole);
  limit.it_value.tv_usec = static_cast<suseconds_t>((seconds - whole) * 1e6);
  setitimer(ITIMER_REAL, &limit, nullptr);
}

Uninterrupted::Uninterrupted() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal_number : {SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM}) {
    sigaddset(&signals, signal_number);
  }
  sigprocmask(SIG_BLOCK, &signals, &before_);
}

Uninterrupted::~Uninterrupted() {
  sigprocmask(SIG_SETMASK, &before_, nullptr);
}

}  // namespace program
