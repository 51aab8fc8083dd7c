// The walk at every instruction of functions of all kinds, against the calls and returns that were
// seen to happen.
#include <dlfcn.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstring>
#include <string>

#include "collectors/core/objects.h"
#include "collectors/core/stack_trace.h"
#include "tests/unit/collectors/step/stepper.h"
#include "tests/unit/safe/open_tables.h"

namespace {

using step::Loaded;
using step::Outcome;
using step::Target;

// What is known to be walked wrongly, and why. The name is a part of "object:function".
struct Exception {
  const char* target;
  const char* function;
  long most;
  const char* reason;
};
constexpr Exception kExceptions[] = {
    {"", "none", 0, ""},
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

long excused(const Target& target, const std::string& function) {
  for (const Exception& e : kExceptions) {
    if (strcmp(e.target, target.name) == 0 && function.find(e.function) != std::string::npos) {
      return e.most;
    }
  }
  return 0;
}

void judge(const Target& target, const char* build, bool with_signals, Outcome* sum) {
  const Outcome outcome = step::run(load(STEP_TARGETS + std::string(build) + ".so"), target, with_signals);
  sum->steps += outcome.steps;
  sum->right += outcome.right;
  printf("%-28s%-12s%-9s%7ld instructions, %7ld right\n", target.name, build,
         with_signals ? "signals" : "", outcome.steps, outcome.right);
  INFO(target.name << " " << build << ": " << outcome.failure << "\n  " << outcome.first_wrong);
  CHECK(outcome.failure.empty());
  CHECK(outcome.steps > 5);
  for (const auto& [function, count] : outcome.wrong) {
    printf("    %ld in %s\n", count, function.c_str());
    CHECK(count <= excused(target, function));
  }
}

}  // namespace

TEST_CASE("at every instruction the walk is what has been called and not returned") {
  const Walks walks;
  Outcome sum;
  for (const char* build : {"o2", "o0", "fp", "os"}) {
    const Loaded loaded = load(STEP_TARGETS + std::string(build) + ".so");
    for (const Target* target = loaded.targets; target->name != nullptr; target++) {
      if (!target->is_of_libraries || strcmp(build, "o2") == 0) judge(*target, build, false, &sum);
    }
  }
  printf("%ld instructions, %ld right\n", sum.steps, sum.right);
}
