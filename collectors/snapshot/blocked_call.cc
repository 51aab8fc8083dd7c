#include "collectors/snapshot/blocked_call.h"

#include <sys/syscall.h>

#include <cerrno>
#include <string_view>

#include "env/sys/arch.h"
#include "env/sys/task_file.h"
#include "env/sys/text.h"

namespace blocked_call {

namespace {

bool take_hexadecimal(std::string_view& rest, uint64_t* number) {
  if (!text::starts_with(rest, "0x")) return false;
  size_t at = 2;
  for (*number = 0; at < rest.size() && rest[at] != ' ' && rest[at] != '\n'; at++) {
    const char c = rest[at];
    *number = *number << 4 | static_cast<uint64_t>(text::is_digit(c) ? c - '0' : c - 'a' + 10);
  }
  rest = text::part(rest, at + 1);
  return true;
}

// "NUMBER ARGUMENT*6 SP PC", or "-1 SP PC".
bool read_call(std::string_view rest, Call* out) {
  uint64_t number = 0;
  const bool none = text::starts_with(rest, "-1 ");
  if (none) {
    rest = text::part(rest, 3);
  } else {
    if (!text::take_number(rest, number)) return false;
    rest = text::part(rest, 1);
  }
  out->number = none ? -1 : static_cast<long>(number);
  uint64_t argument;
  for (int i = 0; i < (none ? 0 : 6); i++) {
    if (!take_hexadecimal(rest, &argument)) return false;
  }
  return take_hexadecimal(rest, &out->sp) && take_hexadecimal(rest, &out->pc);
}

}  // namespace

Answer of_thread(int tid, Call* out) {
  char bytes[256];
  const long size = task_file::read(tid, "syscall", bytes);
  if (size == -ENOENT) {
    // The kernel has no such file, or the thread has ended.
    const bool is_there = arch::syscall(SYS_tgkill, arch::syscall(SYS_getpid), tid, 0) == 0;
    return is_there ? Answer::kUnknown : Answer::kGone;
  }
  if (size == -ESRCH) return Answer::kGone;
  if (size <= 0) return Answer::kUnknown;
  const std::string_view content(bytes, static_cast<size_t>(size));
  if (text::starts_with(content, "running")) return Answer::kRunning;
  return read_call(content, out) ? Answer::kBlocked : Answer::kUnknown;
}

const char* state_of(long number) {
  switch (number) {
    case SYS_nanosleep:
    case SYS_clock_nanosleep:
      return "sleep";
    case SYS_futex:
#ifdef SYS_futex_waitv
    case SYS_futex_waitv:
#endif
      return "futex";
    case SYS_read:
    case SYS_readv:
    case SYS_pread64:
    case SYS_preadv:
    case SYS_preadv2:
    case SYS_write:
    case SYS_writev:
    case SYS_pwrite64:
    case SYS_pwritev:
    case SYS_pwritev2:
    case SYS_poll:
    case SYS_ppoll:
    case SYS_select:
    case SYS_pselect6:
    case SYS_epoll_wait:
    case SYS_epoll_pwait:
    case SYS_epoll_pwait2:
    case SYS_accept:
    case SYS_accept4:
    case SYS_connect:
    case SYS_recvfrom:
    case SYS_recvmsg:
    case SYS_recvmmsg:
    case SYS_sendto:
    case SYS_sendmsg:
    case SYS_sendmmsg:
    case SYS_sendfile:
    case SYS_splice:
    case SYS_tee:
    case SYS_copy_file_range:
    case SYS_open:
    case SYS_openat:
    case SYS_close:
    case SYS_fsync:
    case SYS_fdatasync:
    case SYS_sync_file_range:
    case SYS_flock:
    case SYS_fcntl:
    case SYS_msgrcv:
    case SYS_msgsnd:
    case SYS_mq_timedreceive:
    case SYS_mq_timedsend:
    case SYS_io_getevents:
    case SYS_io_uring_enter:
      return "io";
    default:
      return "other";
  }
}

}  // namespace blocked_call
