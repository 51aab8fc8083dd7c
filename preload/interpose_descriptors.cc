// The calls that open and close descriptors. Each goes by a pointer: to the next definition, or,
// while they are counted, to a function that calls it and says what it did. So one that is not
// counted costs a jump, and none is looked up in a process that does not use it.
//
// A close is told before the real call: after it the number may be another thread's.
#include "preload/interpose_descriptors.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "collectors/fd.h"
#include "env/safe/attributes.h"
#include "preload/definitions.h"
#include "preload/next.h"

struct mq_attr;
struct termios;
struct winsize;

namespace {

using fd::Kind;

// The next definition of each, the way that its calls take, and what that begins as.
#define CALL(result, name, parameters, arguments, ...)  \
  using Type_##name = result parameters;                \
  void settle_##name();                                 \
  result first_##name parameters;                       \
  constinit Next<Type_##name> real_##name{nullptr};     \
  constinit Next<Type_##name> way_##name{first_##name}; \
  COLD result first_##name parameters {                 \
    settle_##name();                                    \
    return way_##name arguments;                        \
  }
#include "preload/descriptors.def"
#undef CALL

template <auto& real, Kind kind, typename... Arguments>
NOINLINE int number(Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const int opened = real(arguments...);
  if (opened >= 0) fd::opened(opened, kind, caller);
  return opened;
}

template <auto& real, Kind kind, typename... Arguments>
NOINLINE FILE* stream(Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  FILE* const opened = real(arguments...);
  if (opened != nullptr) fd::opened(opened->_fileno, kind, caller);
  return opened;
}

template <auto& real>
NOINLINE DIR* folder(const char* path) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  DIR* const opened = real(path);
  if (opened != nullptr) fd::opened(dirfd(opened), Kind::kDirectory, caller);
  return opened;
}

// The file that it had is closed, whatever comes of it.
template <auto& real>
NOINLINE FILE* reopened(const char* path, const char* mode, FILE* file) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  if (file != nullptr) fd::closing(file->_fileno);
  FILE* const again = real(path, mode, file);
  if (again != nullptr) fd::opened(again->_fileno, Kind::kFile, caller);
  return again;
}

int* pair_of(int* numbers, int = 0) {
  return numbers;
}
int* pair_of(int, int, int, int* numbers) {
  return numbers;
}

template <auto& real, Kind kind, typename... Arguments>
NOINLINE int pair(Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const int result = real(arguments...);
  if (result != 0) return result;
  fd::opened(pair_of(arguments...)[0], kind, caller);
  fd::opened(pair_of(arguments...)[1], kind, caller);
  return result;
}

NOINLINE int terminals(int* first, int* second, char* name, const termios* t, const winsize* w) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const int result = real_openpty(first, second, name, t, w);
  if (result != 0) return result;
  fd::opened(*first, Kind::kDevice, caller);
  fd::opened(*second, Kind::kDevice, caller);
  return result;
}

// With a number it changes what that listens to.
NOINLINE int signals(int number, const sigset_t* which, int flags) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const int result = real_signalfd(number, which, flags);
  if (result >= 0 && number == -1) fd::opened(result, Kind::kSignalfd, caller);
  return result;
}

// dup2 and dup3 close what had the number and give it away in one: what is known of it is replaced.
template <auto& real, typename... Arguments>
NOINLINE int copy(int number, Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const int result = real(number, arguments...);
  if (result >= 0) fd::duplicated(number, result, caller);
  return result;
}

template <auto& real>
int controlled(int number, int command, long argument) {
  if (command != F_DUPFD && command != F_DUPFD_CLOEXEC) return real(number, command, argument);
  return copy<real>(number, command, argument);
}

template <auto& real>
int closed(int number) {
  fd::closing(number);
  return real(number);
}

int range_closed(unsigned first, unsigned last, int flags) {
  if ((flags & CLOSE_RANGE_CLOEXEC) == 0) fd::closing_range(first, last);
  return real_close_range(first, last, flags);
}

void rest_closed(int first) {
  fd::closing_range(first < 0 ? 0 : static_cast<unsigned>(first), ~0u);
  real_closefrom(first);
}

template <auto& real>
int stream_closed(FILE* file) {
  if (file != nullptr) fd::closing(file->_fileno);
  return real(file);
}

int folder_closed(DIR* opened) {
  if (opened != nullptr) fd::closing(dirfd(opened));
  return real_closedir(opened);
}

std::atomic<bool> is_counting;

template <typename Function>
COLD void settle(const char* name, Next<Function>& real, Next<Function>& way, Function* counting) {
  auto* const next = reinterpret_cast<Function*>(const_cast<void*>(definitions::next(name)));
  real = next;
  way = is_counting.load(std::memory_order_relaxed) ? counting : next;
}

#define CALL(result, name, parameters, arguments, ...)                \
  COLD void settle_##name() {                                         \
    settle<Type_##name>(#name, real_##name, way_##name, __VA_ARGS__); \
  }
#include "preload/descriptors.def"
#undef CALL

struct Row {
  const char* name;
  void (*settle)();
  const void* (*next)();
};
const Row rows[] = {
#define CALL(result, name, ...) \
  {#name, settle_##name, [] { return reinterpret_cast<const void*>(real_##name.get()); }},
#include "preload/descriptors.def"
#undef CALL
};

}  // namespace

// Under other names here, since libc's headers declare them.
#define CALL(result, name, parameters, arguments, ...)                \
  extern "C" EXPORT result exported_##name parameters __asm__(#name); \
  result exported_##name parameters {                                 \
    return way_##name arguments;                                      \
  }
#include "preload/descriptors.def"
#undef CALL

namespace interpose_descriptors {

void count() {
  is_counting.store(true, std::memory_order_relaxed);
  for (const Row& row : rows) row.settle();
}

const void* next_of(const char* name) {
  for (const Row& row : rows) {
    if (strcmp(name, row.name) != 0) continue;
    if (row.next() == nullptr) row.settle();
    return row.next();
  }
  return nullptr;
}

}  // namespace interpose_descriptors
