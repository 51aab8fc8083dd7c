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

constexpr long kSleeps[] = {SYS_nanosleep, SYS_clock_nanosleep};
constexpr long kFutexes[] = {
    SYS_futex,
#ifdef SYS_futex_waitv
    SYS_futex_waitv,
#endif
};
constexpr long kTransfers[] = {SYS_read,
                               SYS_readv,
                               SYS_pread64,
                               SYS_preadv,
                               SYS_preadv2,
                               SYS_write,
                               SYS_writev,
                               SYS_pwrite64,
                               SYS_pwritev,
                               SYS_pwritev2,
                               SYS_poll,
                               SYS_ppoll,
                               SYS_select,
                               SYS_pselect6,
                               SYS_epoll_wait,
                               SYS_epoll_pwait,
                               SYS_epoll_pwait2,
                               SYS_accept,
                               SYS_accept4,
                               SYS_connect,
                               SYS_recvfrom,
                               SYS_recvmsg,
                               SYS_recvmmsg,
                               SYS_sendto,
                               SYS_sendmsg,
                               SYS_sendmmsg,
                               SYS_sendfile,
                               SYS_splice,
                               SYS_tee,
                               SYS_copy_file_range,
                               SYS_open,
                               SYS_openat,
                               SYS_close,
                               SYS_fsync,
                               SYS_fdatasync,
                               SYS_sync_file_range,
                               SYS_flock,
                               SYS_fcntl,
                               SYS_msgrcv,
                               SYS_msgsnd,
                               SYS_mq_timedreceive,
                               SYS_mq_timedsend,
                               SYS_io_getevents,
                               SYS_io_uring_enter};

template <size_t N>
bool is_one_of(const long (&numbers)[N], long number) {
  for (const long each : numbers) {
    if (each == number) return true;
  }
  return false;
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
  if (is_one_of(kSleeps, number)) return "sleep";
  if (is_one_of(kFutexes, number)) return "futex";
  return is_one_of(kTransfers, number) ? "io" : "other";
}

}  // namespace blocked_call
