#include "env/process.h"

#include <fcntl.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include <cstring>

#include "env/program_file.h"
#include "env/sys/arch.h"
#include "env/sys/own_process.h"
#include "env/sys/text.h"

namespace process {

namespace {

// Copies into facts.text, which has room for one of each.
class Keeper {
 public:
  explicit Keeper(Facts& facts) : at_(facts.text), end_(facts.text + sizeof facts.text) {}

  char* room(size_t* size) {
    *size = static_cast<size_t>(end_ - at_);
    return at_;
  }
  std::string_view take(size_t size) {
    const std::string_view taken(at_, size);
    at_ += size;
    return taken;
  }
  std::string_view copy(std::string_view bytes, size_t most) {
    size_t size;
    char* to = room(&size);
    if (bytes.size() < size) size = bytes.size();
    if (size > most) size = most;
    __builtin_memcpy(to, bytes.data(), size);
    return take(size);
  }

 private:
  char* at_;
  char* end_;
};

std::string_view base_name(std::string_view path) {
  size_t start = path.size();
  while (start > 0 && path[start - 1] != '/') start--;
  return {path.data() + start, path.size() - start};
}

}  // namespace

bool may_obey_environment() {
  return getauxval(AT_SECURE) == 0;
}

bool has_children_elsewhere() {
  char own[64], children[64];
  const long a = arch::syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/ns/pid", own, sizeof own);
  const long b = arch::syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/ns/pid_for_children", children,
                               sizeof children);
  return a > 0 && b > 0 && (a != b || __builtin_memcmp(own, children, static_cast<size_t>(a)) != 0);
}

bool ends_its_namespace(int parent_pid) {
  if (current_pid() == 1) return true;
  constexpr std::string_view kOfMachine = "pid:[4026531836]";  // PROC_PID_INIT_INO
  char own[64];
  const long size = parent_pid == 1 ? arch::syscall(SYS_readlinkat, AT_FDCWD, "/proc/self/ns/pid",
                                                    own, sizeof own)
                                    : 0;
  return size > 0 && std::string_view(own, static_cast<size_t>(size)) != kOfMachine;
}

void renew(Facts& facts) {
  facts.pid = current_pid();
  facts.parent_pid = static_cast<int>(arch::syscall(SYS_getppid));
  facts.realtime_ns = realtime_ns();
  facts.monotonic_ns = monotonic_ns();
}

void read_facts(int argc, const char* const* argv, Facts& facts) {
  Keeper keep(facts);
  renew(facts);
  // The name of what was executed, not what it resolved to: a script or a busybox link keeps the
  // name by which it was called.
  const auto* executed = reinterpret_cast<const char*>(getauxval(AT_EXECFN));
  size_t room;
  char* to = keep.room(&room);
  const program_file::Program program = program_file::read(executed, to, room);
  facts.program = keep.take(program.path.size());
  facts.program_name =
      program.has_executed_name ? keep.copy(base_name(executed), 255) : base_name(facts.program);
  to = keep.room(&room);
  size_t used = 0;
  for (int i = 0; i < argc && argv[i] != nullptr; i++) {
    const size_t size = strlen(argv[i]) + 1;
    if (used + size > kCommandLineSize) break;
    __builtin_memcpy(to + used, argv[i], size);
    used += size;
  }
  facts.command_line = keep.take(used);
  utsname name;
  if (arch::syscall(SYS_uname, &name) == 0) facts.host = keep.copy(name.nodename, 65);
  to = keep.room(&room);
  const long size = arch::syscall(SYS_getcwd, to, room);
  if (size > 1) facts.start_directory = keep.take(static_cast<size_t>(size - 1));
}

}  // namespace process
