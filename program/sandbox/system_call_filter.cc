// Which system calls the worker may make.
#include <fcntl.h>
#include <seccomp.h>
#include <sys/mman.h>
#include <ucontext.h>

#include <cerrno>
#include <csignal>

#include "program/sandbox/sandbox.h"

namespace program {
namespace {

constexpr int kAllowed[] = {
    SCMP_SYS(read),           SCMP_SYS(pread64),      SCMP_SYS(readv),
    SCMP_SYS(recvmsg),        SCMP_SYS(recvfrom),     SCMP_SYS(sendmsg),
    SCMP_SYS(sendto),         SCMP_SYS(poll),         SCMP_SYS(close),
    SCMP_SYS(lseek),          SCMP_SYS(fstat),        SCMP_SYS(munmap),
    SCMP_SYS(mremap),         SCMP_SYS(madvise),      SCMP_SYS(brk),
    SCMP_SYS(futex),          SCMP_SYS(getrandom),    SCMP_SYS(sysinfo),
    SCMP_SYS(getpid),         SCMP_SYS(gettid),       SCMP_SYS(getrusage),
    SCMP_SYS(clock_gettime),  SCMP_SYS(gettimeofday), SCMP_SYS(setitimer),
    SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall),
    SCMP_SYS(exit),           SCMP_SYS(exit_group),
};

int (*split_file_opener)() = nullptr;

// libdw opens .dwo files by name in the middle of its work, and has no way to be given a
// descriptor. Context: the signal is the thread's own call of open, never a moment in an allocator.
void on_refused_call(int, siginfo_t*, void* context) {
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  const int fd = split_file_opener();
  registers[REG_RAX] = fd >= 0 ? fd : -ENOENT;
}

bool add_rules(scmp_filter_ctx filter) {
  int error = 0;
  for (const int call : kAllowed) error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 0);
  // No page becomes executable.
  for (const int call : {SCMP_SYS(mmap), SCMP_SYS(mprotect)}) {
    error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, call, 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
  }
  // glibc's fstat.
  error |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1,
                            SCMP_A3(SCMP_CMP_EQ, AT_EMPTY_PATH));
  for (const int call : {SCMP_SYS(open), SCMP_SYS(openat)}) {
    error |= seccomp_rule_add(filter, SCMP_ACT_TRAP, call, 0);
  }
  return error == 0;
}

}  // namespace

bool filter_system_calls(int (*open_split_file)()) {
  split_file_opener = open_split_file;
  scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
  if (filter == nullptr) return false;
  struct sigaction action {};
  action.sa_sigaction = on_refused_call;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGSYS, &action, nullptr);
  const bool loaded = add_rules(filter) && seccomp_load(filter) == 0;
  seccomp_release(filter);
  return loaded;
}

}  // namespace program
