// The walk at every instruction of functions of all kinds, against the calls and returns that were
// seen to happen.
#include <dlfcn.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <string>

#include "collectors/unwind/objects.h"
#include "collectors/unwind/stack_trace.h"
#include "tests/unit/collectors/unwind/step/stepper.h"
#include "tests/unit/tables/open_tables.h"

namespace {

using step::Loaded;
using step::Outcome;
using step::Target;
using step::Way;

// What is known to be walked wrongly, and why. The name is a part of "object:function"; the limit
// leaves room for other versions of the libraries.
struct Exception {
  const char* target;
  const char* function;
  long most;
  const char* reason;
};
constexpr char kJump[] =
    "glibc's rules find the CFA in the jmp_buf, which is no stack; then rsp is the new one";
constexpr char kSwitch[] =
    "its rules speak of where it is going from the middle on, or rsp is already the other stack's";
constexpr char kInstall[] =
    "libgcc puts the landing pad's registers where its own return address and registers were";
constexpr Exception kExceptions[] = {
    {"noreturn call at the end", "libc.so", 200, kJump},
    {"handler left by a jump", "libc.so", 60, kJump},
    {"fibers", "libc.so.6:setcontext", 60, "called by __start_context, whose rules are wrong"},
    {"fibers", "libc.so.6:swapcontext", 60, kSwitch},
    {"fibers", "libc.so.6:", 10,
     "__start_context: rules that name a return address; there is none"},
    {"vfork and a thread", "vfork", 8,
     "return address in a register: taken for libgcc's jump, so it is not lessened by one"},
    {"vfork and a thread", "libc.so.6:", 10, "clone3: glibc gives its system call no rules at all"},
    {"exception", "libgcc_s.so.1:", 2000, kInstall},
    {"assembly without rules", "step_targets", 12, "nothing says how deep its stack is"},
    {"assembly with a frame pointer and no rules", "step_targets", 3,
     "before rbp is set and behind its restoring, it is the caller's"},
};

Loaded load(const std::string& path) {
  void* object = dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL);
  INFO(path);
  REQUIRE(object != nullptr);
  return {static_cast<const Target*>(dlsym(object, "step_targets")),
          reinterpret_cast<decltype(&step::step_enter)>(dlsym(object, "step_enter")),
          reinterpret_cast<uint64_t>(dlsym(object, "step_end")),
          reinterpret_cast<void (*)(int)>(dlsym(object, "step_handler"))};
}

// All that a walk needs: tables and the objects of this process.
struct Walks {
  OpenTables open;
  Walks() {
    objects::start();
    stack_trace::forget_code();
    stack_trace::set_depth(512);
  }
};

const Exception* excuse_of(const Target& target, const std::string& function) {
  for (const Exception& e : kExceptions) {
    if (strcmp(e.target, target.name) == 0 && function.find(e.function) != std::string::npos) {
      return &e;
    }
  }
  return nullptr;
}

const char* name_of(Way way) {
  return way == Way::kPlain ? "" : way == Way::kSignals ? "signals" : "unknown stack";
}

struct Sum {
  long steps, right, calls, calls_right;
};

void judge(const Loaded& loaded, const Target& target, const char* build, Way way, Sum* sum) {
  const Outcome outcome = step::run(loaded, target, way);
  sum->steps += outcome.steps;
  sum->right += outcome.right;
  sum->calls += outcome.calls;
  sum->calls_right += outcome.calls_right;
  printf("%-44s%-4s%-15s%7ld instructions,%7ld right,%6ld calls,%6ld right\n", target.name, build,
         name_of(way), outcome.steps, outcome.right, outcome.calls, outcome.calls_right);
  INFO(target.name << " " << build << ": " << outcome.failure << "\n  " << outcome.first_wrong);
  CHECK(outcome.failure.empty());
  CHECK(outcome.steps > 5);
  for (const auto& [function, wrong] : outcome.wrong) {
    const Exception* exception = excuse_of(target, function);
    const char* reason = exception == nullptr ? "NOT EXPECTED" : exception->reason;
    printf("    %ld walks wrong at %zu places, %s+0x%lx to 0x%lx: %s\n", wrong.walks,
           wrong.offsets.size(), function.c_str(), *wrong.offsets.begin(), *wrong.offsets.rbegin(),
           reason);
    CHECK((exception != nullptr && wrong.walks <= exception->most));
  }
}

}  // namespace

TEST_CASE("at every instruction the walk is what has been called and not returned") {
  const Walks walks;
  Sum sum{};
  for (const std::string build : {"o2", "o0", "fp", "os", "clang"}) {
    const std::string path = STEP_TARGETS + build + ".so";
    if (access(path.c_str(), R_OK) != 0 && build == "clang") continue;  // there is no clang++
    const Loaded loaded = load(path);
    for (const Target* target = loaded.targets; target->name != nullptr; target++) {
      if (target->is_of_libraries && build != "o2") continue;
      judge(loaded, *target, build.c_str(), Way::kPlain, &sum);
      if (target->is_of_libraries) continue;
      if (build == "o2") judge(loaded, *target, build.c_str(), Way::kUnknownStack, &sum);
      if (build == "o2" || build == "fp")
        judge(loaded, *target, build.c_str(), Way::kSignals, &sum);
    }
  }
  printf("%ld instructions, %ld right; %ld calls, %ld right\n", sum.steps, sum.right, sum.calls,
         sum.calls_right);
}
