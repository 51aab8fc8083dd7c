#include "preload/processes/profiler_program.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/syscall.h>

#include "env/output_error.h"
#include "env/sys/arch.h"
#include "env/sys/text.h"
#include "env/trusted_program.h"

namespace profiler_program {

namespace {

char library_directory[output_name::kPathSize];

// Relative to the library's directory: beside it, where `meson install` puts the program, and where
// a build directory has it.
constexpr std::string_view kPlaces[] = {"", "/" PROFILER_PROGRAM_DIRECTORY, "/../program"};
constexpr const char* kName = "profiler";

void describe(const trusted_program::Opened& refused, std::string_view directory,
              Program& program) {
  text::Builder problem(program.problem);
  if (refused.refusal == trusted_program::Refusal::kUnopened) {
    problem << directory << '/' << kName
            << " cannot be opened: " << output_file::error_words(refused.error);
    return;
  }
  if (refused.refusal == trusted_program::Refusal::kDirectory) {
    problem << directory
            << ", which has `profiler`, is less protected than the library's directory";
  } else {
    problem << directory << '/' << kName << " is not a protected program";
  }
  problem << " (owner " << static_cast<uint64_t>(refused.owner) << ", mode ";
  for (int shift = 9; shift >= 0; shift -= 3) {
    problem << static_cast<char>('0' + (refused.mode >> shift & 7));
  }
  problem << ')';
}

// Highest signal number of Linux on x86-64.
constexpr int kSignals = 64;

void set_action(int signal_number, sighandler_t action) {
  const uint64_t kernel_form[4] = {reinterpret_cast<uint64_t>(action), 0, 0, 0};
  arch::syscall(SYS_rt_sigaction, signal_number, kernel_form, 0L, 8);
}

// Linux 5.9 has a call for it.
void close_range(unsigned first, unsigned last) {
  if (!arch::is_error(arch::syscall(SYS_close_range, first, last, 0))) return;
  constexpr int kOpenFiles = 7;
  constexpr unsigned kMost = 65536;
  uint64_t limit[2] = {kMost, 0};
  arch::syscall(SYS_prlimit64, 0, kOpenFiles, 0L, limit);
  const uint64_t end = limit[0] < kMost ? limit[0] : kMost;
  for (uint64_t i = first; i <= last && i < end; i++) arch::syscall(SYS_close, i);
}

// What was sent to the host's group before this process had left it is not for us, and would come
// when the mask is emptied: to ignore a signal takes it off the queue.
void drop_pending(int signal_number) {
  set_action(signal_number, SIG_IGN);
  set_action(signal_number, SIG_DFL);
}

}  // namespace

void find_library() {
  Dl_info info;
  if (dladdr(library_directory, &info) == 0 || info.dli_fname == nullptr) return;
  const std::string_view library(info.dli_fname);
  const size_t slash = text::find_last(library, '/');
  text::Builder(library_directory)
      << (slash == text::kNowhere ? std::string_view(".") : text::part(library, 0, slash));
}

bool open(std::string_view start_directory, Program& program) {
  text::Builder(program.problem) << "the program `profiler` is not beside libprofiler.so";
  program.descriptor = -1;
  const std::string_view named(library_directory);
  if (named.empty()) return false;
  bool is_refused = false;
  for (const std::string_view place : kPlaces) {
    char library[output_name::kPathSize], directory[output_name::kPathSize];
    text::Builder from(library), to(directory);
    if (!text::starts_with(named, "/")) from << start_directory << '/';
    from << named;
    to << from.view() << place;
    text::Builder path(program.path);
    path << to.view() << '/' << kName;
    if (path.cut()) continue;
    const trusted_program::Opened found = trusted_program::open(library, directory, kName);
    program.descriptor = found.descriptor;
    if (found.descriptor >= 0) return true;
    if (found.refusal == trusted_program::Refusal::kNotFound || is_refused) continue;
    is_refused = true;
    describe(found, to.view(), program);
  }
  return false;
}

void close(Program& program) {
  if (program.descriptor >= 0) arch::syscall(SYS_close, program.descriptor);
  program.descriptor = -1;
}

void ignore(int signal_number) {
  set_action(signal_number, SIG_IGN);
}

void close_all_but(int one, int other) {
  const int low = one < other ? one : other, high = one < other ? other : one;
  if (low > 0) close_range(0, static_cast<unsigned>(low) - 1);
  if (high > low + 1) close_range(static_cast<unsigned>(low + 1), static_cast<unsigned>(high) - 1);
  close_range(static_cast<unsigned>(high + 1), ~0u);
}

void become(const Program& program, const char* const* arguments, const char* const* environment,
            Kept kept) {
  constexpr int kFirst = 3, kProgram = 5, kLines = 6;
  const uint64_t empty_mask = 0;
  arch::syscall(SYS_setpgid, 0, 0);
  for (int number = 1; number <= kSignals; number++) drop_pending(number);
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &empty_mask, 0L, 8);
  // By way of the standard numbers, so that none is overwritten before it is moved.
  long carried[] = {program.descriptor, kept.lines >= 0 ? kept.lines : kept.tables, kept.origin};
  for (long& each : carried) {
    if (each >= 0) each = arch::syscall(SYS_fcntl, each, F_DUPFD_CLOEXEC, kFirst);
  }
  for (int i = 0; i < 3; i++) {
    arch::syscall(SYS_close, i);
    if (carried[i] >= 0) arch::syscall(SYS_dup3, carried[i], i, 0);
  }
  close_range(kFirst, ~0u);
  if (kept.tables >= 0) arch::syscall(SYS_dup3, 1, kFirst, 0);
  if (kept.origin >= 0) arch::syscall(SYS_dup3, 2, kFirst + 1, 0);
  if (kept.lines >= 0) arch::syscall(SYS_dup3, 1, kLines, O_CLOEXEC);
  arch::syscall(SYS_dup3, 0, kProgram, O_CLOEXEC);
  for (int fd : {0, 1, 2}) arch::syscall(SYS_close, fd);
  arch::syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
  arch::syscall(SYS_dup, 0);
  arch::syscall(SYS_dup, 0);
  if (kept.lines >= 0) arch::syscall(SYS_dup3, kLines, 2, 0);
  arch::syscall(SYS_chdir, "/");
  // What the host forbids itself would end the loader of the program.
  arch::syscall(SYS_prctl, PR_SET_TSC, PR_TSC_ENABLE, 0L, 0L, 0L);
  arch::syscall(SYS_execveat, kProgram, "", arguments, environment, AT_EMPTY_PATH);
  // Where a filter forbids that call.
  static_assert(kProgram == 5);
  arch::syscall(SYS_execve, "/proc/self/fd/5", arguments, environment);
  for (;;) arch::syscall(SYS_exit_group, 127);
}

}  // namespace profiler_program
