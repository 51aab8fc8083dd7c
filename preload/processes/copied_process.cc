#include "preload/processes/copied_process.h"

#include <linux/futex.h>
#include <linux/prctl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <atomic>

#include "env/sys/arch.h"
#include "env/sys/own_process.h"
#include "preload/processes/clone_child.h"

namespace copied_process {

namespace {

// Shared by the two processes.
struct Page {
  std::atomic<uint32_t> done;
  alignas(16) char answer[kAnswerSize];
};

// What the host could see of the copy: an abort's line on its stderr, its own handler for an abort
// (libc unblocks that signal; any other is blocked, and then ends the copy), a core file.
void hide() {
  const uint64_t default_action[4] = {};  // the kernel's sigaction
  arch::syscall(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0L, 0L, 0L);
  arch::syscall(SYS_prctl, PR_SET_DUMPABLE, 0L, 0L, 0L, 0L);
  arch::syscall(SYS_rt_sigaction, SIGABRT, default_action, 0L, 8);
  // By number too: before Linux 5.9 there is no close_range.
  for (const int fd : {0, 1, 2}) arch::syscall(SYS_close, fd);
  arch::syscall(SYS_close_range, 0, ~0u, 0);
}

[[noreturn]] void be_the_copy(void (*work)(void*), Page& page, int parent) {
  hide();
  // The host may have ended before the copy was tied to its end.
  if (arch::syscall(SYS_getppid) == parent) {
    work(page.answer);
    page.done.store(1, std::memory_order_release);
    arch::syscall(SYS_futex, &page.done, FUTEX_WAKE, 1, 0L, 0L, 0);
  }
  for (;;) arch::syscall(SYS_exit_group, 0);
}

bool run_on(Page& page, void (*work)(void*), uint64_t limit_ns) {
  const int parent = process::current_pid();
  // Signals stay with the host: the copy is born with all of them blocked. And a handler of the
  // host's that does not return would leave the copy behind.
  const uint64_t all = ~uint64_t{0};
  uint64_t before = 0;
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, &before, 8);
  // No signal at its end: so no wait of the host's sees it either. Nor does a debugger take it for
  // a thread.
  const long pid = arch::syscall(SYS_clone, CLONE_UNTRACED, 0L, 0L, 0L, 0L);
  if (pid == 0) be_the_copy(work, page, parent);
  bool answered = false;
  if (pid > 0) {
    answered = clone_child::wait_while(page.done, 0, limit_ns);
    // One that has answered ends by itself. Its number is not given away before it is waited for.
    if (!answered) arch::syscall(SYS_kill, pid, SIGKILL);
    arch::syscall(SYS_wait4, pid, 0L, __WCLONE, 0L);
  }
  arch::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &before, 0L, 8);
  return answered;
}

}  // namespace

bool run(void (*work)(void* answer), void* answer, size_t answer_size, uint64_t limit_ns) {
  if (answer_size > kAnswerSize) return false;
  const long at = arch::syscall(SYS_mmap, 0L, sizeof(Page), PROT_READ | PROT_WRITE,
                                MAP_SHARED | MAP_ANONYMOUS, -1, 0L);
  if (arch::is_error(at)) return false;
  Page& page = *reinterpret_cast<Page*>(at);
  const bool answered = run_on(page, work, limit_ns);
  if (answered) __builtin_memcpy(answer, page.answer, answer_size);
  arch::syscall(SYS_munmap, at, sizeof(Page));
  return answered;
}

}  // namespace copied_process
