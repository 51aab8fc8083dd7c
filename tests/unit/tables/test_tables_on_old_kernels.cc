// Before Linux 5.14 madvise knows no MADV_POPULATE_WRITE. A seccomp filter, in a child, is that
// kernel.
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "tables/tables.h"

namespace {

constexpr size_t kPage = 4096;

bool forget_madvise() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EINVAL),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  const sock_fprog program{std::size(code), code};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

// The exit status of `work` in a child, -1 for a death by signal, -2 without seccomp.
template <typename Work>
int in_old_kernel(Work work) {
  const pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(forget_madvise() ? work() : 99);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  if (!WIFEXITED(status)) return -1;
  return WEXITSTATUS(status) == 99 ? -2 : WEXITSTATUS(status);
}

char* map(int file, size_t size) {
  const int flags = file < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
  void* p = mmap(nullptr, size, PROT_READ | PROT_WRITE, flags, file, 0);
  return p == MAP_FAILED ? nullptr : static_cast<char*>(p);
}

}  // namespace

TEST_CASE("without MADV_POPULATE_WRITE pages are made one by one and keep their bytes") {
  const int status = in_old_kernel([] {
    char* p = map(-1, 8 * kPage);
    p[kPage] = 7;
    if (!tables::populate(p, p + 8 * kPage)) return 1;
    unsigned char resident[8] = {};
    if (mincore(p, 8 * kPage, resident) != 0) return 2;
    for (const unsigned char page : resident) {
      if ((page & 1) == 0) return 3;
    }
    return p[kPage] == 7 && p[0] == 0 ? 0 : 4;
  });
  if (status == -2)
    WARN("no seccomp here: not tested");
  else
    CHECK(status == 0);
}

TEST_CASE("without MADV_POPULATE_WRITE a file that ends is reported, not touched") {
  const int status = in_old_kernel([] {
    const int file = memfd_create("short", MFD_CLOEXEC);
    if (ftruncate(file, 2 * kPage) != 0) return 1;
    char* p = map(file, 4 * kPage);
    if (!tables::populate(p, p + 2 * kPage)) return 2;
    return tables::populate(p, p + 3 * kPage) ? 3 : 0;
  });
  if (status == -2)
    WARN("no seccomp here: not tested");
  else
    CHECK(status == 0);
}
