#include "preload/companion.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <linux/prctl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "env/safe/arch.h"
#include "env/safe/text.h"

namespace companion {

namespace {

char library_folder[output_name::kPathSize];

bool is_trusted(const char* path) {
  struct stat st;
  if (arch::syscall(SYS_newfstatat, AT_FDCWD, path, &st, 0) != 0 || !S_ISREG(st.st_mode))
    return false;
  const auto me = static_cast<uid_t>(arch::syscall(SYS_geteuid));
  return (st.st_uid == 0 || st.st_uid == me) && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0 &&
         (st.st_mode & S_IXUSR) != 0;
}

// Highest signal number of Linux on x86-64.
constexpr int kSignals = 64;

void set_action(int signal_number, sighandler_t action) {
  const uint64_t kernel_form[4] = {reinterpret_cast<uint64_t>(action), 0, 0, 0};
  arch::syscall(SYS_rt_sigaction, signal_number, kernel_form, 0L, 8);
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
  if (dladdr(library_folder, &info) == 0 || info.dli_fname == nullptr) return;
  const std::string_view library(info.dli_fname);
  const size_t slash = text::find_last(library, '/');
  text::Builder(library_folder) << (slash == text::kNowhere ? std::string_view(".")
                                                            : text::part(library, 0, slash));
}

bool find(std::string_view start_folder, char (&path)[output_name::kPathSize]) {
  const std::string_view folder(library_folder);
  if (folder.empty()) return false;
  for (const std::string_view place :
       {"/profiler", "/../bin/profiler", "/../encoder/program/profiler"}) {
    text::Builder candidate(path);
    if (!text::starts_with(folder, "/")) candidate << start_folder << '/';
    candidate << folder << place;
    if (!candidate.cut() && is_trusted(path)) return true;
  }
  return false;
}

void set_default_action(int signal_number) {
  set_action(signal_number, SIG_DFL);
}

void become(const char* program, const char* const* arguments, const char* const* environment,
            int kept) {
  constexpr int kPlace = 3;
  const uint64_t empty_mask = 0;
  arch::syscall(SYS_setpgid, 0, 0);
  for (int number = 1; number <= kSignals; number++) drop_pending(number);
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &empty_mask, 0L, 8);
  if (kept >= 0 && kept != kPlace) arch::syscall(SYS_dup3, kept, kPlace, 0);
  if (kept == kPlace) arch::syscall(SYS_fcntl, kPlace, F_SETFD, 0);
  arch::syscall(SYS_close_range, kept >= 0 ? kPlace + 1 : kPlace, ~0u, 0);
  for (int fd : {0, 1, 2}) arch::syscall(SYS_close, fd);
  arch::syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDWR, 0);
  arch::syscall(SYS_dup, 0);
  arch::syscall(SYS_dup, 0);
  arch::syscall(SYS_chdir, "/");
  // What the host forbids itself would end the loader of the program.
  arch::syscall(SYS_prctl, PR_SET_TSC, PR_TSC_ENABLE, 0L, 0L, 0L);
  arch::syscall(SYS_execve, program, arguments, environment);
  for (;;) arch::syscall(SYS_exit_group, 127);
}

}  // namespace companion
