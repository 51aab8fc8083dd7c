// A worker without rights, user 65534, forges all that its tables say of its files: which process
// it is, since when, where it began, and under which names ("secret.conf"); it asks for a dump and
// prints its number. usage: forges_tables FILE idle    it lives until the file is there
//        forges_tables - killed     it is killed at once
#include <grp.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tables/layout.h"
#include "tests/targets/own_tables.h"

namespace {

using layout::Header;

constexpr const char* kName = "secret.conf";
void* volatile kept;

__attribute__((noinline)) void site_of_forges_tables() {
  for (size_t i = 0; i < 100; i++) kept = malloc(100 + i);
}

layout::Ref put(Header* header, const char* text) {
  const size_t length = strlen(text);
  const uint64_t at = header->used.fetch_add((sizeof(layout::Text) + length + 7) / 8 * 8);
  auto* const entry = reinterpret_cast<layout::Text*>(reinterpret_cast<char*>(header) + at);
  entry->length = static_cast<uint32_t>(length);
  memcpy(entry->bytes, text, length);
  return static_cast<layout::Ref>(at / 8);
}

bool forge() {
  auto* const header = reinterpret_cast<Header*>(own_tables());
  if (header == nullptr) return false;
  header->pid = getppid();
  header->start_realtime_ns = UINT64_MAX / 2;
  header->start_directory = put(header, "/");
  header->program_name = put(header, kName);
  header->host_name = put(header, kName);
  strncpy(header->modes[0].name, kName, sizeof header->modes[0].name - 1);
  header->modes[0].title = put(header, kName);
  header->control.dumps_wanted++;
  header->control.requests++;
  syscall(SYS_futex, &header->control.requests, FUTEX_WAKE, 100, nullptr, nullptr, 0);
  return true;
}

// User 65534 may not look into the directory of a file that is waited for: `over` tells it.
int be_worker(bool is_killed, int over) {
  site_of_forges_tables();
  if (setgroups(0, nullptr) != 0 || setgid(65534) != 0 || setuid(65534) != 0) return 1;
  if (!forge()) return 2;
  printf("%d\n", getpid());
  fflush(stdout);
  char byte;
  if (is_killed) raise(SIGKILL);
  return read(over, &byte, 1) == 0 ? 0 : 3;
}

}  // namespace

int main(int argc, char** argv) {
  int ends[2];
  if (argc != 3 || pipe(ends) != 0) return 2;
  const bool is_killed = strcmp(argv[1], "-") == 0;
  const pid_t worker = fork();
  if (worker == 0) {
    close(ends[1]);
    _exit(be_worker(is_killed, ends[0]));
  }
  while (!is_killed && access(argv[1], F_OK) != 0) usleep(10000);
  close(ends[1]);
  int status = 0;
  const int wanted = is_killed ? SIGKILL : 0;
  return waitpid(worker, &status, 0) == worker && status == wanted ? 7 : 8;
}
