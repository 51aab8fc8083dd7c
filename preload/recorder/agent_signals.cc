#include "preload/recorder/agent_signals.h"

#include <signal.h>

#include <atomic>

#include "collectors/timers/tick_signal.h"
#include "env/sys/arch.h"
#include "env/sys/log.h"
#include "env/sys/real.h"
#include "preload/recorder/agent_link.h"

namespace agent_signals {

namespace {

struct Request {
  const char* variable;
  std::atomic<uint32_t> layout::Control::*what;
  std::atomic<int> number;  // 0: not ours
  struct sigaction host_action;
};

constinit Request requests[] = {
    {"PROFILER_SIGNAL", &layout::Control::dumps_wanted, {}, {}},
    {"PROFILER_TOGGLE_SIGNAL", &layout::Control::toggles_wanted, {}, {}},
};

Request* find(int number) {
  for (Request& request : requests) {
    if (number != 0 && request.number.load(std::memory_order_acquire) == number) return &request;
  }
  return nullptr;
}

void on_signal(int number) {
  const arch::CleanState clean;
  if (const Request* request = find(number)) agent_link::ask(request->what);
}

void take(Request& request, int number) {
  if (number == 0) return;
  real::resolve();
  struct sigaction before {};
  struct sigaction action {};
  action.sa_handler = on_signal;
  action.sa_flags = SA_RESTART | SA_ONSTACK;
  sigfillset(&action.sa_mask);
  if (real::set_own_action(number, nullptr, &before) == 0 && before.sa_handler == SIG_DFL) {
    // Before the action: sigaction in another thread asks for both.
    request.host_action = before;
    request.number.store(number, std::memory_order_release);
    if (real::set_own_action(number, &action, nullptr) == 0) return;
    request.number.store(0, std::memory_order_relaxed);
  }
  logging::Line(logging::Level::kError)
      << request.variable << ": signal " << number << " cannot be had; it asks for nothing";
}

}  // namespace

void take(const options::Options& options) {
  // Where no tick has a signal this process still owns the actions below.
  tick_signal::inherit();
  take(requests[0], static_cast<int>(options.signal));
  take(requests[1], static_cast<int>(options.toggle_signal));
}

bool is_held(int number) {
  return find(number) != nullptr;
}

struct sigaction* action_of_host(int number) {
  Request* request = find(number);
  return request == nullptr ? nullptr : &request->host_action;
}

void yield(int number) {
  Request* request = find(number);
  // Once, of two threads that take it at the same time.
  if (request == nullptr || request->number.exchange(0, std::memory_order_acq_rel) == 0) return;
  logging::Line(logging::Level::kError)
      << request->variable << ": the program takes signal " << number
      << " for itself; it asks for nothing from here on";
}

}  // namespace agent_signals
