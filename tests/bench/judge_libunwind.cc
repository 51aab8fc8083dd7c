#include "tests/bench/judge_libunwind.h"

#define UNW_LOCAL_ONLY
#include <dlfcn.h>
#include <libunwind.h>
#include <setjmp.h>
#include <signal.h>

#include <atomic>

#include "collectors/unwind/objects.h"

namespace judge {

namespace {

int (*init_local)(unw_cursor_t*, unw_context_t*, int);
int (*step)(unw_cursor_t*);
int (*get_register)(unw_cursor_t*, int, unw_word_t*);
int (*is_signal_frame)(unw_cursor_t*);

std::atomic<pthread_t> walking;
sigjmp_buf before;
struct sigaction hosts_segv, hosts_bus;

template <typename Function>
bool look_up(void* library, const char* name, Function*& function) {
  function = reinterpret_cast<Function*>(dlsym(library, name));
  return function != nullptr;
}

void faulted(int number, siginfo_t* info, void* context) {
  if (walking.load() == pthread_self()) siglongjmp(before, 1);
  // Another thread's own affair, met while the host's handler is away.
  const struct sigaction& hosts = number == SIGBUS ? hosts_bus : hosts_segv;
  if ((hosts.sa_flags & SA_SIGINFO) != 0) {
    hosts.sa_sigaction(number, info, context);
  } else {
    signal(number, SIG_DFL);
  }
}

void climb(unw_context_t* context, TheirStack& stack) {
  unw_cursor_t cursor;
  init_local(&cursor, context, UNW_INIT_SIGNAL_FRAME);
  bool exact = true;
  do {
    unw_word_t ip = 0;
    get_register(&cursor, UNW_REG_IP, &ip);
    const uint64_t pc = exact ? ip : ip - 1;
    if (!objects::is_own(pc)) stack.pc[stack.depth++] = pc;
    stack.end = step(&cursor);
    exact = is_signal_frame(&cursor) > 0;
  } while (stack.depth < sizeof(stack.pc) / sizeof(stack.pc[0]) && stack.end > 0);
}

}  // namespace

bool load_libunwind() {
  void* library = dlopen("libunwind.so.8", RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return false;
  auto* space = static_cast<unw_addr_space_t*>(dlsym(library, "_ULx86_64_local_addr_space"));
  int (*set_caching)(unw_addr_space_t, unw_caching_policy_t);
  // Its cache takes a lock, which a fault would never give back.
  if (space == nullptr || !look_up(library, "_ULx86_64_set_caching_policy", set_caching) ||
      set_caching(*space, UNW_CACHE_NONE) != 0) {
    return false;
  }
  return look_up(library, "_ULx86_64_init_local2", init_local) &&
         look_up(library, "_ULx86_64_is_signal_frame", is_signal_frame) &&
         look_up(library, "_ULx86_64_get_reg", get_register) &&
         look_up(library, "_ULx86_64_step", step);
}

void walk_by_libunwind(void* context, TheirStack& stack) {
  stack.end = 0;
  stack.depth = 0;
  struct sigaction action {};
  action.sa_sigaction = faulted;
  action.sa_flags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK;
  sigaction(SIGSEGV, &action, &hosts_segv);
  sigaction(SIGBUS, &action, &hosts_bus);
  walking.store(pthread_self());
  stack.faulted = sigsetjmp(before, 1) != 0;
  if (!stack.faulted) climb(static_cast<unw_context_t*>(context), stack);
  walking.store(0);
  sigaction(SIGBUS, &hosts_bus, nullptr);
  sigaction(SIGSEGV, &hosts_segv, nullptr);
}

}  // namespace judge
