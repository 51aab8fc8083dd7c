// What counts the calls that open and close descriptors (preload/hooks/descriptors.def), and times
// those of them that may wait. Nothing is counted unless the fd mode records.
//
// A close is reported before the real call: after it the number may be another thread's.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>

#include "collectors/fd.h"
#include "preload/hooks/timed_calls.h"

struct termios;
struct winsize;

namespace counted_calls {

using fd::Kind;

template <auto& real, Kind kind, typename... Arguments>
NOINLINE int made(Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const int opened = real(arguments...);
  if (opened >= 0) fd::opened(opened, kind, caller);
  return opened;
}

// A file of a slow disk, the other end of a fifo, a connection.
template <auto& real, Kind kind, typename... Arguments>
NOINLINE int awaited(Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const int opened = timed_calls::time<real>(caller, arguments...);
  if (opened >= 0) fd::opened(opened, kind, caller);
  return opened;
}

template <auto& real, Kind kind, typename... Arguments>
NOINLINE FILE* stream(Arguments... arguments) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  FILE* const opened = timed_calls::time<real>(caller, arguments...);
  if (opened != nullptr) fd::opened(opened->_fileno, kind, caller);
  return opened;
}

template <auto& real>
NOINLINE DIR* directory(const char* path) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  DIR* const opened = timed_calls::time<real>(caller, path);
  if (opened != nullptr) fd::opened(dirfd(opened), Kind::kDirectory, caller);
  return opened;
}

// The file that it had is closed, whatever comes of it.
template <auto& real>
NOINLINE FILE* reopened(const char* path, const char* mode, FILE* file) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  if (file != nullptr) fd::closing(file->_fileno);
  FILE* const again = timed_calls::time<real>(caller, path, mode, file);
  if (again != nullptr) fd::opened(again->_fileno, Kind::kFile, caller);
  return again;
}

inline int* pair_of(int* numbers, int = 0) {
  return numbers;
}
inline int* pair_of(int, int, int, int* numbers) {
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

template <auto& real>
NOINLINE int terminals(int* first, int* second, char* name, const termios* t, const winsize* w) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const int result = real(first, second, name, t, w);
  if (result != 0) return result;
  fd::opened(*first, Kind::kDevice, caller);
  fd::opened(*second, Kind::kDevice, caller);
  return result;
}

// With a number it changes what that listens to.
template <auto& real>
NOINLINE int signals(int number, const sigset_t* which, int flags) {
  const Caller caller = CALLER_OF_THIS_FUNCTION();
  const int result = real(number, which, flags);
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
  switch (command) {
    case F_DUPFD:
    case F_DUPFD_CLOEXEC:
      return copy<real>(number, command, argument);
    case F_SETLKW:
    case F_OFD_SETLKW:
      return timed_calls::passed<real>(number, command, argument);
    default:
      return real(number, command, argument);
  }
}

// A host that closes numbers which it does not have (all of them, say) must not meet the descriptor
// that a slice of a snapshot has at that moment: the slice would read from the host's next file,
// and close it.
template <auto& real, typename... Arguments>
COLD NOINLINE auto closed_alone(Arguments... arguments) {
  snapshot_on_demand::hold_off(CALLER_OF_THIS_FUNCTION().sp);
  if constexpr (__is_same(decltype(real(arguments...)), void)) {
    real(arguments...);
    snapshot_on_demand::go_on();
  } else {
    const auto result = real(arguments...);
    snapshot_on_demand::go_on();
    return result;
  }
}

// Closing may wait: a socket that lingers, a file on another machine. The frame is the exported
// function's, which jumps here.
template <auto& real, typename... Arguments>
ALWAYS_INLINE auto close_now(Arguments... arguments) {
  if (UNLIKELY(snapshot_on_demand::is_at_work())) return closed_alone<real>(arguments...);
  return timed_calls::passed<real>(arguments...);
}

template <auto& real>
int closed(int number) {
  fd::closing(number);
  return close_now<real>(number);
}

template <auto& real>
int range_closed(unsigned first, unsigned last, int flags) {
  if ((flags & CLOSE_RANGE_CLOEXEC) == 0) fd::closing_range(first, last);
  return close_now<real>(first, last, flags);
}

template <auto& real>
void rest_closed(int first) {
  fd::closing_range(first < 0 ? 0 : static_cast<unsigned>(first), ~0u);
  close_now<real>(first);
}

template <auto& real, waits::Kind kind = waits::Kind::kIo>
int stream_closed(FILE* file) {
  if (file != nullptr) fd::closing(file->_fileno);
  return timed_calls::passed<real, kind>(file);
}

template <auto& real>
int directory_closed(DIR* opened) {
  if (opened != nullptr) fd::closing(dirfd(opened));
  return real(opened);
}

}  // namespace counted_calls
