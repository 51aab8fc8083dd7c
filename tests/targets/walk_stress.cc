// Threads that do all that is hard to walk through, for so many seconds (default 3): exceptions, two
// objects that take turns at one place, the loader's lists, forks, fibers, deep recursion.
// usage: walk_stress [SECONDS] [FIRST LAST]     (of the six, from 0)
#include <dlfcn.h>
#include <link.h>
#include <pthread.h>
#include <sys/wait.h>
#include <ucontext.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <string>

#include "burn.h"

static std::atomic<bool> over;
static long millisecond;
static std::atomic<bool> trouble;

__attribute__((noinline)) static void throw_below(int levels) {
  volatile int keep = levels;
  std::string owned(40, 'x');  // a cleanup in every frame
  if (levels == 0) throw keep;
  throw_below(levels - 1);
  asm volatile("" : : "r"(owned.data()) : "memory");
}

static void* throw_and_catch(void*) {
  while (!over) {
    try {
      throw_below(20);
      trouble = true;
    } catch (int) {
    }
  }
  return nullptr;
}

using Function = void (*)(long);
// The only callers of the two objects: a stack with call_a over function_of_b has a wrong name.
extern "C" __attribute__((noinline)) void call_a(Function function) {
  function(millisecond);
  asm volatile("");
}
extern "C" __attribute__((noinline)) void call_b(Function function) {
  function(millisecond);
  asm volatile("");
}

static void* load_in_turn(void* argument) {
  const std::string directory = static_cast<const char*>(argument);
  const std::string paths[] = {directory + "/target_walk_stress_a.so",
                               directory + "/target_walk_stress_b.so"};
  const char* const names[] = {"function_of_a", "function_of_b"};
  void (*const callers[])(Function) = {call_a, call_b};
  void* places[2] = {};
  long same = 0, turns = 0;
  for (; !over || turns < 4; turns++) {
    const int which = turns % 2;
    void* object = dlopen(paths[which].c_str(), RTLD_NOW | RTLD_LOCAL);
    void* function = object == nullptr ? nullptr : dlsym(object, names[which]);
    if (function == nullptr) {
      trouble = true;
      break;
    }
    places[which] = function;
    same += places[0] == places[1];
    for (int i = 0; i < 3; i++) callers[which](reinterpret_cast<Function>(function));
    dlclose(object);
  }
  // Else the test would have tested nothing.
  if (same < turns / 4) puts("the objects did not meet in one place");
  return nullptr;
}

static void* list_objects(void*) {
  while (!over) {
    int objects = 0;
    dl_iterate_phdr(
        [](dl_phdr_info*, size_t, void* count) {
          ++*static_cast<int*>(count);
          return 0;
        },
        &objects);
    if (objects == 0) trouble = true;
  }
  return nullptr;
}

static void* fork_children(void*) {
  while (!over) {
    const pid_t child = fork();
    if (child == 0) {
      burn_iterations(2 * millisecond);
      _exit(3);
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 3 << 8) trouble = true;
    usleep(100000);
  }
  return nullptr;
}

struct Fibers {
  ucontext_t main, other;
};

static void run_fiber(unsigned high, unsigned low) {
  Fibers& fibers = *reinterpret_cast<Fibers*>(uint64_t{high} << 32 | low);
  for (;;) {
    burn_iterations(millisecond / 50);
    swapcontext(&fibers.other, &fibers.main);
  }
}

static void* switch_fibers(void*) {
  static char stack[65536];
  Fibers fibers;
  getcontext(&fibers.other);
  fibers.other.uc_stack.ss_sp = stack;
  fibers.other.uc_stack.ss_size = sizeof stack;
  fibers.other.uc_link = nullptr;
  const auto address = reinterpret_cast<uint64_t>(&fibers);
  makecontext(&fibers.other, reinterpret_cast<void (*)()>(run_fiber), 2,
              static_cast<unsigned>(address >> 32), static_cast<unsigned>(address));
  while (!over) {
    swapcontext(&fibers.main, &fibers.other);
    burn_iterations(millisecond / 50);
  }
  return nullptr;
}

__attribute__((noinline)) static int descend(int levels) {
  volatile int keep = levels;
  if (levels == 0) {
    free(malloc(100));
    burn_iterations(millisecond);
    return 0;
  }
  return descend(levels - 1) + (keep != 0);
}

static void* recurse(void*) {
  while (!over) descend(5000);
  return nullptr;
}

int main(int argc, char** argv) {
  const double seconds = argc > 1 ? atof(argv[1]) : 3;
  millisecond = calibrate();
  std::string directory = argv[0];
  directory.resize(directory.rfind('/'));
  pthread_t threads[6];
  void* (*const routines[])(void*) = {throw_and_catch, load_in_turn,  list_objects,
                                      fork_children,   switch_fibers, recurse};
  const int first = argc > 3 ? atoi(argv[2]) : 0, last = argc > 3 ? atoi(argv[3]) : 5;
  for (int i = first; i <= last; i++) {
    pthread_create(&threads[i], nullptr, routines[i], directory.data());
  }
  const int64_t end = clock_ns(CLOCK_MONOTONIC) + static_cast<int64_t>(seconds * 1e9);
  while (clock_ns(CLOCK_MONOTONIC) < end) usleep(10000);
  over = true;
  for (int i = first; i <= last; i++) pthread_join(threads[i], nullptr);
  puts(trouble ? "trouble" : "done");
  return trouble ? 1 : 9;
}
