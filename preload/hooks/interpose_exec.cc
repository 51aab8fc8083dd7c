// Program images that replace this one: what was recorded is written before it goes, and nothing
// armed reaches the next. If the call fails, recording goes on and the files are taken back.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "collectors/threads/threads.h"
#include "collectors/timers/tick_signal.h"
#include "collectors/trace.h"
#include "env/sys/arch.h"
#include "env/sys/compiler/attributes.h"
#include "env/sys/real.h"
#include "preload/recorder/recorder.h"

namespace {

// A search along PATH tries names that are not there: those cost nothing of ours.
bool can_execute(const char* path) {
  return arch::syscall(SYS_faccessat, AT_FDCWD, path, X_OK) == 0;
}

// `path`: of the program, null where libc looks for it. `name`: what the host calls it, or null.
template <typename Call>
ALWAYS_INLINE int replacing_image(const char* path, const char* name, Call call) {
  real::resolve();
  // While nothing records, a sandbox may forbid even this question.
  if (path != nullptr && threads::are_tracked() && !can_execute(path)) return call();
  // Not in a vfork child: it shares this memory with a parent that goes on.
  const bool is_ending = recorder::image_ending(name);
  const bool blocked = tick_signal::block_as_believed();
  const int result = call();
  const int error = errno;
  if (blocked) tick_signal::unblock_here();
  if (is_ending) recorder::image_stays();
  if (is_ending) trace::executing(error);
  errno = error;
  return result;
}

// The arguments of execl and its kind as an array, as long as the caller's list. The list's end is
// found on a copy.
size_t count_arguments(va_list list) {
  va_list copy;
  va_copy(copy, list);
  size_t count = 1;
  while (va_arg(copy, char*) != nullptr) count++;
  va_end(copy);
  return count;
}

void take_arguments(const char* first, va_list list, char** arguments) {
  *arguments++ = const_cast<char*>(first);
  while ((*arguments++ = va_arg(list, char*)) != nullptr) {
  }
}

// Declares `list` and `arguments`, in the frame that the list belongs to.
#define TAKE_ARGUMENTS(first)                                                             \
  va_list list;                                                                           \
  va_start(list, first);                                                                  \
  char** arguments =                                                                      \
      static_cast<char**>(__builtin_alloca((count_arguments(list) + 1) * sizeof(char*))); \
  take_arguments(first, list, arguments)

}  // namespace

// Cancellation unwinds through none of these frames, but some of the declarations lack noexcept.
extern "C" {

EXPORT int execve(const char* path, char* const arguments[], char* const environment[]) noexcept {
  return replacing_image(path, path, [&] { return real::execve(path, arguments, environment); });
}

EXPORT int execv(const char* path, char* const arguments[]) noexcept {
  return replacing_image(path, path, [&] { return real::execv(path, arguments); });
}

EXPORT int execvp(const char* file, char* const arguments[]) noexcept {
  return replacing_image(nullptr, file, [&] { return real::execvp(file, arguments); });
}

EXPORT int execvpe(const char* file, char* const arguments[], char* const environment[]) noexcept {
  return replacing_image(nullptr, file,
                         [&] { return real::execvpe(file, arguments, environment); });
}

EXPORT int fexecve(int fd, char* const arguments[], char* const environment[]) noexcept {
  return replacing_image(nullptr, nullptr,
                         [&] { return real::fexecve(fd, arguments, environment); });
}

EXPORT int execveat(int directory, const char* path, char* const arguments[],
                    char* const environment[], int flags) noexcept {
  return replacing_image(nullptr, nullptr, [&] {
    return real::execveat(directory, path, arguments, environment, flags);
  });
}

EXPORT int execl(const char* path, const char* first, ...) noexcept {
  TAKE_ARGUMENTS(first);
  va_end(list);
  return execv(path, arguments);
}

EXPORT int execlp(const char* file, const char* first, ...) noexcept {
  TAKE_ARGUMENTS(first);
  va_end(list);
  return execvp(file, arguments);
}

EXPORT int execle(const char* path, const char* first, ...) noexcept {
  TAKE_ARGUMENTS(first);
  char* const* environment = va_arg(list, char* const*);
  va_end(list);
  return execve(path, arguments, environment);
}

}  // extern "C"
