#include "program/symbols/demangled_name.h"

// libiberty.h declares a basename that is not the one of <cstring>.
#define HAVE_DECL_BASENAME 1
#include <libiberty/demangle.h>

#include <csetjmp>
#include <cstdlib>
#include <cstring>

namespace program {
namespace {

// The input is bounded too: parsing is not linear in it.
constexpr size_t kMostMangledBytes = 16 << 10;
constexpr size_t kMostBytes = 64 << 10;
// The D demangler builds its text of many short ones.
constexpr size_t kMostAllocatedBytes = 4 << 20;
// An abandoned D name leaks what its demangler holds, so there are only so many.
constexpr int kMostAbandoned = 16;

// The demanglers are C code without cleanup, so a jump may leave them at any callback.
struct Attempt {
  jmp_buf give_up;
  size_t size = 0;
  char text[kMostBytes];
};

void append(const char* text, size_t size, void* opaque) {
  auto* attempt = static_cast<Attempt*>(opaque);
  if (size > kMostBytes - attempt->size) longjmp(attempt->give_up, 1);
  memcpy(attempt->text + attempt->size, text, size);
  attempt->size += size;
}

bool run(const char* mangled, Language language, Attempt* attempt) {
  if (setjmp(attempt->give_up) != 0) return false;
  const int done = language == Language::kRust
                       ? rust_demangle_callback(mangled, 0, append, attempt)
                       : cplus_demangle_v3_callback(mangled, DMGL_ANSI, append, attempt);
  return done != 0;
}

// What the D demangler, which has no callback, may allocate; null outside of it.
struct Allowance {
  jmp_buf give_up;
  size_t left = kMostAllocatedBytes;
};
thread_local Allowance* allowance = nullptr;
thread_local int abandoned = 0;

void take(size_t size) {
  if (allowance == nullptr) return;
  if (size > allowance->left) longjmp(allowance->give_up, 1);
  allowance->left -= size;
}

char* run_d(const char* mangled, Allowance* given) {
  if (setjmp(given->give_up) != 0) {
    abandoned++;
    return nullptr;
  }
  allowance = given;
  return dlang_demangle(mangled, 0);
}

std::optional<std::string> demangled_d(const char* mangled) {
  if (abandoned >= kMostAbandoned) return std::nullopt;
  Allowance given;
  char* text = run_d(mangled, &given);
  allowance = nullptr;
  if (text == nullptr) return std::nullopt;
  std::string name = text;
  free(text);
  if (name.size() > kMostBytes) return std::nullopt;
  return name;
}

void* or_abort(void* memory) {
  if (memory == nullptr) abort();  // as libiberty's own, which ends the process
  return memory;
}

}  // namespace

std::optional<std::string> demangled_name(const std::string& mangled, Language language) {
  if (mangled.size() > kMostMangledBytes) return std::nullopt;
  if (language == Language::kD) return demangled_d(mangled.c_str());
  Attempt attempt;
  if (!run(mangled.c_str(), language, &attempt)) return std::nullopt;
  return std::string(attempt.text, attempt.size);
}

}  // namespace program

// They stand for libiberty's: all that its D demangler allocates comes from these two.
extern "C" void* xmalloc(size_t size) {
  program::take(size);
  return program::or_abort(malloc(size == 0 ? 1 : size));
}
extern "C" void* xrealloc(void* memory, size_t size) {
  program::take(size);
  return program::or_abort(realloc(memory, size == 0 ? 1 : size));
}
